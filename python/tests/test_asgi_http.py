"""receive() and send() over the wire."""

import json
import os
import sys
import unittest

from tests.fake_front import CONNECTION, Front, wire
from tests.apps import asgi_cases as cases


class AsgiCase(unittest.TestCase):
    """One worker for all tests of a class."""

    boot = {}

    @classmethod
    def setUpClass(cls):
        cls.front = Front("asgi_cases:app", **dict({"loop": "asyncio"}, **cls.boot))
        cls.front.__enter__()
        cls.front.ready()

    @classmethod
    def tearDownClass(cls):
        try:
            code = cls.front.code()
            if code is None:
                cls.front.stop()
        finally:
            cls.front.__exit__(None)

    def events(self, since=0):
        return json.loads(self.front.get("/events").body)[since:]

    def event_count(self):
        return len(self.events())

    def wait_event(self, since, event):
        """Other tasks of the worker need turns of its loop before the event is there; each request gives them one."""
        for _ in range(10_000):
            found = self.events(since)
            if event in found:
                return found
        self.fail("no %r in %r" % (event, found))


class ScopeTests(AsgiCase):
    def scope(self, **options):
        return json.loads(self.front.open("GET", "/scope", **options).response().body)

    def test_scope_of_simple_request_has_all_keys(self):
        shown = self.scope(query="a=1&b=%20")
        self.assertEqual(shown["type"], "http")
        self.assertEqual(shown["asgi"], {"version": "3.0", "spec_version": "2.4"})
        self.assertEqual(shown["http_version"], "1.1")
        self.assertEqual(shown["method"], "GET")
        self.assertEqual(shown["scheme"], "http")
        self.assertEqual(shown["path"], "/scope")
        self.assertEqual(shown["raw_path"], "b'/scope'")
        self.assertEqual(shown["query_string"], "b'a=1&b=%20'")
        self.assertEqual(shown["root_path"], "")
        self.assertEqual(shown["client"], ["127.0.0.1", 50000])
        self.assertEqual(shown["server"], ["127.0.0.1", 8000])
        self.assertEqual(shown["extensions"], {})
        self.assertEqual(shown["state"]["name"], "from lifespan")
        types = shown["types"]
        self.assertEqual(types["client"], "tuple")
        self.assertEqual(types["raw_path"], "bytes")
        self.assertEqual(types["headers"], "list")
        self.assertEqual(shown["pair_types"], ["bytes"])

    def test_headers_keep_order_and_duplicates(self):
        sent = [(b"host", b"h"), (b"x-a", b"1"), (b"cookie", b"c"), (b"x-a", b"2"), (b"x-empty", b"")]
        for _ in range(3):
            shown = self.scope(headers=sent)
            self.assertEqual(shown["headers"], [[repr(name), repr(value)] for name, value in sent])

    def test_headers_none_are_an_empty_list(self):
        self.assertEqual(self.scope(headers=[])["headers"], [])

    def test_connection_of_unix_clients_and_https(self):
        shown = self.scope(connection=b"https\x002\0\0\0/run/s.sock\0")
        self.assertEqual(shown["scheme"], "https")
        self.assertEqual(shown["http_version"], "2")
        self.assertIsNone(shown["client"])
        self.assertEqual(shown["server"], ["/run/s.sock", None])
        shown = self.scope(connection=b"http\x001.0\0::1\x001234\0::1\x0080")
        self.assertEqual(shown["client"], ["::1", 1234])
        self.assertEqual(shown["server"], ["::1", 80])
        self.assertEqual(shown["http_version"], "1.0")

    def test_scope_changed_by_application_is_fresh_for_the_next(self):
        first = json.loads(self.front.get("/mutate_scope").body)
        second = json.loads(self.front.get("/mutate_scope").body)
        self.assertEqual(second["headers"], first["headers"])
        self.assertEqual(second["asgi"], ["added", "spec_version", "version"])
        self.assertEqual(second["keys"], ["name", "numbers"])
        # The copy is shallow.
        self.assertEqual(len(second["numbers"]), len(first["numbers"]) + 1)

    def test_method_is_upper_case(self):
        self.assertEqual(json.loads(self.front.open("get", "/scope").response().body)["method"], "GET")
        self.assertEqual(json.loads(self.front.open("purge", "/scope").response().body)["method"], "PURGE")


