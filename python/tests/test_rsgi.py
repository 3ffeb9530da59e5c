"""RSGI 1.6: HTTP, and what is called before and after the requests."""

import json
import os
import sys
import unittest

from tests.cases import WorkerCase
from tests.fake_front import Front, wire
from tests.fake_link import parse_headers

TRACEBACK = "Traceback"


class RsgiCase(WorkerCase):
    app = "rsgi_cases:app"

    def logged(self, text):
        return self.front.wait_log(lambda record: text in record.message).message


class RsgiTests(RsgiCase):
    # ---- the scope

    def test_scope_has_all_that_the_specification_says(self):
        response = self.front.open(
            "post",
            "/scope/with/%C3%BC",
            query="a=b&c=%20",
            headers=[(b"host", b"test"), (b"x-two", b"1"), (b"x-other", b"\xfc"), (b"x-two", b"2")],
            connection=b"https\x001.0\x00::1\x001\x00127.0.0.1\x002\x00",
        ).response()
        items = [["host", "test"], ["x-two", "1"], ["x-two", "2"], ["x-other", "ü"]]
        self.assertEqual(
            json.loads(response.body),
            {
                "proto": "http",
                "rsgi_version": "1.6",
                "http_version": "1",
                "server": "127.0.0.1:2",
                "client": "[::1]:1",
                "scheme": "https",
                "method": "POST",
                "path": "/scope/with/ü",
                "query_string": "a=b&c=%20",
                "authority": None,
                "keys": ["host", "x-two", "x-other"],
                "values": [value for _, value in items],
                "items": items,
                "iterated": ["host", "x-two", "x-other"],
                "length": 3,
                "all": ["1", "2"],
                "none": [],
                "first": "1",
                "contains": [True, True, False],
                "got": ["test", None, "default"],
                "missing": "'none'",
            },
        )

    def test_scope_of_http2_has_its_authority(self):
        headers = [(b"host", b"test"), (b"x-two", b"1")]
        response = self.front.get("/scope", headers=headers, connection=b"http\x002.0\x00\x00\x00/run/s\x00\x00")
        found = json.loads(response.body)
        self.assertEqual(
            [found[name] for name in ("http_version", "authority", "server", "client")], ["2", "test", "/run/s", ""]
        )

    # ---- responses

    def test_whole_responses_leave_in_one_frame(self):
        for path, status, headers, body in (
            ("/empty", 204, [], b""),
            ("/text", 201, [(b"x-a", "ü".encode()), (b"x-a", b"2")], "tëxt".encode()),
        ):
            response = self.front.get(path)
            self.assertEqual((response.status, response.headers, response.body), (status, headers, body))
            self.assertEqual([(frame.kind, frame.end) for frame in response.frames], [(wire.RESPONSE, True)])

    def test_response_to_head_has_no_body(self):
        response = self.front.open("HEAD", "/text").response()
        self.assertEqual((response.status, response.body), (201, b""))
        self.assertEqual(response.headers[-1], (b"content-length", b"5"))

    def test_large_response_goes_as_far_as_the_credit_without_a_task(self):
        size = 64 * 1024 + 3 * self.front.response_window
        exchange = self.front.open("GET", "/large", query=str(size))
        self.logged("goes on")
        _, block, body = wire.unpack_response(exchange.expect(wire.RESPONSE).payload)
        self.assertIn((b"content-length", b"%d" % (size + 16)), parse_headers(block))
        got = 0
        while got < self.front.response_window:
            frame = exchange.expect(wire.BODY)
            got += len(frame.payload)
            body += frame.payload
        self.assertEqual(got, self.front.response_window)
        exchange.window(10 * self.front.response_window)
        body += exchange.response(grant=False).body
        self.assertEqual(body, b"0123456789abcdef" * (size // 16 + 1))

    def test_large_response_to_a_client_that_leaves_ends(self):
        exchange = self.front.open("GET", "/large", query="1000000")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.assertEqual(exchange.response(grant=False).reset[0], wire.RESET_CANCELLED)

    def test_content_length_is_kept(self):
        self.assertEqual(self.front.get("/length", query="10,5").body, b"xxxxx")
        reset = self.front.get("/length", query="5,10").reset
        self.assertEqual(reset, (wire.RESET_RULE_VIOLATION, "The body of the response is shorter than its Content-Length."))
        self.assertEqual(self.front.get("/stream_of_length", query="9").body, b"12345xxxxx")
        self.assertEqual(self.front.get("/stream_of_length").reset[0], wire.RESET_RULE_VIOLATION)

    def test_first_response_counts(self):
        response = self.front.get("/twice")
        self.assertEqual((response.status, response.body), (200, b"first"))
        self.logged("RSGIProtocolError: A response was given already.")

    def test_what_cannot_be_a_response_raises_and_another_may_be_given(self):
        self.assertEqual(self.front.get("/wrong").body, b"right")
        for text in (
            "InvalidMessage: The body of response_bytes() must be a byte string, not str.",
            "InvalidMessage: The body of response_str() must be a str, not bytes.",
            "InvalidMessage: The status of a response must be an int, not '200'.",
            "RuleViolation: 99 cannot be the status",
            "RuleViolation: b'a b' cannot be the name",
            "RuleViolation: A response header has a control character",
            "RuleViolation: A response header has a character in its value that UTF-8 has not.",
            "RuleViolation: The body of the response is shorter than its Content-Length.",
            "InvalidMessage: The headers of a response must be an iterable of (name, value) pairs of text.",
            "ValueError: Invalid range",
        ):
            self.logged(text)

    # ---- the request's body

    def test_body_is_read_whole_once(self):
        exchange = self.front.open("POST", "/whole", body=b"one ", end=False)
        exchange.body(b"two ")
        exchange.body(b"three", end=True)
        self.assertEqual(exchange.response().body, b"one two three")
        self.logged("RSGIProtocolError: The body of the request has been taken already.")

    def test_body_is_iterated_over_as_it_comes(self):
        exchange = self.front.open("POST", "/pieces", body=b"12345", end=False)
        self.assertEqual(wire.unpack_response(exchange.expect(wire.RESPONSE).payload)[2], b"[5]")
        exchange.body(b"123")
        self.assertEqual(exchange.expect(wire.BODY).payload, b"[3]")
        exchange.body(b"", end=True)
        self.assertEqual(exchange.response().body, "ënd".encode())
        self.assertEqual(self.front.post("/pieces", b"").body, "ënd".encode())

    def test_client_that_expects_is_told_to_go_on_when_the_body_is_asked_for(self):
        exchange = self.front.open("POST", "/whole", end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        exchange.expect(wire.WINDOW)
        exchange.body(b"body", end=True)
        self.assertEqual(exchange.response().body, b"body")

    def test_body_that_breaks_off_raises_and_is_not_logged_as_a_failure(self):
        exchange = self.front.open("POST", "/breaks_off", body=b"123", end=False)
        self.logged("chunk 3")
        exchange.cancel()
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
        self.logged("RSGIProtocolClosed: The client has disconnected.")
        self.assertFalse([record for record in self.front.logs if TRACEBACK in record.message and "breaks_off" in record.message])

    # ---- streams

    def test_stream_waits_for_credit_and_ends_with_the_application(self):
        exchange = self.front.open("GET", "/stream", query="stream")
        self.assertFalse(exchange.expect(wire.RESPONSE).end)
        self.front.get("/opens", query="stream")
        self.assertEqual(exchange.response().body, b"x" * 300_000 + b"end")

    def test_stream_to_a_client_that_has_left_raises(self):
        exchange = self.front.open("GET", "/streams_for_ever")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.assertEqual(exchange.response(grant=False).reset[0], wire.RESET_CANCELLED)
        self.logged("RSGIProtocolClosed: The client has disconnected.")
        self.assertFalse([r for r in self.front.logs if TRACEBACK in r.message and "streams_for_ever" in r.message])

    def test_client_disconnect_returns_when_the_client_has_left(self):
        exchange = self.front.open("GET", "/waits")
        self.logged("waiting")
        exchange.cancel()
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
        self.logged("left")

    def test_client_disconnect_returns_when_the_response_is_complete(self):
        self.assertEqual(self.front.get("/waits_answered").body, b"answer")
        self.logged("over")

    # ---- failures

    def test_application_that_raises_is_500_or_breaks_the_stream(self):
        for path, text in (("/fails", "before"), ("/fails_streaming", "in the stream")):
            self.assertEqual(self.front.get(path).reset, (wire.RESET_APPLICATION_ERROR, "ValueError"))
            message = self.logged(f"ValueError: {text}")
            self.assertIn("Exception in RSGI application", message)
            self.assertNotIn("hydra_worker", message)

    def test_application_that_raises_after_its_response_is_logged(self):
        self.assertEqual(self.front.get("/fails_later").body, b"whole")
        self.logged("ValueError: after the response")

    def test_application_that_gives_no_response_is_500(self):
        text = "The RSGI application returned without a response."
        self.assertEqual(self.front.get("/returns").reset, (wire.RESET_NO_RESPONSE, text))
        self.logged(text)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_child_that_returns_answers_nobody(self):
        self.assertEqual([self.front.get("/forks").body for _ in range(2)], [b"0", b"0"])

    # ---- files

    def test_file_and_a_part_of_it_are_the_fronts_to_send(self):
        everything = 0xFFFF_FFFF_FFFF_FFFF
        for query, status, part in (("", 200, (0, everything)), (",10", 200, (0, everything)), (",5,250000", 206, (5, 249_995))):
            with self.subTest(query):
                frame = self.front.open("GET", "/file", query="/some/file" + query).expect(wire.RESPONSE)
                found, _, body = wire.unpack_response(frame.payload)
                self.assertEqual((found, frame.flags), (status, wire.FLAG_END | wire.FLAG_FILE))
                self.assertEqual(wire.unpack_file(body), (*part, b"/some/file"))
        self.assertEqual(self.front.open("HEAD", "/file", query="/some/file").response().body, b"")


class LifeTests(unittest.TestCase):
    def test_init_and_del_are_called_around_the_requests_while_the_loop_stands(self):
        for loop in ("auto", "asyncio"):
            with Front("rsgi_cases:lived", loop=loop) as front:
                self.assertEqual(front.ready()[1:3], (wire.FEATURE_WEB_SOCKETS, "rsgi"))
                self.assertEqual(front.get().body.decode(), repr(["begun %d" % front.process.pid, "works"]))
                self.assertEqual(front.stop(), (0, ""))
                self.assertEqual(front.stdout(), "cleaned up True\n")

    def test_init_that_raises_is_a_failed_start(self):
        with Front("rsgi_cases:init_fails") as front:
            reason, sentence, trace = front.failed()
            self.assertEqual(reason, wire.FAILURE_LIFESPAN_FAILED)
            self.assertEqual(sentence, "The application's __rsgi_init__ raised ValueError: no database.")
            self.assertIn("rsgi_cases.py", trace)
            self.assertNotIn("hydra_worker", trace)

    def test_del_that_raises_is_told_with_the_end(self):
        with Front("rsgi_cases:del_fails") as front:
            front.ready()
            front.get()
            self.assertEqual(front.stop(), (0, "The application's __rsgi_del__ raised ValueError: no way out."))

    def test_function_of_two_parameters_is_served_where_the_user_says_so(self):
        with Front("rsgi_cases:function", interface="rsgi") as front:
            self.assertEqual(front.ready()[2], "rsgi")
            self.assertEqual(front.get("/text").status, 201)

    def test_what_is_no_rsgi_application_is_refused(self):
        for name, sentence in (
            ("three", "is an asgi application, not rsgi; serve it with --interface asgi."),
            ("wsgi", "is a WSGI application; it cannot be served with --interface rsgi."),
            ("one", "has no __rsgi__, and does not take two arguments, scope and protocol"),
            ("nothing", "is not callable"),
        ):
            with self.subTest(name), Front("rsgi_cases:" + name, interface="rsgi") as front:
                _, found, _ = front.failed()
                self.assertIn(sentence, found)

    def test_granians_exceptions_are_caught_where_they_are_imported(self):
        from hydra_worker.rsgi import errors

        class Theirs(RuntimeError):
            pass

        module = type(sys)("granian.rsgi")
        module.ProtocolClosed = Theirs
        self.assertIs(type(errors.protocol_closed()), errors.RSGIProtocolClosed)
        sys.modules["granian.rsgi"] = module
        try:
            error = errors.protocol_closed()
            self.assertIsInstance(error, Theirs)
            self.assertIsInstance(error, errors.RSGIProtocolClosed)
            self.assertIs(type(errors.protocol_error("")), errors.RSGIProtocolError)
        finally:
            del sys.modules["granian.rsgi"]


if __name__ == "__main__":
    unittest.main()
