"""The control link: probes, drain, the end of the front; and what a worker does at the edges of its life."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from tests.fake_front import APPS, DEADLINE, SHIM, Front, wire

BOTH = (("asgi_cases:app", {}), ("wsgi_cases:app", {}), ("wsgi_cases:app", {"threads": 3}))


class ProbeTests(unittest.TestCase):
    def test_pong_tells_memory_and_load(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, **boot) as front:
                front.ready()
                nonce, lag, resident, running, oldest = front.ping(99)
                self.assertEqual((nonce, running, oldest), (99, 0, 0))
                if sys.platform.startswith("linux"):
                    self.assertGreater(resident, 5_000)

    def test_pong_comes_while_the_application_blocks(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), tempfile.TemporaryDirectory() as directory:
                with Front(app, **boot) as front:
                    front.ready()
                    flag = os.path.join(directory, "flag")
                    exchange = front.open("GET", "/blocks", query=flag)
                    while True:
                        _, lag, _, running, oldest = front.ping()
                        if running == 1 and oldest > 20 and (lag > 20_000 or app.startswith("wsgi")):
                            break
                    with open(flag, "w"):
                        pass
                    self.assertEqual(exchange.response().body, b"unblocked")
                    while front.ping()[3]:
                        pass
                    # Nothing is kept from the time of the block.
                    self.assertEqual(front.ping()[4], 0)
                    front.stop()

    def test_ready_says_what_serves(self):
        version = "%d.%d.%d" % sys.version_info[:3]
        with Front("asgi_cases:app", loop="asyncio") as front:
            concurrency, interface, python, loop = front.ready()
            self.assertEqual((concurrency, interface, loop), (0, "asgi", "asyncio"))
            self.assertIn(version, python)
        with Front("wsgi_cases:app", threads=3) as front:
            concurrency, interface, _, loop = front.ready()
            self.assertEqual((concurrency, interface, loop), (3, "wsgi", "3 threads"))

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
                running = front.open("POST", "/echo", body=b"before ", end=False)
                while front.ping()[3] != 1:
                    pass
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
            self.assertEqual(front.ping()[3], 0)
            front.drain(0.05)
            self.assertEqual(front.goodbye(), (1, ""))
            self.assertEqual(front.wait_exit(), 0)
            self.assertIn("lifespan shutdown", front.stdout())

    def test_drain_cancels_when_the_grace_is_over(self):
        with Front("asgi_cases:app") as front:
            front.ready()
            exchange = front.open("GET", "/stubborn")
            while front.ping()[3] != 1:
                pass
            front.drain(0.05)
            self.assertEqual(exchange.response().reset[0], wire.RESET_APPLICATION_ERROR)
            self.assertEqual(front.goodbye(), (1, ""))
            self.assertEqual(front.wait_exit(), 0)
            self.assertIn("stubborn was cancelled", front.stdout())
            self.assertNotIn("Traceback", "".join(record.message for record in front.logs))

    def test_drain_of_a_thread_that_hangs_ends_the_process(self):
        for threads in (1, 3):
            with self.subTest(threads=threads), Front("wsgi_cases:app", threads=threads) as front:
                front.ready()
                exchange = front.open("GET", "/blocks", query="/nowhere/at/all")
                while front.ping()[3] != 1:
                    pass
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
    def test_sigterm_drains_and_sigint_is_ignored(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, grace_milliseconds=5000, **boot) as front:
                front.ready()
                front.process.send_signal(signal.SIGINT)
                self.assertEqual(front.get("/echo").status, 200)
                front.process.send_signal(signal.SIGTERM)
                self.assertEqual(front.goodbye(), (0, ""))
                self.assertEqual(front.wait_exit(), 0)


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

    def test_end_of_the_front_while_the_application_loads(self):
        with Front("hanging_import:app") as front:
            while front.control is None:
                time.sleep(0.001)
            os_level_close(front.control)
            self.assertNotEqual(front.wait_exit(), 0)

    def test_end_of_a_data_link_ends_the_worker(self):
        for app, boot in BOTH:
            with self.subTest(app=app, **boot), Front(app, data_links=2, **boot) as front:
                front.ready()
                os_level_close(front.data[1])
                front.goodbye()
                self.assertEqual(front.wait_exit(), 1)
                front.wait_log(lambda record: "closed a data link" in record.message)

    def test_garbage_on_the_control_link_ends_the_worker(self):
        for frame in (b"\xff" * 16, wire.pack_welcome(0, 0, 1, 1), wire.pack_ping(5, 0, 1), wire.pack_drain(0, 1, 1)):
            with self.subTest(frame=frame), Front("hello:asgi") as front:
                front.ready()
                front.control.send(frame)
                self.assertNotEqual(front.wait_exit(), 0)
                self.assertIn("protocol error on the control link" if frame[:1] != b"\xff" else "hydra", front.stderr())

    def test_garbage_on_a_data_link_ends_the_worker(self):
        for app, boot in BOTH:
            for frame in (b"\xff" * 16, wire.pack_ping(0, 0, 1), wire.HEADER.pack(3, wire.REQUEST, 1, 0, 1) + b"abc"):
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


def os_level_close(link):
    """shutdown() also takes effect while another thread is blocked in recv()."""
    try:
        link.sock.shutdown(2)
    except OSError:
        pass


class BootTests(unittest.TestCase):
    def run_shim(self, line):
        return subprocess.run(
            [sys.executable, SHIM], input=line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE, cwd=APPS
        )

    def test_boot_without_a_document_says_so(self):
        for line, sentence in (
            (b"", b"no boot document"),
            (b"nonsense\n", b"not JSON"),
            (b"[]\n", b"not a JSON object"),
            (b"{}\n", b"has no 'address'"),
            (b'{"address":"unix:/x","token":"t","app":"a","worker":"0"}\n', b"'worker' must be int"),
            (b'{"address":"unix:/nowhere/s","token":"t","app":"a"}\n', b"cannot connect to the front"),
            (b'{"address":"pigeon:x","token":"t","app":"a"}\n', b"of no known kind"),
            (b'{"address":"unix:/x","token":"t","app":"a","schema":"1"}\n', b"different builds"),
        ):
            with self.subTest(line=line):
                done = self.run_shim(line)
                self.assertEqual(done.returncode, 3)
                self.assertIn(sentence, done.stderr)
                self.assertNotIn(b"Traceback", done.stderr)

    def test_front_that_refuses_the_token_is_named(self):
        front = Front("hello:asgi", token="00")
        with front:
            self.assertEqual(front.wait_exit(), 3)
            self.assertIn("did not accept the link", front.stderr())

    def test_application_sees_a_clean_process(self):
        with Front("environment:app") as front:
            front.ready()
            seen = json.loads(front.get().body)
            self.assertEqual(seen["stdin"], "")
            self.assertEqual(seen["path0"], APPS)
            self.assertEqual(seen["shim_on_path"], False)
            self.assertEqual(seen["worker_id"], "0")
            self.assertEqual(seen["sigint_in_child"], "default")
            self.assertEqual(seen["child_sockets"], 0)
            front.stop()

    def test_safe_path_does_not_hide_the_package(self):
        if sys.version_info < (3, 11):
            self.skipTest("PYTHONSAFEPATH came with 3.11")
        with Front("hello:asgi", env={"PYTHONSAFEPATH": "1"}) as front:
            front.ready()
            self.assertEqual(front.get().body, b"hello")

    def test_multiprocessing_spawn_works_in_the_application(self):
        with Front("environment:app") as front:
            front.ready()
            self.assertEqual(front.get("/spawn").body, b"42")
            front.stop()

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_child_does_not_hold_the_links(self):
        for app in ("environment:app", "environment:wsgi"):
            with self.subTest(app), Front(app) as front:
                front.ready()
                child = int(front.get("/fork").body)
                try:
                    front.process.kill()
                    front.process.wait(DEADLINE)
                    # The child lives, and yet the front sees the end of both links.
                    os.kill(child, 0)
                    self.assertTrue(front.control.closed.wait(DEADLINE))
                    self.assertTrue(front.data[0].closed.wait(DEADLINE))
                    os.kill(child, 0)
                finally:
                    os.kill(child, signal.SIGKILL)

    def test_print_is_one_line_at_a_time(self):
        with Front("environment:app") as front:
            front.ready()
            front.get("/print")
            deadline = time.monotonic() + DEADLINE
            while len(front.output["out"]) < 2 and time.monotonic() < deadline:
                time.sleep(0.001)
            self.assertEqual([line.strip() for line in front.output["out"]], [b"one two", b"three"])


class LogTests(unittest.TestCase):
    def test_records_of_the_application_reach_the_front(self):
        with Front("asgi_cases:app", log_level="info") as front:
            front.ready()
            before = time.time()
            front.get("/logs")
            record = front.wait_log(lambda record: record.logger == "app.sub")
            self.assertEqual((record.level, record.message), (wire.LOG_INFO, "info of the app"))
            self.assertLess(abs(record.created / 1e6 - before), 60)
            record = front.wait_log(lambda record: "with traceback" in record.message)
            self.assertIn("KeyError: 'logged'", record.message)
            record = front.wait_log(lambda record: record.message.startswith("xxx"))
            self.assertTrue(record.message.endswith("[400000 bytes, cut]"), record.message[-60:])
            record = front.wait_log(lambda record: record.level == wire.LOG_CRITICAL)
            self.assertLessEqual(len(record.logger.encode()), 255)
            self.assertIn("\\udc80", record.message)
            self.assertFalse([record for record in front.logs if "debug of" in record.message])

    def test_log_level_of_the_boot_document_counts(self):
        for level, seen in (("debug", True), ("trace", True), ("warning", False)):
            with self.subTest(level), Front("asgi_cases:app", log_level=level) as front:
                front.ready()
                front.get("/logs")
                front.wait_log(lambda record: record.level == wire.LOG_CRITICAL)
                self.assertEqual(any("debug of" in record.message for record in front.logs), seen)
                infos = any("info of" in record.message for record in front.logs)
                self.assertEqual(infos, level != "warning")

    def test_application_that_configures_logging_gets_what_it_configured(self):
        for app in ("basic", "dictionary"):
            with self.subTest(app), Front("logging_%s:app" % app) as front:
                front.ready()
                front.get("/logs")
                front.get("/raise")
                # The shim's own records still come over the link.
                front.wait_log(lambda record: "ZeroDivisionError" in record.message)
                front.stop()
                self.assertIn("configured:debug of the app", front.stderr())
                self.assertFalse([record for record in front.logs if "of the app" in record.message])

    def test_basic_config_without_level_means_warning(self):
        with Front("logging_nolevel:app") as front:
            front.ready()
            front.get("/logs")
            front.stop()
            self.assertIn("WARNING:app:warning of the app", front.stderr())
            self.assertNotIn("info of the app", front.stderr())

    def test_many_threads_may_log_at_once(self):
        with Front("environment:app") as front:
            front.ready()
            self.assertEqual(front.get("/log_threads").body, b"done")
            front.ping()
            wanted = {"thread %d record %d" % (thread, number) for thread in range(8) for number in range(50)}
            self.assertTrue(wanted <= {record.message for record in front.logs})


if __name__ == "__main__":
    unittest.main()
