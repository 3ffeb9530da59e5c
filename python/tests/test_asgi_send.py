"""send() over the wire: bodies, credit, cancellation, many requests and links."""

import unittest

from tests.cases import HAS_UVLOOP, AsgiCase
from tests.fake_front import Front, wire


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
        for status, length in ((204, None), (205, None), (304, b"5")):
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


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopResponseTests(ResponseTests):
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


class BlockedLoopTests(unittest.TestCase):
    def test_response_does_not_wait_behind_a_request_that_blocks_the_loop(self):
        for loop in ("asyncio", "auto"):
            with self.subTest(loop), Front("asgi_cases:app", loop=loop) as front:
                front.ready()
                quick = [front.open("GET", "/scope", send=False) for _ in range(3)]
                blocks = front.open("GET", "/blocks", query="/nowhere/at/all", send=False)
                front.data[0].send(b"".join(exchange.frame for exchange in [*quick, blocks]))
                for exchange in quick:
                    self.assertEqual(exchange.response().status, 200)


class TransportTests(ResponseTests):
    """The transport for loops without readiness callbacks, which is to say for Windows, forced upon this one."""

    app = "with_transport:app"


if __name__ == "__main__":
    unittest.main()
