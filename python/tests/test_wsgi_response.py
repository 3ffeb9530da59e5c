"""start_response(), write(), the iterable and its close(), with one thread and with several."""

import unittest

from tests.apps import wsgi_cases as cases
from tests.cases import WsgiCase
from tests.fake_front import wire


class ResponseTests(WsgiCase):
    def test_lists_leave_in_one_frame(self):
        for path, body in (
            ("/single", b"one piece"),
            ("/tuple_of_many", b"one two three"),
            ("/empty_list", b""),
        ):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual(
                    [(frame.kind, frame.end) for frame in response.frames], [(wire.RESPONSE, True)]
                )
                self.assertEqual(response.body, body)

    def test_generator_may_call_start_response_late(self):
        response = self.front.get("/generator")
        self.assertEqual((response.status, response.body), (201, b"first second"))
        sizes = [len(frame.payload) for frame in response.frames[1:]]
        self.assertEqual(sizes, [6, 0])

    def test_each_piece_leaves_before_the_next_is_asked_for(self):
        if self.boot.get("threads", 1) == 1:
            self.skipTest("nobody could open the gate")
        self.front.get("/make_gate", query="slow")
        exchange = self.front.open("GET", "/slow_generator")
        head = exchange.expect(wire.RESPONSE)
        self.assertEqual(wire.unpack_response(head.payload)[2], b"early")
        self.front.get("/open_gate", query="slow")
        self.assertEqual(exchange.response().body, b"late")

    def test_client_that_has_finished_is_told_of_and_gets_the_answer(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/until_client_disconnected")
        if self.boot.get("threads", 1) > 1:
            self.wait_events(since, [["asked", False]])
        exchange.finish()
        self.assertEqual(exchange.response().body, b"gone")

    def test_known_length_ends_with_the_last_piece(self):
        response = self.front.get("/known_length")
        self.assertEqual(response.body, b"abcdef")
        self.assertEqual(
            [(frame.kind, frame.end) for frame in response.frames],
            [(wire.RESPONSE, False), (wire.BODY, True)],
        )

    def test_close_is_called_once(self):
        since = self.event_count()
        self.assertEqual(self.front.get("/iterable_with_close").body, b"ab")
        self.wait_events(since, ["closed 1"])

    def test_close_that_raises_is_logged(self):
        since = self.event_count()
        response = self.front.get("/close_raises")
        self.assertEqual((response.body, response.reset), (b"ab", None))
        self.front.wait_log(lambda record: "in close" in record.message)
        self.wait_events(since, ["closed 1"])

    def test_iteration_that_raises_closes_and_resets(self):
        for path, kinds in (
            ("/iteration_raises", [wire.RESET]),
            ("/iteration_raises_late", [wire.RESPONSE, wire.RESET]),
        ):
            since = self.event_count()
            response = self.front.get(path)
            self.assertEqual([frame.kind for frame in response.frames], kinds)
            self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
            self.wait_events(since, ["closed 1"])

    def test_application_that_raises_is_logged_once_and_reset(self):
        for path in ("/raises", "/raises_held", "/raises_system_exit"):
            with self.subTest(path):
                response = self.front.get(path)
                self.assertEqual([frame.kind for frame in response.frames], [wire.RESET])
                self.assertEqual(response.reset[0], wire.RESET_APPLICATION_ERROR)
                function = "in " + path[1:] + "\n"
                record = self.front.wait_log(lambda record: function in record.message)
                lines = record.message.splitlines()
                self.assertEqual(lines[0], "Exception in WSGI application")
                self.assertIn("wsgi_cases.py", lines[2])
                self.assertNotIn("hydra_worker", record.message)
                self.front.ping()
                self.assertEqual(sum(function in other.message for other in self.front.logs), 1)

    def test_write_sends_at_once(self):
        response = self.front.get("/write")
        self.assertEqual(response.body, b"written twice and returned")
        kinds = [(frame.kind, frame.end) for frame in response.frames]
        self.assertEqual(kinds, [(wire.RESPONSE, False), (wire.BODY, False), (wire.BODY, True)])

    def test_large_body_stops_where_the_credit_ends(self):
        window = self.front.response_window
        size = 64 * 1024 + 3 * window + 1
        exchange = self.front.open("GET", "/large", query=str(size))
        body = wire.unpack_response(exchange.expect(wire.RESPONSE).payload)[2]
        while len(body) < wire.MAX_BODY + window:
            body += exchange.expect(wire.BODY).payload
        self.assertEqual(len(body), wire.MAX_BODY + window)
        exchange.window(1)
        frame = exchange.expect(wire.BODY)
        self.assertEqual(len(frame.payload), 1)
        exchange.window(10 * window)
        rest = exchange.response(grant=False)
        self.assertEqual(body + frame.payload + rest.body, (b"0123456789abcdef" * (size // 16 + 1))[:size])

    def test_cancel_stops_an_endless_response_and_closes_it(self):
        for grant in (True, False):
            since = self.event_count()
            exchange = self.front.open("GET", "/endless")
            got = 0
            while got < self.front.response_window:
                frame = exchange.next()
                got += len(frame.payload)
                if grant and frame.kind == wire.BODY:
                    exchange.window(len(frame.payload))
            exchange.cancel()
            self.wait_event(since, "closed 1")
            self.front.ping()
            self.assertFalse([record for record in self.front.logs if "ClientDisconnected" in record.message])

    def test_error_page_replaces_what_was_not_sent(self):
        response = self.front.get("/error_page")
        self.assertEqual((response.status, response.body), (500, b"error page"))
        # The phrase is the application's own, and of the page that was sent.
        self.assertEqual(response.headers, [(b":reason", b"Oops"), (b"X-Error", b"1")])

    def test_error_page_too_late_raises_the_error(self):
        since = self.event_count()
        response = self.front.get("/error_page_too_late")
        self.assertEqual([frame.kind for frame in response.frames], [wire.RESPONSE, wire.RESET])
        self.assertEqual(response.reset, (wire.RESET_APPLICATION_ERROR, "KeyError"))
        self.wait_events(since, ["calling"])

    def test_file_wrapper_is_read_in_blocks_and_closed(self):
        for size in (0, 10, 65536, 300_000):
            since = self.event_count()
            response = self.front.get("/file_wrapper", query=str(size))
            self.assertEqual(response.body, b"f" * size)
            self.assertTrue(all(len(frame.payload) <= wire.MAX_BODY + 100 for frame in response.frames))
            self.wait_events(since, ["file closed"])

    def test_file_wrapper_of_what_cannot_be_closed(self):
        self.assertEqual(self.front.get("/file_wrapper_without_close").body, b"ab")

    def test_file_wrapper_behind_middleware(self):
        self.assertEqual(self.front.get("/wrapped_file_wrapper").body, b"x" * 20)

    def test_responses_without_body(self):
        since = self.event_count()
        for method, status, length in (
            ("HEAD", "200", b"5"),
            ("GET", "204", None),
            ("GET", "205", None),
            ("GET", "304", b"5"),
        ):
            response = self.front.open(method, "/special_status", query=status).response()
            self.assertEqual((response.status, response.body, response.reset), (int(status), b"", None))
            self.assertEqual(response.header(b"content-length"), length)
            self.assertEqual(response.header(b"x-a"), b"b")
        self.wait_events(since, ["closed 1"] * 4)

    def test_hop_by_hop_headers_are_dropped_with_one_warning(self):
        for name in ("Connection", "Connection", "connection"):
            response = self.front.get("/hop_by_hop", query=name)
            self.assertEqual((response.headers, response.body), ([(b"X-Kept", b"yes")], b"x"))
        self.front.ping()
        warnings = [record.message for record in self.front.logs if record.level == wire.LOG_WARNING]
        for name in ("Connection", "Transfer-Encoding"):
            self.assertEqual(
                [message for message in warnings if name.lower() in message.lower()],
                [f"The WSGI application sets the header {name}, which belongs to the server: dropped"],
            )

    def test_headers_are_latin1_and_may_repeat(self):
        response = self.front.get("/latin")
        self.assertEqual(
            response.headers, [(b"X-Name", b"caf\xe9"), (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")]
        )

    def test_each_broken_rule_resets(self):
        for name in cases.BROKEN:
            with self.subTest(name):
                response = self.front.get("/breaks", query=name)
                # Where the thread was late for the one before it may have been given back first.
                self.assertEqual({frame.kind for frame in response.frames}, {wire.RESET}, response.body)
                reason = wire.RESET_NO_RESPONSE if name == "no_start" else wire.RESET_RULE_VIOLATION
                self.assertEqual(response.reset[0], reason, response.reset)

    def test_rules_broken_after_the_head(self):
        response = self.front.get("/shorter_late")
        self.assertEqual(response.reset[0], wire.RESET_RULE_VIOLATION)
        self.assertEqual(self.front.get("/write_text").reset[0], wire.RESET_RULE_VIOLATION)

    def test_what_is_longer_than_promised_is_cut_and_closed(self):
        for path, body in (("/longer_late", b"some"), ("/longer_list", b"som"), ("/longer_iterable", b"some")):
            with self.subTest(path):
                since = self.event_count()
                response = self.front.get(path)
                self.assertEqual((response.body, response.reset), (body, None))
                if path == "/longer_iterable":
                    # It is not asked for its third piece.
                    self.wait_events(since, ["closed 1"])
        self.front.wait_log(
            lambda record: record.level == wire.LOG_WARNING and "longer than its Content-Length" in record.message
        )

    def test_write_past_what_was_promised_raises(self):
        response = self.front.get("/longer_write")
        self.assertEqual((response.body, response.reset), (b"some", None))
        self.front.wait_log(lambda record: "RuleViolation" in record.message and "longer" in record.message)

    def test_errors_stream_is_standard_error(self):
        self.front.get("/errors_stream")
        while b"a line\n" not in self.front.output["err"]:
            self.front.ping()
        self.assertIn(b"written to wsgi.errors\n", self.front.output["err"])

    def test_many_requests_in_one_write(self):
        exchanges = [
            self.front.open("GET", "/environ", query=str(number), send=False) for number in range(300)
        ]
        self.front.data[0].send(b"".join(exchange.frame for exchange in exchanges))
        for number, exchange in enumerate(exchanges):
            body = exchange.response(again=True).body
            self.assertIn('"QUERY_STRING": "%d"' % number, body.decode())

    def test_mixture_of_all_kinds_at_once(self):
        sent = []
        for number in range(120):
            kind = number % 4
            if kind == 0:
                sent.append((self.front.open("GET", "/single"), b"one piece"))
            elif kind == 1:
                exchange = self.front.open("POST", "/echo", body=b"a" * number, end=False)
                sent.append((exchange, b"a" * number + b"b"))
            elif kind == 2:
                sent.append((self.front.open("GET", "/large", query="100000"), b"0123456789abcdef" * 6250))
            else:
                sent.append((self.front.open("GET", "/generator"), b"first second"))
        for exchange, expected in sent:
            if expected[-1:] == b"b":
                exchange.body(b"b", end=True)
        for exchange, expected in sent:
            self.assertEqual(exchange.response(again=True).body, expected)


class ThreadsResponseTests(ResponseTests):
    boot = {"threads": 4}


class LinksResponseTests(ResponseTests):
    boot = {"threads": 3, "data_links": 2}

    def test_both_links_serve(self):
        for _ in range(3):
            for link in (0, 1):
                self.assertEqual(self.front.get("/generator", link=link).status, 201)


if __name__ == "__main__":
    unittest.main()
