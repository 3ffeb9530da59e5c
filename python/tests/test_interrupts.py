"""INTERRUPT and CANCEL(timeout): requests that do not end are stopped, and no other."""

import os
import sys
import tempfile
import time
import unittest

from tests.cases import HAS_UVLOOP, PYPY
from tests.fake_front import DEADLINE, Front, wire


class StuckCase(unittest.TestCase):
    app = ""
    boot = {}

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.notes = os.path.join(directory.name, "notes")
        self.front = Front(self.app, interruptible=True, **self.boot)
        self.front.__enter__()
        self.addCleanup(self.front.__exit__, None)
        self.front.ready()

    def open(self, path, **options):
        return self.front.open("GET", path, query=self.notes, **options)

    def noted(self):
        if not os.path.exists(self.notes):
            return []
        with open(self.notes) as file:
            return file.read().split()

    def wait_notes(self, *expected):
        deadline = time.monotonic() + DEADLINE
        while self.noted() != list(expected):
            self.assertLess(time.monotonic(), deadline, self.noted())
            time.sleep(0.005)

    def interrupt(self, exchange, reason=wire.CANCEL_TIMEOUT, cancel=True):
        if cancel:
            exchange.cancel(reason)
        self.front.control.send(wire.pack_interrupt(0, 0, exchange.id, 0, reason))

    def expect_cancelled(self, exchange):
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)

    def wait_log(self, *fragments):
        return self.front.wait_log(
            lambda record: all(fragment in record.message for fragment in fragments)
        ).message

    def still_serves(self):
        self.assertEqual(self.open("/quick").response().body, b"through")
        self.assertIsNone(self.front.code())

    def no_traceback(self):
        self.assertEqual([r.message for r in self.front.logs if "Traceback" in r.message], [])


class WsgiInterruptTests(StuckCase):
    app = "stuck:wsgi"

    def test_endless_loop_is_interrupted_and_its_stack_is_logged(self):
        exchange = self.open("/loop")
        self.wait_notes("spins")
        self.interrupt(exchange)
        self.wait_notes("spins", "RequestTimeout")
        self.expect_cancelled(exchange)
        text = self.wait_log("GET /loop is interrupted (request 0.1.0, ", "in spin")
        self.assertNotIn("hydra_worker", text)
        self.still_serves()
        self.no_traceback()

    def test_what_catches_all_errors_does_not_catch_it(self):
        exchange = self.open("/swallows_all_errors")
        self.wait_notes("spins")
        self.interrupt(exchange)
        self.expect_cancelled(exchange)
        self.wait_notes("spins")
        self.still_serves()

    def test_iterable_is_interrupted_and_closed(self):
        exchange = self.open("/loop_in_iterable")
        self.wait_notes("spins")
        self.interrupt(exchange)
        response = exchange.response()
        self.assertEqual((response.body, response.reset[0]), (b"first", wire.RESET_CANCELLED))
        self.wait_notes("spins", "RequestTimeout", "closed")
        self.still_serves()

    def test_wait_for_the_body_is_interrupted(self):
        exchange = self.open("/waits_for_body", end=False)
        self.wait_notes("reads")
        self.interrupt(exchange, cancel=False)
        self.wait_notes("reads", "RequestTimeout")
        self.expect_cancelled(exchange)
        self.still_serves()

    def test_wait_for_credit_is_interrupted(self):
        exchange = self.open("/waits_for_credit")
        self.wait_notes("writes")
        self.interrupt(exchange, cancel=False)
        self.wait_notes("writes", "RequestTimeout")
        self.assertEqual(exchange.response(grant=False).reset[0], wire.RESET_CANCELLED)
        self.still_serves()

    def test_error_that_the_application_makes_of_it_is_logged(self):
        exchange = self.open("/raises_another")
        self.wait_notes("spins")
        self.interrupt(exchange)
        self.expect_cancelled(exchange)
        self.wait_log("KeyError: \"of the application's own\"")
        self.still_serves()

    def test_it_counts_as_cancelled_before_the_cancellation_is_read(self):
        exchange = self.open("/raises_another")
        self.wait_notes("spins")
        self.interrupt(exchange, cancel=False)
        self.expect_cancelled(exchange)
        self.still_serves()

    def test_client_that_left_interrupts_without_a_record(self):
        exchange = self.open("/loop")
        self.wait_notes("spins")
        self.interrupt(exchange, wire.CANCEL_CLIENT_LEFT)
        self.wait_notes("spins", "RequestAbandoned")
        self.expect_cancelled(exchange)
        self.still_serves()
        self.assertEqual(self.front.logs, [])

    def test_request_that_no_thread_has_is_not_run(self):
        busy = [self.open("/loop") for _ in range(self.boot.get("threads", 1))]
        self.wait_notes(*["spins"] * len(busy))
        # One that is complete would be given back, for another worker to run.
        waiting = self.open("/loop", end=False)
        self.interrupt(waiting)
        self.wait_log("Request 0.%d.0 is not run here. What is: GET /loop (" % waiting.id)
        for exchange in busy:
            self.interrupt(exchange)
            self.expect_cancelled(exchange)
        self.expect_cancelled(waiting)
        self.still_serves()
        self.assertEqual(self.noted().count("spins"), len(busy))

    def test_interrupt_of_what_is_not_there_is_nothing(self):
        for link, stream in ((0, 77), (200, 1), (0, 2**64 - 1)):
            self.front.control.send(wire.pack_interrupt(0, 0, stream, link, wire.CANCEL_TIMEOUT))
        self.front.ping()
        self.still_serves()
        self.assertEqual(self.front.logs, [])


