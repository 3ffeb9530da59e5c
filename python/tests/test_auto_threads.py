"""`--threads auto`: wsgi/scaling.py, and a worker that has it."""

import unittest

from tests.cases import SPEEDUPS
from tests.fake_front import DEADLINE, Front, wire
from hydra_worker.wsgi.scaling import MOST, Look, ThreadScale


def look(used, running, full=True, wanted=None):
    return Look(used, used if wanted is None else wanted, running, full)


class ThreadScaleTests(unittest.TestCase):
    def test_threads_that_wait_become_twice_as_many_up_to_the_most(self):
        scale = ThreadScale()
        seen = []
        for _ in range(8):
            seen.append(scale.look(look(0.01, scale.threads)))
        self.assertEqual(seen, [2, 4, 8, 16, 32, MOST, MOST, MOST])

    def test_no_more_than_the_processor_has_room_for(self):
        scale = ThreadScale()
        # Each thread takes a fifth of the lock.
        for _ in range(20):
            scale.look(look(min(1.0, 0.2 * scale.threads), scale.threads))
        self.assertEqual(scale.threads, 4)

    def test_one_that_computes_stays_alone(self):
        scale = ThreadScale()
        for _ in range(100):
            scale.look(look(0.98, 1))
        self.assertEqual(scale.threads, 1)

    def test_time_without_a_processor_is_no_waiting(self):
        scale = ThreadScale()
        for _ in range(100):
            scale.look(look(0.4, 1, wanted=0.99))
        self.assertEqual(scale.threads, 1)

    def test_threads_that_are_not_all_at_work_become_no_more(self):
        scale = ThreadScale()
        scale.look(look(0.0, 0, full=False))
        self.assertEqual(scale.threads, 1)

    def test_threads_that_only_compete_become_fewer_and_not_at_once(self):
        scale = ThreadScale()
        for _ in range(4):
            scale.look(look(0.0, scale.threads))
        self.assertEqual(scale.threads, 16)
        for _ in range(9):
            scale.look(look(1.0, 16))
        self.assertEqual(scale.threads, 16)
        scale.look(look(1.0, 16))
        self.assertEqual(scale.threads, 12)
        for _ in range(400):
            scale.look(look(1.0, scale.threads))
        self.assertEqual(scale.threads, 1)

    def test_between_the_limits_nothing_changes(self):
        scale = ThreadScale()
        for _ in range(2):
            scale.look(look(0.0, scale.threads))
        for _ in range(100):
            scale.look(look(0.8, 4))
        self.assertEqual(scale.threads, 4)

    def test_threads_that_nobody_needs_become_fewer(self):
        scale = ThreadScale()
        for _ in range(6):
            scale.look(look(0.0, scale.threads))
        for _ in range(200 * 7):
            scale.look(look(0.0, 0, full=False))
        self.assertEqual((scale.threads, scale.is_settled()), (1, True))

    def test_without_the_interpreters_lock_each_processor_counts(self):
        scale = ThreadScale(cores=4)
        for _ in range(20):
            scale.look(look(float(min(4, scale.threads)), scale.threads))
        self.assertIn(scale.threads, (3, 4))

    def test_what_the_system_does_not_give_is_not_asked_for_again(self):
        scale = ThreadScale()
        scale.look(look(0.0, 1))
        scale.limit(2)
        scale.look(look(0.0, 2))
        self.assertEqual(scale.threads, 2)


class AutoThreadsTests(unittest.TestCase):
    def capacity(self, front):
        """The next frame of that kind; others that are for no stream may come before it."""
        while True:
            frame = front.data[0].frames.get(timeout=DEADLINE)
            if frame.kind == wire.CAPACITY:
                return frame.payload

    def test_requests_that_wait_get_threads_and_the_front_hears_of_it(self):
        with Front("wsgi_cases:app", threads=0) as front:
            concurrency, _, _, _, how = front.ready()
            self.assertEqual((concurrency, how), (1, "threads auto: 1 to 64" + SPEEDUPS))
            # Each waits for the last, which has a thread only where there is one more; none is sent before the worker has said so.
            front.get("/make_gate", query="all")
            waiting = [front.open("GET", "/wait_at_gate", query="all")]
            for threads in (2, 4):
                self.assertEqual(wire.unpack_capacity(self.capacity(front))[0], threads)
                waiting.append(front.open("GET", "/wait_at_gate", query="all"))
            front.get("/open_gate", query="all")
            for exchange in waiting:
                self.assertEqual(exchange.response().body, b"through all")
            front.stop()


if __name__ == "__main__":
    unittest.main()
