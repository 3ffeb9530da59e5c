"""receive() over the wire: bodies, credit, disconnects."""

import json
import unittest

from tests.cases import HAS_UVLOOP, AsgiCase
from tests.fake_front import wire


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

    def test_client_that_has_finished_is_a_disconnect_and_gets_the_answer(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/answer_at_disconnect")
        self.wait_event(since, "waiting")
        exchange.finish()
        self.assertEqual(exchange.response().body, b"all the same")
        self.wait_event(since, {"type": "http.disconnect"})

    def test_disconnect_comes_behind_the_body(self):
        exchange = self.front.open("POST", "/messages", body=b"12", end=False)
        exchange.body(b"345")
        exchange.finish(is_complete=False)
        seen = json.loads(exchange.response().body)
        self.assertEqual(sum(size for kind, size, _ in seen if kind == "http.request"), 5)
        self.assertEqual(seen[-1][0], "http.disconnect")

    def test_application_that_ends_because_of_a_disconnect_has_not_failed(self):
        exchange = self.front.open("GET", "/return_at_disconnect")
        exchange.finish()
        self.assertEqual(exchange.response().reset, (wire.RESET_CANCELLED, ""))

    def test_cancel_wakes_a_receive_that_waits(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/wait_for_disconnect")
        self.wait_event(since, "waiting")
        exchange.cancel()
        seen = self.wait_event(since, "ClientDisconnected")
        self.assertEqual(seen, ["waiting", {"type": "http.disconnect"}, "ClientDisconnected"])
        self.assertEqual([record for record in self.front.logs if "ClientDisconnected" in record.message], [])
        self.assertEqual(exchange.response().reset, (wire.RESET_CANCELLED, ""))
        self.assertTrue(exchange.frames.empty())

    def test_what_came_of_a_body_is_delivered_before_the_disconnect(self):
        self.front.get("/make_gate", query="body")
        since = self.event_count()
        exchange = self.front.open("POST", "/disconnect_with_body_pending", body=b"inline", end=False)
        exchange.body(b"more")
        exchange.cancel()
        self.front.get("/open_gate", query="body")
        self.assertEqual(self.wait_event(since, "http.disconnect"), [["http.request", 10], "http.disconnect"])

    def test_no_body_is_delivered_once_the_front_has_given_up(self):
        self.front.get("/make_gate", query="body")
        since = self.event_count()
        exchange = self.front.open("POST", "/disconnect_with_body_pending", body=b"inline", end=False)
        exchange.cancel(wire.CANCEL_FRONT_ERROR)
        self.front.get("/open_gate", query="body")
        self.assertEqual(self.wait_event(since, "http.disconnect"), ["http.disconnect"])

    def test_concurrent_receives_lose_nothing(self):
        since = self.event_count()
        exchange = self.front.open("POST", "/concurrent_receive", end=False)
        for number in range(9):
            exchange.body(b"%d" % number)
        exchange.body(b"9", end=True)
        self.assertEqual(exchange.response().body, b"0123456789")
        self.wait_event(since, [False, True, False, False])


@unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
class UvloopRequestBodyTests(RequestBodyTests):
    boot = {"loop": "uvloop"}


if __name__ == "__main__":
    unittest.main()