@unittest.skipIf(PYPY, "PyPy cannot raise in another thread")
class WsgiThreadsInterruptTests(WsgiInterruptTests):
    boot = {"threads": 3}

    def test_others_are_untouched(self):
        first, second = self.open("/loop"), self.open("/loop")
        self.wait_notes("spins", "spins")
        self.interrupt(first)
        self.expect_cancelled(first)
        self.still_serves()
        self.assertTrue(second.frames.empty())
        self.interrupt(second)
        self.expect_cancelled(second)
        self.wait_notes("spins", "spins", "RequestTimeout", "RequestTimeout")


@unittest.skipIf(os.name == "nt", "a system call cannot be interrupted on Windows")
class WsgiSystemCallTests(StuckCase):
    app = "stuck:wsgi"

    def test_sleep_in_the_main_thread_is_interrupted(self):
        exchange = self.open("/sleep")
        self.wait_notes("sleeps")
        self.interrupt(exchange)
        self.wait_notes("sleeps", "RequestTimeout")
        self.expect_cancelled(exchange)
        self.still_serves()


class AsgiInterruptTests(StuckCase):
    app = "stuck:asgi"
    boot = {"loop": "asyncio", "lifespan": "off"}

    def test_task_that_waits_is_cancelled_and_its_stack_is_logged(self):
        exchange = self.open("/waits")
        self.wait_notes("waits")
        self.interrupt(exchange)
        self.wait_notes("waits", "CancelledError")
        self.expect_cancelled(exchange)
        text = self.wait_log("GET /waits is interrupted (request 0.1.0, ", "in waits", "in wait", "awaiting")
        self.assertNotIn("hydra_worker", text)
        self.still_serves()
        self.no_traceback()

    @unittest.skipIf(sys.version_info < (3, 9), "asyncio.to_thread() is new in 3.9")
    def test_stack_shows_the_tasks_and_threads_of_the_request_and_of_no_other(self):
        waits, works = self.open("/waits_in_task"), self.open("/waits_in_task_for_thread")
        self.wait_notes("waits", "waits")
        self.interrupt(waits)
        self.expect_cancelled(waits)
        text = self.wait_log("GET /waits_in_task is interrupted", "in middleware", "Task Task-", "in endpoint_that_waits")
        self.assertNotIn("thread", text)
        self.interrupt(works)
        text = self.wait_log(
            "GET /waits_in_task_for_thread is interrupted", "in middleware", "in endpoint_in_thread", "in works_in_thread"
        )
        self.assertNotIn("endpoint_that_waits", text)
        self.expect_cancelled(works)
        self.open("/open_gate").response()
        self.still_serves()

    def test_endless_loop_is_interrupted_and_its_stack_is_logged(self):
        for path in ("/loop", "/loop_after_step"):
            with self.subTest(path):
                exchange = self.open(path)
                self.wait_notes("spins")
                self.interrupt(exchange)
                self.wait_notes("spins", "RequestTimeout")
                self.expect_cancelled(exchange)
                text = self.wait_log("GET %s is interrupted" % path, "holds up the event loop", "in spin")
                self.assertNotIn("hydra_worker", text)
                self.still_serves()
                os.unlink(self.notes)
        self.no_traceback()

    def test_many_endless_loops_are_interrupted_one_by_one(self):
        exchanges = [self.open("/loop", send=False) for _ in range(3)]
        self.front.data[0].send(b"".join(exchange.frame for exchange in exchanges))
        self.wait_notes("spins")
        for exchange in exchanges:
            self.interrupt(exchange)
        for exchange in exchanges:
            self.expect_cancelled(exchange)
        self.still_serves()

    def test_request_behind_an_endless_loop_is_named_as_waiting(self):
        culprit = self.open("/loop")
        self.wait_notes("spins")
        waiting = self.open("/quick")
        self.interrupt(waiting)
        self.wait_log("held up by GET /loop, and 1 requests whose time is over wait", "in spin")
        self.assertTrue(culprit.frames.empty())
        self.interrupt(culprit)
        self.expect_cancelled(culprit)
        # It was begun before its CANCEL was read; that is what the front hears, and it has given it up.
        waiting.response()
        self.still_serves()

    @unittest.skipIf(os.name == "nt", "a system call cannot be interrupted on Windows")
    def test_sleep_is_interrupted(self):
        exchange = self.open("/sleep")
        self.wait_notes("sleeps")
        self.interrupt(exchange)
        self.wait_notes("sleeps", "RequestTimeout")
        self.expect_cancelled(exchange)
        self.still_serves()

    def test_thread_that_a_task_waits_for_is_shown(self):
        exchange = self.open("/waits_for_thread")
        self.wait_notes("waits")
        self.interrupt(exchange)
        self.expect_cancelled(exchange)
        self.wait_log("GET /waits_for_thread is interrupted", "in waits_for_thread", "Thread ", "in in_thread")
        self.still_serves()
        self.open("/open_gate").response()

    def test_interrupt_of_what_is_not_there_is_nothing(self):
        for link, stream in ((0, 77), (200, 1), (0, 2**64 - 1)):
            self.front.control.send(wire.pack_interrupt(0, 0, stream, link, wire.CANCEL_TIMEOUT))
        self.front.ping()
        self.still_serves()
        self.assertEqual(self.front.logs, [])


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopInterruptTests(AsgiInterruptTests):
    boot = {"loop": "uvloop", "lifespan": "off"}


if __name__ == "__main__":
    unittest.main()
