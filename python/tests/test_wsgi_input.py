"""wsgi.input, for bodies that arrive in every way."""

import json
import unittest

from tests.cases import WsgiCase
from tests.fake_front import wire


class InputTests(WsgiCase):
    TEXT = b"one\ntwo\n\nthree four\nlast"
    CALLS = (
        ("read", [TEXT.decode()]),
        ("read=-1", [TEXT.decode()]),
        ("read=4&read=0&read=3&read=100&read=5", ["one\n", "", "two", "\n\nthree four\nlast", ""]),
        (
            "readline&readline&readline&readline&readline&readline",
            ["one\n", "two\n", "\n", "three four\n", "last", ""],
        ),
        ("readline=2&readline=2&readline=2&readline=0&readline=100", ["on", "e\n", "tw", "", "o\n"]),
        ("readlines", [["one\n", "two\n", "\n", "three four\n", "last"]]),
        ("readlines=5&readlines", [["one\n", "two\n"], ["\n", "three four\n", "last"]]),
        ("iter&read", [["one\n", "two\n", "\n", "three four\n", "last"], ""]),
        ("readline&read=2&iter", ["one\n", "tw", ["o\n", "\n", "three four\n", "last"]]),
    )

    def test_reading_a_body_that_is_all_here(self):
        for calls, expected in self.CALLS:
            with self.subTest(calls):
                response = self.front.post("/reads", self.TEXT, query=calls)
                self.assertEqual(json.loads(response.body), expected)

    def test_reading_a_body_in_every_split(self):
        for calls, expected in self.CALLS:
            for at in range(len(self.TEXT) + 1):
                with self.subTest(calls, at=at):
                    exchange = self.front.open("POST", "/reads", query=calls, body=self.TEXT[:at], end=False)
                    for byte in self.TEXT[at:-1]:
                        exchange.body(bytes([byte]))
                    exchange.body(self.TEXT[max(at, len(self.TEXT) - 1) :], end=True)
                    self.assertEqual(json.loads(exchange.response().body), expected)

    def test_window_is_granted_as_the_application_reads(self):
        total = 10 * self.front.request_window
        exchange = self.front.open("POST", "/echo", end=False)
        credit = self.front.request_window
        sent = 0
        while sent < total:
            size = min(wire.MAX_BODY, credit, total - sent)
            exchange.body(b"x" * size, end=sent + size == total)
            sent += size
            credit -= size
            while credit == 0 and sent < total:
                credit += wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
        frames = [exchange.next()]
        while frames[0].kind == wire.WINDOW:
            frames = [exchange.next()]
        self.assertEqual(frames[0].kind, wire.RESPONSE)
        got = len(wire.unpack_response(frames[0].payload)[2])
        while not frames[-1].end:
            frames.append(exchange.next())
            got += len(frames[-1].payload)
            exchange.window(len(frames[-1].payload))
        self.assertEqual(got, total)

    def test_expect_continue_grants_at_the_first_read(self):
        exchange = self.front.open("POST", "/echo", end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        credit = wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
        self.assertEqual(credit, self.front.request_window)
        exchange.body(b"now", end=True)
        self.assertEqual(exchange.response().body, b"now")
        response = self.front.open("POST", "/single", end=False, flags=wire.FLAG_EXPECT_CONTINUE).response()
        self.assertEqual([frame.kind for frame in response.frames], [wire.RESPONSE])

    def test_client_that_leaves_in_its_body_raises(self):
        since = self.event_count()
        exchange = self.front.open("POST", "/read_or_event", end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        # Once the application reads; a request that is cancelled while it waits for a thread is never run.
        exchange.expect(wire.WINDOW)
        exchange.body(b"more")
        exchange.cancel()
        self.wait_event(since, "ClientDisconnected")
        # Nothing but that the thread is through with it.
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)
        self.assertTrue(exchange.frames.empty())
        self.front.ping()
        self.assertFalse([record for record in self.front.logs if "ClientDisconnected" in record.message])


    def test_body_ends_where_the_response_is_complete(self):
        for path, more in (("/drain_in_close", b"1234"), ("/drain_in_iteration", b""), ("/drain_in_thread", b"")):
            with self.subTest(path):
                since = self.event_count()
                exchange = self.front.open("POST", path, body=b"first", end=False)
                if more:
                    exchange.body(more)
                exchange.response()
                left = {"/drain_in_close": [0, 5, 9], "/drain_in_iteration": [0], "/drain_in_thread": [0, 5]}[path]
                while not self.events(since):
                    pass
                self.assertIn(self.events(since)[0], [["drained", size] for size in left])

    def test_reading_while_another_thread_waits_for_credit(self):
        since = self.event_count()
        exchange = self.front.open("POST", "/drain_in_thread", query="8", body=b"first", end=False)
        self.assertEqual(len(exchange.response().body), 8 * 65536)
        self.wait_event(since, ["drained", 5])


class ThreadsInputTests(InputTests):
    boot = {"threads": 4}


if __name__ == "__main__":
    unittest.main()
