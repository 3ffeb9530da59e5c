"""ASGI with `--loop trio`: ontrio/."""

import json
import os
import tempfile
import unittest

from tests.cases import SPEEDUPS, WorkerCase
from tests.fake_front import Front
from tests.fake_link import wire

try:
    import trio

    HAS_TRIO = True
except ImportError:
    HAS_TRIO = False

SESSION = wire.FLAG_SESSION
TEXT = wire.FLAG_TEXT


@unittest.skipUnless(HAS_TRIO, "trio is not installed")
class TrioTests(WorkerCase):
    app = "trio_cases:app"
    boot = {"loop": "trio", "lifespan": "on", "interruptible": True}

    def json(self, path):
        return json.loads(self.front.get(path).body)

    def logged(self, *texts):
        return self.front.wait_log(lambda record: all(text in record.message for text in texts)).message

    def test_ready_names_trio(self):
        self.assertEqual(self.ready_loop, "trio " + trio.__version__)

    def test_ping_is_answered(self):
        self.assertEqual(self.front.ping(7)[0], 7)

    def test_application_finds_trio(self):
        self.assertEqual(self.json("/library"), "trio")

    def test_body_of_any_size_comes_back(self):
        body = bytes(range(256)) * 4096
        exchange = self.front.open("POST", "/echo", body=body[:1000], end=False)
        exchange.body(body[1000:60_000])
        exchange.body(body[60_000:100_000], end=True)
        self.assertEqual(exchange.response(again=True).body, body[:100_000])

    def test_many_requests_in_one_read(self):
        exchanges = [self.front.open("GET", "/hello", send=False) for _ in range(100)]
        self.front.data[0].send(b"".join(exchange.frame for exchange in exchanges))
        self.assertEqual([exchange.response().body for exchange in exchanges], [b"hello"] * 100)

    def test_nursery_and_sleep(self):
        self.assertEqual(self.json("/nursery"), [1, 2, 3])

    def test_timeout_ends_receive_and_not_the_request(self):
        self.assertIs(self.json("/timeout"), True)

    def test_nothing_is_sent_in_a_scope_that_is_cancelled(self):
        response = self.front.get("/sends_late")
        self.assertEqual((response.status, response.body), (200, b"true"))

    def test_context_is_the_requests_and_its_childrens(self):
        self.assertEqual([self.json("/context"), self.json("/context")], [[0, 7], [0, 7]])

    def test_threads_of_trio(self):
        self.assertEqual(self.json("/in_thread"), "through")

    def test_exception_is_500_and_logged(self):
        for path, text in (("/raises", "no such thing"), ("/raises_in_child", "no such child")):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
                self.assertIn("trio_cases.py", self.logged("Exception in ASGI application", text))

    def test_background_work_goes_on_after_the_response(self):
        since = self.event_count()
        self.assertEqual(self.json("/background"), "first")
        self.assertEqual(self.json("/in_lifespan"), "begun")
        self.assertEqual(self.events(since), [])
        self.front.get("/go_on")
        self.wait_event(since, "background ended")
        self.wait_event(since, "work ended")

    def test_client_that_leaves_is_heard_of(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/disconnect")
        self.wait_event(since, "waiting")
        exchange.cancel()
        self.wait_event(since, "disconnected")
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)

    def test_stream_waits_for_credit_and_ends_with_its_client(self):
        since = self.event_count()
        logs = len(self.front.logs)
        exchange = self.front.open("GET", "/stream")
        received = 0
        while received < self.front.response_window:
            frame = exchange.next()
            received += len(frame.payload) if frame.kind == wire.BODY else 0
        exchange.cancel()
        self.wait_event(since, "ClientDisconnected")
        self.assertEqual([record.message for record in self.front.logs[logs:] if "Exception" in record.message], [])

    def test_request_whose_time_is_over_is_cancelled(self):
        for path in ("/hangs", "/hangs_in_child"):
            with self.subTest(path):
                exchange = self.front.open("GET", path)
                self.front.get("/hello")
                self.front.control.send(wire.pack_interrupt(0, 0, exchange.id, 0, wire.CANCEL_TIMEOUT))
                exchange.cancel(wire.CANCEL_TIMEOUT)
                self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
                self.assertIn("trio_cases.py", self.logged(f"GET {path} is interrupted", "Its task is here"))

    def test_request_that_is_cancelled_before_it_begins_does_not_begin(self):
        exchange = self.front.open("GET", "/spins", send=False)
        self.front.data[0].send(exchange.frame + wire.pack_cancel(exchange.id, 0, wire.CANCEL_TIMEOUT))
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
        self.assertEqual(self.front.get("/hello").body, b"hello")

    def test_request_that_holds_up_trio_is_interrupted(self):
        exchange = self.front.open("GET", "/spins")
        self.front.wait_stderr("spinning")
        exchange.cancel(wire.CANCEL_TIMEOUT)
        self.front.control.send(wire.pack_interrupt(0, 0, exchange.id, 0, wire.CANCEL_TIMEOUT))
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
        self.assertIn("in spins", self.logged("GET /spins is interrupted", "It holds up the event loop, here"))
        self.assertEqual(self.front.get("/hello").body, b"hello")

    def test_websocket_messages_and_close(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/", flags=SESSION)
        exchange.expect(wire.ACCEPT)
        for text in (b"one", b"two"):
            self.front.data[0].send(wire.pack_data(exchange.id, TEXT, text))
            self.assertEqual(exchange.expect(wire.DATA).payload, text)
        self.front.data[0].send(wire.pack_close(exchange.id, 0, 1001, b""))
        self.wait_event(since, "socket 1001")


@unittest.skipUnless(HAS_TRIO, "trio is not installed")
class TrioLifeTests(unittest.TestCase):
    def worker(self, app="trio_cases:app", **boot):
        front = Front(app, loop="trio", **boot)
        front.__enter__()
        self.addCleanup(front.__exit__, None)
        return front

    def test_stop_waits_for_requests_and_shuts_the_lifespan_down(self):
        front = self.worker()
        front.ready()
        exchange = front.open("POST", "/echo", body=b"begun ", end=False)
        front.get("/hello")
        front.drain()
        exchange.body(b"and ended", end=True)
        self.assertEqual(exchange.response().body, b"begun and ended")
        self.assertEqual(front.goodbye(), (0, ""))
        self.assertEqual(front.wait_exit(), 0)
        self.assertIn("lifespan over", front.stdout())

    def test_stop_cancels_what_does_not_end(self):
        front = self.worker()
        front.ready()
        exchange = front.open("GET", "/hangs")
        front.get("/hello")
        front.drain(0.2)
        self.assertEqual(exchange.response().reset[0], wire.RESET_APPLICATION_ERROR)
        self.assertEqual(front.goodbye(), (1, ""))
        self.assertEqual(front.wait_exit(), 0)
        self.assertIn("hanging was cancelled", front.stdout())
        self.assertIn("lifespan over", front.stdout())

    def test_factory_and_asgi2(self):
        front = self.worker("trio_shapes:double", interface="asgi2")
        front.ready()
        self.assertEqual(front.get("/").body, b"trio")
        self.assertEqual(front.stop(), (0, ""))

    def test_lifespan_that_fails_ends_the_start(self):
        front = self.worker("trio_shapes:failing")
        reason, message, trace = front.failed()
        self.assertEqual(reason, wire.FAILURE_LIFESPAN_FAILED)
        self.assertIn("no database", message)

    def test_other_interfaces_are_refused(self):
        for app, interface in (("rsgi_cases:app", "rsgi"), ("raw_cases:app", "raw")):
            with self.subTest(interface):
                reason, message, _ = self.worker(app, interface=interface).failed()
                self.assertEqual(reason, wire.FAILURE_INTERFACE_MISMATCH)
                self.assertIn(f"is served as {interface.upper()}, which needs an event loop of asyncio's kind", message)

    def test_wsgi_has_no_loop_to_choose(self):
        front = self.worker("wsgi_cases:app", interface="wsgi")
        self.assertEqual(front.ready()[-1], "1 thread" + SPEEDUPS)
        front.stop()


class WithoutTrioTests(unittest.TestCase):
    def test_trio_that_is_not_installed_is_named(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "trio.py"), "w", encoding="utf-8") as file:
                file.write("raise ImportError('there is none')\n")
            front = Front("asgi_cases:app", loop="trio", env={"PYTHONPATH": directory})
            front.__enter__()
            self.addCleanup(front.__exit__, None)
            self.assertIn("--loop trio: trio cannot be imported: there is none.", front.failed()[1])
