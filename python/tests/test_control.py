"""The control link: probes, drain, the end of the front; and what a worker does at the edges of its life."""

import os
import signal
import sys
import tempfile
import time
import unittest

from tests.cases import SPEEDUPS
from tests.fake_front import Front, wire
from tests.fake_link import Closed

BOTH = (("asgi_cases:app", {}), ("wsgi_cases:app", {}), ("wsgi_cases:app", {"threads": 3}))


def open_and_read(front, path, **options):
    """Opens a request whose body is not complete, and waits until the application asks for the rest of it."""
    exchange = front.open("POST", path, end=False, flags=wire.FLAG_EXPECT_CONTINUE, **options)
    exchange.expect(wire.WINDOW)
    return exchange


class ProbeTests(unittest.TestCase):
    def test_pong_has_the_nonce_of_its_ping(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                for nonce in (99, 0, 2**32 - 1):
                    self.assertEqual(front.ping(nonce)[0], nonce)

    def test_pong_comes_while_the_application_blocks(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), tempfile.TemporaryDirectory() as directory:
                with Front(app, **boot) as front:
                    front.ready()
                    flag = os.path.join(directory, "flag")
                    exchange = front.open("GET", "/blocks", query=flag)
                    front.wait_begun(flag)
                    while front.ping()[1] <= 20_000 and app.startswith("asgi"):
                        pass
                    if app.startswith("wsgi"):
                        self.assertEqual(front.ping()[1], 0)
                    with open(flag, "w"):
                        pass
                    self.assertEqual(exchange.response().body, b"unblocked")
                    # Nothing is kept from the time of the block.
                    while front.ping()[1] > 20_000:
                        pass
                    front.stop()

    def test_ready_says_what_serves(self):
        version = "%d.%d.%d" % sys.version_info[:3]
        with Front("asgi_cases:app", loop="asyncio") as front:
            concurrency, features, interface, python, loop = front.ready()
            self.assertEqual((concurrency, features, interface, loop), (0, wire.FEATURE_WEB_SOCKETS, "asgi", "asyncio" + SPEEDUPS))
            self.assertIn(version, python)
        with Front("wsgi_cases:app", threads=3) as front:
            concurrency, features, interface, _, loop = front.ready()
            self.assertEqual((concurrency, interface, loop), (3, "wsgi", "3 threads" + SPEEDUPS))
            self.assertEqual(features, wire.FEATURE_INTERRUPTIBLE_THREADS | wire.FEATURE_WHOLE_BODIES)

    def test_ready_comes_after_all_links(self):
        for app in ("asgi_cases:app", "wsgi_cases:app"):
            with Front(app, data_links=3) as front:
                front.ready()
                self.assertEqual(sorted(front.data), [0, 1, 2])


class DrainTests(unittest.TestCase):
    def test_drain_of_an_idle_worker_ends_it(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                self.assertEqual(front.stop(), (0, ""))

    def test_drain_waits_for_what_runs_and_refuses_what_comes(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                running = open_and_read(front, "/echo", body=b"before ")
                front.drain()
                # The control link and the data link are not ordered: ask until the worker has taken note.
                response = front.get("/echo")
                while response.reset is None:
                    response = front.get("/echo")
                self.assertEqual(response.reset[0], wire.RESET_NOT_STARTED)
                running.body(b"after", end=True)
                self.assertEqual(running.response().body, b"before after")
                self.assertEqual(front.goodbye(), (0, ""))
                self.assertEqual(front.wait_exit(), 0)

    def test_drain_waits_for_background_tasks(self):
        with Front("asgi_cases:app") as front:
            front.ready()
            front.get("/make_gate", query="background")
            self.assertEqual(front.get("/background").body, b"answered")
            front.drain(0.05)
            self.assertEqual(front.goodbye(), (1, ""))
            self.assertEqual(front.wait_exit(), 0)
            self.assertIn("lifespan shutdown", front.stdout())

    def test_drain_cancels_when_the_grace_is_over(self):
        with Front("asgi_cases:app") as front:
            front.ready()
            exchange = front.open("GET", "/stubborn")
            while front.data[0].frames.get(timeout=30).stream != exchange.id:
                pass
            front.drain(0.05)
            self.assertEqual(exchange.response().reset[0], wire.RESET_APPLICATION_ERROR)
            self.assertEqual(front.goodbye(), (1, ""))
            self.assertEqual(front.wait_exit(), 0)
            self.assertIn("stubborn was cancelled", front.stdout())
            self.assertNotIn("Traceback", "".join(record.message for record in front.logs))

    def test_drain_of_a_thread_that_hangs_ends_the_process(self):
        for threads in (1, 3):
            with self.subTest(threads=threads), tempfile.TemporaryDirectory() as directory:
                with Front("wsgi_cases:app", threads=threads) as front:
                    front.ready()
                    flag = os.path.join(directory, "never")
                    exchange = front.open("GET", "/blocks", query=flag)
                    front.wait_begun(flag)
                    front.drain(0.05)
                    self.assertEqual(exchange.response().reset[0], wire.RESET_APPLICATION_ERROR)
                    self.assertEqual(front.goodbye(), (1, ""))
                    self.assertEqual(front.wait_exit(), 0)

    def test_drain_before_ready_is_kept(self):
        with Front("slow_import:app") as front:
            while front.control is None:
                time.sleep(0.001)
            front.drain()
            front.ready()
            self.assertEqual(front.goodbye(), (0, ""))
            self.assertEqual(front.wait_exit(), 0)

    @unittest.skipIf(os.name == "nt", "there is no SIGTERM on Windows")
    def test_signals_to_the_whole_group_are_left_to_the_front(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, grace_milliseconds=5000, **boot) as front:
                front.ready()
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                    front.process.send_signal(number)
                    self.assertEqual(front.get("/echo").status, 200)
                front.drain()
                self.assertEqual(front.goodbye(), (0, ""))
                self.assertEqual(front.wait_exit(), 0)

    @unittest.skipIf(os.name == "nt", "there is no SIGTERM on Windows")
    def test_signals_that_the_application_handles_do_not_end_the_worker(self):
        for app, boot in (("own_signals:asgi", {}), ("own_signals:wsgi", {}), ("own_signals:wsgi", {"threads": 3})):
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                for number in (signal.SIGINT, signal.SIGTERM):
                    front.process.send_signal(number)
                    self.assertEqual(front.get("/").status, 200)
                front.stop()

    @unittest.skipIf(os.name == "nt", "there is no SIGTERM on Windows")
    def test_handler_of_the_applications_is_called_when_the_worker_goes(self):
        apps = [("leaving:wsgi", {}), ("leaving:wsgi", {"threads": 3})]
        apps += [(f"leaving:{app}", {"loop": loop}) for app in ("asgi", "on_loop") for loop in ("asyncio", "auto")]
        for app, boot in apps:
            for begin in (Front.part, Front.drain):
                with self.subTest(app=app, begin=begin.__name__, **boot), Front(app, **boot) as front:
                    front.ready()
                    exchange = front.open("GET", "/lasts")
                    exchange.expect(wire.RESPONSE)
                    # A signal to the whole group says nothing yet: the front goes on giving it requests.
                    front.process.send_signal(signal.SIGTERM)
                    if app != "leaving:wsgi" or boot:
                        self.assertEqual(front.get("/").body, b"goes")
                    begin(front)
                    self.assertEqual(exchange.response().body[-4:], b"told")
                    if begin is not Front.drain:
                        front.drain()
                    self.assertEqual(front.goodbye(), (0, ""))
                    self.assertEqual(front.wait_exit(), 0)
                    self.assertEqual([r for r in front.logs if r.level >= 40], [])

    @unittest.skipUnless(hasattr(signal, "pthread_sigmask"), "needs signal masks")
    def test_signals_that_were_ignored_or_blocked_are_as_in_any_program(self):
        def inherit():
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1))

        with Front("own_signals:inherited", before=inherit) as front:
            front.ready()
            self.assertEqual(front.get("/").body, b"ignored: [] blocked: []")
            front.stop()


class DebuggerTests(unittest.TestCase):
    def test_debugger_stops_the_threads_of_the_application_only(self):
        for app, boot, expected in (
            ("debugged:asgi", {"interface": "asgi"}, b"MainThread"),
            ("debugged:wsgi", {}, b"MainThread"),
            ("debugged:wsgi", {"threads": 3}, b"MainThread hydra-wsgi-1 hydra-wsgi-2"),
        ):
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                self.assertEqual(front.get("/").body, expected)
                front.stop()


class PartTests(unittest.TestCase):
    def test_stream_hears_of_its_end_and_says_goodbye(self):
        with Front("streaming:app") as front:
            front.ready()
            exchange = front.open("GET", "/events")
            exchange.expect(wire.RESPONSE)
            front.part()
            self.assertEqual(exchange.response().body, b"the end")
            # What begins after the first time hears of the next.
            other = front.open("GET", "/events")
            other.expect(wire.RESPONSE)
            front.part()
            self.assertEqual(other.response().body, b"the end")
            front.stop()

    def test_what_has_an_end_of_its_own_is_left_alone(self):
        for path, body in (("/download", b"0123456789"), ("/late", b"late")):
            with self.subTest(path=path), Front("streaming:app") as front:
                front.ready()
                exchange = front.open("GET", path)
                if path == "/download":
                    exchange.expect(wire.RESPONSE)
                front.part()
                # The control link is done with it when it has answered, and the loop when that is served.
                front.ping()
                self.assertEqual(front.get("/told").body, b"True")
                front.get("/go-on")
                self.assertEqual(exchange.response().body[-len(body) :], body[5:] if path == "/download" else body)
                front.stop()

    def test_wsgi_takes_no_notice(self):
        with Front("wsgi_cases:app") as front:
            front.ready()
            front.part()
            self.assertEqual(front.get("/echo").status, 200)
            front.stop()


class FrontGoneTests(unittest.TestCase):
    def test_end_of_the_control_link_ends_the_worker(self):
        for app, boot in BOTH:
            for path in ("/echo", "/blocks", "/stubborn"):
                if path == "/stubborn" and app.startswith("wsgi"):
                    continue
                with self.subTest(app=app, path=path, **boot), Front(app, **boot) as front:
                    front.ready()
                    front.open("GET", path, query="/nowhere/at/all")
                    os_level_close(front.control)
                    self.assertNotEqual(front.wait_exit(), 0)

    def test_end_of_the_front_ends_a_worker_that_cannot_exit(self):
        paths = ["/hang_in_thread"] + (["/hang_in_process"] if hasattr(os, "fork") else [])
        for app in ("environment:app", "environment:wsgi"):
            for path in paths:
                with self.subTest(app=app, path=path), Front(app) as front:
                    front.ready()
                    front.get(path)
                    front.drain()
                    front.goodbye()
                    self.assertIsNone(front.code())
                    os_level_close(front.control)
                    self.assertEqual(front.wait_exit(), 0)

    def test_end_of_the_front_during_the_drain_ends_a_worker_that_cannot_exit(self):
        for app in ("environment:app", "environment:wsgi"):
            with self.subTest(app=app), Front(app) as front:
                front.ready()
                exchange = open_and_read(front, "/hang_in_thread")
                front.drain(3600)
                # The control link is done with DRAIN when it has answered.
                front.ping()
                os_level_close(front.control)
                exchange.body(b"", end=True)
                self.assertEqual(exchange.response().body, b"thread")
                self.assertEqual(front.wait_exit(), 0)

    def test_end_of_the_front_while_the_application_loads(self):
        with Front("hanging_import:app") as front:
            while front.control is None:
                time.sleep(0.001)
            os_level_close(front.control)
            self.assertNotEqual(front.wait_exit(), 0)

    def test_front_that_stops_while_the_worker_starts_is_no_error(self):
        for app in ("lifespans:waits", "wsgi_cases:app"):
            for closes in (("data",), ("data", "control")):
                with self.subTest(app=app, closes=closes):
                    front = Front(app)
                    front.closes = closes
                    with front:
                        if "control" in closes:
                            self.assertNotEqual(front.wait_exit(), 0)
                        else:
                            reason, message, trace = front.failed()
                            self.assertEqual((reason, trace), (wire.FAILURE_INTERNAL, ""))
                            self.assertIn("did not accept the link", message)
                        self.assertEqual((front.logs, front.stderr()), ([], ""))

    def test_front_that_closes_the_control_link_alone_hears_nothing_of_what_runs(self):
        """It takes the worker for lost, and sends again what may be sent again: that was not the application's fault."""
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                exchange = open_and_read(front, "/echo")
                os_level_close(front.control)
                self.assertEqual(front.wait_exit(), 1)
                with self.assertRaises(Closed):
                    exchange.next()

    def test_end_of_a_data_link_ends_the_worker(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, data_links=2, **boot) as front:
                front.ready()
                os_level_close(front.data[1])
                front.goodbye()
                self.assertEqual(front.wait_exit(), 1)
                front.wait_log(lambda record: "closed a data link" in record.message)

    def test_garbage_on_the_control_link_ends_the_worker(self):
        for frame in (
            b"\xff" * 16,
            wire.pack_welcome(0, 0, 1, 1),
            wire.pack_ping(5, 0, 1),
            wire.pack_drain(0, 1, 1),
        ):
            with self.subTest(frame=frame), Front("hello:asgi") as front:
                front.ready()
                front.control.send(frame)
                self.assertNotEqual(front.wait_exit(), 0)
                self.assertIn(
                    "protocol error on the control link" if frame[:1] != b"\xff" else "hydra", front.stderr()
                )

    def test_garbage_on_a_data_link_ends_the_worker(self):
        for app, boot in BOTH:
            for frame in (
                b"\xff" * 16,
                wire.pack_ping(0, 0, 1),
                wire.HEADER.pack(3, wire.REQUEST, 1, 0, 1) + b"abc",
            ):
                with self.subTest(app=app, frame=frame, **boot), Front(app, **boot) as front:
                    front.ready()
                    front.data[0].send(frame)
                    front.goodbye()
                    self.assertEqual(front.wait_exit(), 1)
                    front.wait_log(lambda record: "protocol error on a data link" in record.message)

    def test_body_beyond_the_credit_ends_the_worker(self):
        for app, boot in (("asgi_cases:app", {}), ("wsgi_cases:app", {"threads": 3})):
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                front.get("/make_gate", query="body")
                exchange = front.open("POST", "/disconnect_with_body_pending", end=False)
                try:
                    for _ in range(front.request_window // wire.MAX_BODY + 1):
                        exchange.body(b"x" * wire.MAX_BODY)
                except OSError:
                    pass
                front.goodbye()
                front.wait_log(lambda record: "exceeds the credit" in record.message)

    def test_text_that_is_not_utf_8_ends_the_worker(self):
        for parts in ([b"\xff"], [b"\xc3", b"x"]):
            with self.subTest(parts=parts), Front("sockets:app") as front:
                front.ready()
                exchange = front.open("GET", "/echo", flags=wire.FLAG_SESSION)
                exchange.expect(wire.ACCEPT)
                *first, last = parts
                for part in first:
                    front.data[0].send(wire.pack_data(exchange.id, wire.FLAG_TEXT | wire.FLAG_MORE, part))
                front.data[0].send(wire.pack_data(exchange.id, wire.FLAG_TEXT, last))
                front.goodbye()
                front.wait_log(lambda record: "text that is not UTF-8" in record.message)


def os_level_close(link):
    """shutdown() also takes effect while another thread is blocked in recv()."""
    try:
        link.sock.shutdown(2)
    except OSError:
        pass


if __name__ == "__main__":
    unittest.main()
