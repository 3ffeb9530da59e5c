"""How the threads share the work."""

import json
import os
import tempfile
import unittest

from tests.fake_front import Front


class ThreadTests(unittest.TestCase):
    def test_one_thread_runs_the_application_in_the_main_thread(self):
        with Front("wsgi_cases:app") as front:
            front.ready()
            self.assertEqual(json.loads(front.get("/thread").body)[0], True)

    def test_as_many_requests_run_at_once_as_there_are_threads(self):
        for threads in (2, 5):
            with self.subTest(threads), Front("wsgi_cases:app", threads=threads) as front:
                front.ready()
                for _ in range(3):
                    # One fewer than threads wait; the last thread opens the gate.
                    front.get("/make_gate", query="all")
                    waiting = [front.open("GET", "/wait_at_gate", query="all") for _ in range(threads - 1)]
                    front.get("/open_gate", query="all")
                    for exchange in waiting:
                        self.assertEqual(exchange.response().body, b"through all")

    def test_request_that_is_cancelled_while_it_waits_is_not_run(self):
        for threads in (1, 3):
            with self.subTest(threads), Front("wsgi_cases:app", threads=threads) as front:
                front.ready()
                with tempfile.TemporaryDirectory() as directory:
                    flags = [os.path.join(directory, str(number)) for number in range(threads)]
                    blocks = [front.open("GET", "/blocks", query=flag, send=False) for flag in flags]
                    left = [
                        front.open("POST", "/notes", query="cancelled %d" % number, end=False, send=False)
                        for number in range(3)
                    ]
                    front.data[0].send(b"".join(exchange.frame for exchange in blocks + left))
                    # These have come in one piece: where the first are begun, the worker has them all, and does not
                    # give back what has no whole body. The next one waits in the socket.
                    for flag in flags:
                        front.wait_begun(flag)
                    left.append(front.open("POST", "/notes", query="cancelled 3", end=False))
                    for exchange in left:
                        exchange.cancel()
                    stays = front.open("POST", "/notes", query="stays", end=False)
                    # The first thread that is free looks at what has arrived; others that are free meanwhile do not wait for it.
                    for flag, exchange in zip(flags, blocks):
                        with open(flag, "w"):
                            pass
                        self.assertEqual(exchange.response().body, b"unblocked")
                        if exchange is blocks[0]:
                            self.assertEqual(stays.response().status, 200)
                self.assertEqual(json.loads(front.get("/events").body), ["stays"])
                front.stop()

    def test_response_does_not_wait_behind_a_slow_request(self):
        """
        After many quick requests responses may share a write; one that is followed by a slow request must
        still leave.
        """
        for threads in (1, 2):
            with self.subTest(threads), Front("wsgi_cases:app", threads=threads) as front:
                front.ready()
                for _ in range(20):
                    quick = [front.open("GET", "/single", send=False) for _ in range(100)]
                    front.data[0].send(b"".join(exchange.frame for exchange in quick))
                    for exchange in quick:
                        exchange.response()
                quick = front.open("GET", "/single", send=False)
                slow = front.open("GET", "/blocks", query="/nowhere/at/all", send=False)
                front.data[0].send(quick.frame + slow.frame)
                self.assertEqual(quick.response().body, b"one piece")
                if threads == 2:
                    for _ in range(50):
                        self.assertEqual(front.get("/single").body, b"one piece")


if __name__ == "__main__":
    unittest.main()
