"""
The races of an interruption: a request that ends at that moment, and the next one on the same thread. Many
rounds, because each is decided within microseconds.
"""

import itertools
import sys
import threading
import time
import unittest

from hydra_worker import mainthread
from hydra_worker.errors import RequestAbandoned, RequestInterrupted, RequestTimeout
from hydra_worker.interruption import set_exception as _set_exception
from hydra_worker.wsgi.guard import Guard
from tests.fake_front import DEADLINE

# So many requests run at least, and so many of them are interrupted at least.
ROUNDS = 3000
STRUCK = 200


class Request:
    def __init__(self, number):
        self.id = number
        self.link = None


def has_asynchronous_exceptions():
    try:
        import ctypes

        return hasattr(ctypes, "pythonapi")
    except ImportError:
        return False


class Worker:
    """A thread that runs requests as the engine does, and writes down which of them were interrupted."""

    def __init__(self, application):
        self.guard = Guard(application)
        self.runner = None
        self.request = None
        self.struck = []
        self.strays = []
        self.done = False
        self.stop = False
        self.error = None

    def run(self):
        try:
            self.runner = self.guard.enter()
            for number in itertools.count():
                if self.stop or number >= ROUNDS and len(self.struck) >= STRUCK:
                    break
                self.request = request = Request(number)
                self.runner.begin(request)
                try:
                    self.runner.application(number, None)
                except RequestInterrupted:
                    self.struck.append(number)
                for _ in range(number % 7):
                    # Between the application and the next request: nothing may be raised here.
                    self.strays.append(number)
                    self.strays.pop()
                self.runner.end()
        except BaseException as error:
            self.error = error
        self.done = True


@unittest.skipUnless(has_asynchronous_exceptions(), "this Python cannot raise in other threads")
class RaceTests(unittest.TestCase):
    def race(self, application, kind=RequestTimeout):
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        # Threads take turns as often as they can.
        sys.setswitchinterval(1e-6)
        worker = Worker(application)
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        hit = set()
        last = -1
        deadline = time.monotonic() + DEADLINE
        while not worker.done:
            worker.stop = time.monotonic() > deadline
            request, runner = worker.request, worker.runner
            if request is None or runner is None or request.id == last or request.id % 2:
                continue
            # False as long as the request has not quite begun: it is asked again.
            if runner.interrupt(request, kind):
                last = request.id
                hit.add(last)
            elif worker.stop:
                break
        thread.join(DEADLINE)
        self.assertIsNone(worker.error)
        self.assertFalse(worker.stop)
        # Only what was meant was hit; what ended first was not.
        self.assertLessEqual(set(worker.struck), hit)
        return worker, hit

    def test_only_the_request_that_is_meant_is_interrupted(self):
        self.race(lambda number, start: [sum(range(number % 50))])

    def test_request_that_calls_the_shim_is_interrupted_outside_of_it(self):
        inside = []
        torn = []

        def shared():
            # What the shim shares: begun, it must be finished.
            inside.append(1)
            for _ in range(20):
                pass
            inside.pop()

        def application(number, start):
            for _ in range(5):
                worker.shielded(shared)
                if inside:
                    torn.append(number)
            return []

        class Later:
            def shielded(self, function):
                guards[0].shielded(function)

        guards = []
        worker = Later()
        original = Guard.enter

        def enter(guard):
            guards.append(guard)
            return original(guard)

        Guard.enter = enter
        try:
            self.race(application, RequestAbandoned)
        finally:
            Guard.enter = original
        self.assertEqual((torn, inside), ([], []))

    def test_endless_request_is_always_interrupted(self):
        def application(number, start):
            if number % 50 == 0:
                while True:
                    pass
            return []

        worker, hit = self.race(application)
        self.assertLessEqual(set(range(0, ROUNDS, 50)), set(worker.struck))

    def test_pending_exception_is_forgotten(self):
        ident = threading.get_ident()
        for _ in range(100):
            try:
                _set_exception(ident, RequestTimeout)
                _set_exception(ident, None)
            except RequestTimeout:
                # Raised between the two calls.
                continue
        sum(range(1000))


class RunnerTests(unittest.TestCase):
    def setUp(self):
        self.guard = Guard(lambda environ, start: environ())
        self.runner = self.guard.enter()
        self.request = Request(1)

    def test_request_that_is_over_is_not_interrupted(self):
        self.runner.begin(self.request)
        self.runner.end()
        self.assertFalse(self.runner.interrupt(self.request, RequestTimeout))
        self.runner.begin(Request(2))
        self.assertEqual(self.runner.application(lambda: [b"fine"], None), [b"fine"])

    def test_interruption_before_the_application_is_raised_instead_of_it(self):
        self.runner.begin(self.request)
        self.assertTrue(self.runner.interrupt(self.request, RequestTimeout))
        self.assertFalse(self.runner.interrupt(self.request, RequestTimeout))
        with self.assertRaises(RequestTimeout):
            self.runner.application(lambda: self.fail("it was called"), None)
        self.runner.end()

    def test_interruption_within_the_shim_is_raised_when_it_returns(self):
        self.runner.begin(self.request)
        seen = []

        def shim():
            self.runner.interrupt(self.request, RequestTimeout)
            seen.append("through")

        def application():
            with self.assertRaises(RequestTimeout):
                self.guard.shielded(shim)
            seen.append("raised")
            return []

        self.runner.application(application, None)
        self.assertEqual(seen, ["through", "raised"])

    def test_shim_called_on_another_thread_is_just_called(self):
        seen = []
        thread = threading.Thread(target=self.guard.shielded, args=(seen.append, 1))
        thread.start()
        thread.join()
        self.assertEqual(seen, [1])

    def test_runner_of_finds_the_request(self):
        self.runner.begin(self.request)
        self.assertIs(self.guard.runner_of(None, 1), self.runner)
        self.assertIsNone(self.guard.runner_of(None, 2))
        self.assertEqual(self.guard.running(), [self.request])
        self.runner.end()
        self.assertIsNone(self.guard.runner_of(None, 1))

    def test_sigint_of_the_applications_own_is_left_alone(self):
        self.assertFalse(mainthread.ask(lambda frame: True))


if __name__ == "__main__":
    unittest.main()