class PathTests(unittest.TestCase):
    def test_path_with_escapes_is_decoded_once(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        builder = ScopeBuilder("3.0", "")
        for raw, path in (
            (b"/a%20b", "/a b"),
            (b"/%C3%A9%2F", "/é/"),
            (b"/%2525", "/%25"),
            (b"/%FF", "/\ufffd"),
            (b"/100%", "/100%"),
            (b"*", "*"),
        ):
            scope = builder.build(b"GET", raw, b"", CONNECTION, b"")
            self.assertEqual(scope["path"], path)
            self.assertEqual(scope["raw_path"], raw)

    def test_root_path_stands_before_path(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        scope = ScopeBuilder("3.0", "/api é").build(b"GET", b"/x%20y", b"", CONNECTION, b"")
        self.assertEqual(scope["root_path"], "/api é")
        self.assertEqual(scope["path"], "/api é/x y")
        self.assertEqual(scope["raw_path"], b"/api%20%C3%A9/x%20y")

    def test_malformed_blocks_are_refused(self):
        from hydra_worker.asgi.scope import ScopeBuilder

        builder = ScopeBuilder("3.0", "")
        for connection, headers in ((b"http", b""), (b"a\0b\0c\0d\0e\0f\0g", b""), (CONNECTION, b"name"),
                                    (b"http\x001.1\0h\0port\0\0", b"")):
            with self.assertRaises(wire.WireError):
                builder.build(b"GET", b"/", b"", connection, headers)


class RequestBodyTests(AsgiCase):
    def test_inline_body_comes_in_one_message(self):
        seen = json.loads(self.front.post("/messages", b"x" * 1000).body)
        self.assertEqual(seen, [["http.request", 1000, False]])

    def test_no_body_is_one_empty_message(self):
        self.assertEqual(json.loads(self.front.get("/messages").body), [["http.request", 0, False]])

    def test_body_frames_are_joined_to_the_inline_part(self):
        exchange = self.front.open("POST", "/echo", body=b"one,", end=False)
        exchange.body(b"two,")
        exchange.body(b"")
        exchange.body(b"three", end=True)
        self.assertEqual(exchange.response().body, b"one,two,three")

    def test_end_in_an_empty_body_frame(self):
        exchange = self.front.open("POST", "/echo", body=b"all", end=False)
        exchange.body(b"", end=True)
        self.assertEqual(exchange.response().body, b"all")

    def test_window_is_granted_as_the_application_reads(self):
        window = self.front.request_window
        exchange = self.front.open("POST", "/echo", end=False)
        credit = window
        sent = 0
        total = 10 * window
        received = b""
        status = None
        while sent < total:
            while credit > 0 and sent < total:
                size = min(wire.MAX_BODY, credit, total - sent)
                exchange.body(bytes([sent // window]) * size, end=sent + size == total)
                credit -= size
                sent += size
            if sent < total:
                frame = exchange.expect(wire.WINDOW)
                credit += wire.unpack_window(frame.payload)[0]
                self.assertLessEqual(credit, window)
        while True:
            frame = exchange.next()
            if frame.kind == wire.RESPONSE:
                status, _, received = wire.unpack_response(frame.payload)
            elif frame.kind == wire.BODY:
                received += frame.payload
                exchange.window(len(frame.payload))
            if frame.end:
                break
        self.assertEqual(status, 200)
        self.assertEqual(len(received), total)
        self.assertEqual(received, b"".join(bytes([i]) * window for i in range(10)))

    def test_expect_continue_grants_the_window_at_the_first_receive(self):
        exchange = self.front.open("POST", "/echo", end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        frame = exchange.expect(wire.WINDOW)
        self.assertEqual(wire.unpack_window(frame.payload)[0], self.front.request_window)
        exchange.body(b"now", end=True)
        self.assertEqual(exchange.response().body, b"now")

    def test_expect_continue_not_read_grants_nothing(self):
        response = self.front.open("POST", "/scope", end=False, flags=wire.FLAG_EXPECT_CONTINUE).response()
        self.assertEqual([frame.kind for frame in response.frames], [wire.RESPONSE])

    def test_receive_after_response_is_a_disconnect(self):
        since = self.event_count()
        self.front.get("/receive_after_response")
        disconnect = {"type": "http.disconnect"}
        self.assertEqual(self.wait_event(since, disconnect), [disconnect, disconnect])

    def test_cancel_wakes_a_receive_that_waits(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/wait_for_disconnect")
        self.wait_event(since, "waiting")
        exchange.cancel()
        seen = self.wait_event(since, "ClientDisconnected")
        self.assertEqual(seen, ["waiting", {"type": "http.disconnect"}, "ClientDisconnected"])
        self.assertEqual([record for record in self.front.logs if "ClientDisconnected" in record.message], [])
        self.assertTrue(exchange.frames.empty())

    def test_no_body_is_delivered_after_a_disconnect(self):
        self.front.get("/make_gate", query="body")
        since = self.event_count()
        exchange = self.front.open("POST", "/disconnect_with_body_pending", body=b"inline", end=False)
        exchange.body(b"more")
        exchange.cancel()
        self.front.get("/open_gate", query="body")
        self.assertEqual(self.wait_event(since, {"type": "http.disconnect"}), [{"type": "http.disconnect"}])

    def test_concurrent_receives_lose_nothing(self):
        since = self.event_count()
        exchange = self.front.open("POST", "/concurrent_receive", end=False)
        for number in range(9):
            exchange.body(b"%d" % number)
        exchange.body(b"9", end=True)
        self.assertEqual(exchange.response().body, b"0123456789")
        self.wait_event(since, [False, True, False, False])


class ResponseTests(AsgiCase):
    def test_head_and_body_leave_in_one_frame(self):
        response = self.front.post("/echo", b"x" * 65536)
        self.assertEqual([(frame.kind, frame.end) for frame in response.frames], [(wire.RESPONSE, True)])
        self.assertEqual(len(response.body), 65536)

    def test_stream_sends_each_part_as_it_comes(self):
        response = self.front.get("/stream")
        self.assertEqual(response.body, b"".join(b"part %d\n" % number for number in range(5)))
        kinds = [frame.kind for frame in response.frames]
        self.assertEqual(kinds, [wire.RESPONSE] + [wire.BODY] * 5)
        self.assertTrue(response.frames[-1].end)

    def test_empty_first_body_lets_the_head_leave(self):
        self.front.get("/make_gate", query="go")
        exchange = self.front.open("GET", "/empty_first_body")
        head = exchange.expect(wire.RESPONSE)
        self.assertFalse(head.end)
        self.front.get("/open_gate", query="go")
        self.assertEqual(exchange.response().body, b"late")

    def test_large_body_stops_where_the_credit_ends(self):
        since = self.event_count()
        window = self.front.response_window
        size = 64 * 1024 + 3 * window + 1
        exchange = self.front.open("GET", "/large", query=str(size))
        head = exchange.expect(wire.RESPONSE)
        _, block, body = wire.unpack_response(head.payload)
        self.assertEqual(len(body), wire.MAX_BODY)
        got = 0
        while got < window:
            frame = exchange.expect(wire.BODY)
            self.assertLessEqual(len(frame.payload), wire.MAX_BODY)
            got += len(frame.payload)
            body += frame.payload
        self.assertEqual(got, window)
        self.assertNotIn("large sent", self.events(since))
        self.assertTrue(exchange.frames.empty())
        exchange.window(1)
        frame = exchange.expect(wire.BODY)
        self.assertEqual(len(frame.payload), 1)
        exchange.window(10 * window)
        rest = exchange.response(grant=False)
        self.assertEqual(len(body) + 1 + len(rest.body), size)
        self.assertEqual(body + frame.payload + rest.body, (b"0123456789abcdef" * (size // 16 + 1))[:size])
        self.assertIn("large sent", self.events(since))

    def test_body_of_exactly_the_credit_ends_with_it(self):
        size = 64 * 1024 + self.front.response_window
        response = self.front.open("GET", "/large", query=str(size)).response(grant=False)
        self.assertEqual(len(response.body), size)

    def test_concurrent_sends_do_not_mix(self):
        response = self.front.get("/concurrent_send")
        self.assertEqual(response.body, b"a" * 300_000 + b"b" * 10 + b"c" * 100_000 + b"d")

    def test_send_cancelled_in_the_middle_breaks_the_response(self):
        response = self.front.open("GET", "/send_cancelled").response(grant=False)
        self.assertEqual(response.reset[0], wire.RESET_RULE_VIOLATION)
        self.assertIn("cancelled", response.reset[1])

    def test_cancel_stops_a_response_under_way(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/endless")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.wait_event(since, "stopped by ClientDisconnected")

    def test_cancel_wakes_a_send_that_waits_for_credit(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/endless")
        got = 0
        while got < self.front.response_window:
            frame = exchange.next()
            got += len(frame.payload) if frame.kind == wire.BODY else 0
        exchange.cancel()
        self.wait_event(since, "stopped by ClientDisconnected")

    def test_buffers_are_copied(self):
        self.assertEqual(self.front.get("/buffers").body, b"first second")

    def test_head_request_keeps_length_and_sends_no_body(self):
        for status in (200, 404):
            response = self.front.open("HEAD", "/special_status", query=str(status)).response()
            self.assertEqual(response.body, b"")
            self.assertEqual(response.header(b"content-length"), b"5")
            self.assertEqual(response.status, status)

    def test_statuses_without_body_send_none(self):
        for status, length in ((204, None), (304, b"5")):
            response = self.front.get("/special_status", query=str(status))
            self.assertEqual((response.status, response.body), (status, b""))
            self.assertEqual(response.header(b"content-length"), length)
            self.assertEqual(response.header(b"x-a"), b"b")
            self.assertIsNone(response.reset)

    def test_transfer_encoding_is_dropped_and_case_kept(self):
        response = self.front.get("/transfer_encoding")
        self.assertEqual(response.headers, [(b"X-Case", b"Kept"), (b"x-empty", b"")])

    def test_many_requests_in_one_write_are_answered_in_order(self):
        exchanges = [self.front.open("GET", "/scope", query=str(number), send=False) for number in range(200)]
        self.front.data[0].send(b"".join(exchange.frame for exchange in exchanges))
        for number, exchange in enumerate(exchanges):
            self.assertIn("b'%d'" % number, exchange.response().body.decode())

    def test_frames_split_anywhere_are_put_together(self):
        exchange = self.front.open("POST", "/echo", body=b"abc", end=False, send=False)
        data = exchange.frame + wire.pack_body(exchange.id, wire.FLAG_END, b"def")
        for byte in range(len(data)):
            self.front.data[0].send(data[byte : byte + 1])
        self.assertEqual(exchange.response().body, b"abcdef")

    def test_late_frames_are_dropped(self):
        exchange = self.front.open("GET", "/scope")
        exchange.response()
        exchange.body(b"late")
        exchange.window(5)
        exchange.cancel()
        self.assertEqual(self.front.get("/scope").status, 200)


class RuleTests(AsgiCase):
    def test_each_broken_rule_raises_and_resets(self):
        for name in cases.BROKEN:
            with self.subTest(name):
                since = self.event_count()
                response = self.front.get("/breaks", query=name)
                self.assertEqual(self.events(since), ["sending the last"])
                self.assertIsNotNone(response.reset, response.frames)
                reason = wire.RESET_APPLICATION_ERROR if name == "no_type" else wire.RESET_RULE_VIOLATION
                self.assertEqual(response.reset[0], reason, response.reset)
                sent = [frame.kind for frame in response.frames]
                self.assertEqual(sent, [wire.RESPONSE, wire.RESET] if name in cases.LATE else [wire.RESET])

    def test_each_broken_rule_swallowed_resets_too(self):
        for name in cases.BROKEN:
            with self.subTest(name):
                response = self.front.get("/breaks_and_swallows", query=name)
                self.assertIsNotNone(response.reset)

    def test_error_page_after_a_broken_rule_is_sent(self):
        response = self.front.get("/breaks_and_recovers")
        self.assertEqual(response.status, 500)
        self.assertIn(b"control character", response.body)

    def test_sending_after_the_end_raises(self):
        since = self.event_count()
        response = self.front.get("/send_after_end")
        self.assertEqual(response.body, b"x")
        self.assertEqual(
            self.events(since),
            [
                "http.response.body was sent after the response was complete.",
                "http.response.start was sent after the response was complete.",
            ],
        )

    def test_application_that_raises_is_logged_once_and_reset(self):
        for path, kinds in (
            ("/raises", [wire.RESET]),
            ("/raises_held", [wire.RESET]),
            ("/raises_sent", [wire.RESPONSE, wire.RESET]),
            ("/raises_system_exit", [wire.RESET]),
            ("/raises_cancelled", [wire.RESET]),
        ):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual([frame.kind for frame in response.frames], kinds)
                self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
                function = "in " + path[1:] + "\n"
                record = self.front.wait_log(lambda record: function in record.message)
                self.assertEqual((record.level, record.logger), (wire.LOG_ERROR, "hydra.error"))
                lines = record.message.splitlines()
                self.assertEqual(lines[0], "Exception in ASGI application")
                self.assertEqual(lines[1], "Traceback (most recent call last):")
                self.assertIn("asgi_cases.py", lines[2])
                self.assertNotIn("hydra_worker", record.message)
                self.front.ping()
                self.assertEqual(sum(function in other.message for other in self.front.logs), 1)

    def test_error_after_the_response_is_only_logged(self):
        response = self.front.get("/raises_after")
        self.assertEqual((response.body, response.reset), (b"complete", None))
        self.front.wait_log(lambda record: "after the end" in record.message)

    def test_application_without_response_is_reset(self):
        for path, sentence in (
            ("/no_response", "without a response"),
            ("/only_start", "without a response"),
            ("/incomplete", "without completing the response"),
        ):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual(response.reset[0], wire.RESET_NO_RESPONSE)
                self.assertIn(sentence, response.reset[1])
                self.front.wait_log(lambda record: sentence in record.message)

    def test_returned_value_is_warned_about(self):
        self.assertEqual(self.front.get("/returns_value").body, b"fine")
        self.front.wait_log(lambda record: "returned 5" in record.message and record.level == wire.LOG_WARNING)


class TaskTests(AsgiCase):
    """What an application sees of asyncio is what it sees under uvicorn."""

    def json(self, path, **options):
        response = self.front.get(path, **options)
        self.assertIsNone(response.reset, self.front.logs[-1:])
        return json.loads(response.body)

    def test_current_task_is_a_task_from_the_first_step_on(self):
        first, same, named, running, name = self.json("/task")
        self.assertEqual(first, ["Task", True, True])
        self.assertEqual((same, named, running, name), (True, True, True, "run"))

    def test_context_is_a_fresh_copy_for_each_request(self):
        for query in ("early", "late", "early", "late"):
            self.assertEqual(self.json("/context", query=query), ["unset", "set by " + query])

    def test_cancellation_in_the_first_step(self):
        self.assertEqual(self.front.get("/cancel_self").body, b"cancelled")

    def test_timeouts_and_groups(self):
        expected = ["wait_for"]
        if sys.version_info >= (3, 11):
            expected += ["timeout", "group"]
        self.assertEqual(self.json("/timeouts"), expected)

    def test_sniffio_and_anyio(self):
        try:
            import anyio  # noqa: F401
            import sniffio  # noqa: F401
        except ImportError:
            self.skipTest("anyio is not installed")
        self.assertEqual(self.json("/library"), "asyncio")
        seen = self.json("/anyio_features")
        self.assertEqual(seen[:2], [True, "thread"])


try:
    import uvloop  # noqa: F401

    HAS_UVLOOP = True
except ImportError:
    HAS_UVLOOP = False


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopTaskTests(TaskTests):
    boot = {"loop": "uvloop"}


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopResponseTests(ResponseTests):
    boot = {"loop": "uvloop"}


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopRequestBodyTests(RequestBodyTests):
    boot = {"loop": "uvloop"}


class ManyLinksTests(AsgiCase):
    boot = {"data_links": 3}

    def test_each_link_serves(self):
        for link in range(3):
            self.assertEqual(self.front.get("/stream", link=link).status, 200)

    def test_same_stream_number_on_two_links_is_two_streams(self):
        self.front.get("/make_gate", query="two")
        exchanges = []
        for link in (0, 1):
            exchange = self.front.open("GET", "/wait_at_gate", query="two", link=link)
            exchanges.append(exchange)
            self.front._next_stream -= 1
        self.front._next_stream += 10
        self.front.get("/open_gate", query="two", link=2)
        self.assertEqual([exchange.response().body for exchange in exchanges], [b"through two"] * 2)


if __name__ == "__main__":
    unittest.main()
