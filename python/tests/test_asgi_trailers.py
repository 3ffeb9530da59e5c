"""http.response.trailers, on asyncio and on trio."""

import json
import unittest

from tests.apps import trailer_cases as cases
from tests.cases import WorkerCase
from tests.fake_front import CONNECTION, wire

try:
    import trio  # noqa: F401

    HAS_TRIO = True
except ImportError:
    HAS_TRIO = False

SUM = [(b"X-Sum", b"7")]
OLD, NEW, SECOND = (CONNECTION.replace(b"1.1", version) for version in (b"1.0", b"1.1", b"2"))


class TrailerTests(WorkerCase):
    app = "trailer_cases:app"
    boot = {"loop": "asyncio"}

    def send(self, name, path="/sends", **options):
        return self.front.open("GET", path, query=name, **options).response()

    def test_trailers_end_the_response(self):
        response = self.send("one")
        self.assertEqual([frame.kind for frame in response.frames], [wire.RESPONSE, wire.TRAILERS])
        self.assertFalse(response.frames[0].end)
        self.assertEqual((response.body, response.trailers), (b"x", SUM))

    def test_several_messages_are_one_frame(self):
        response = self.send("several")
        self.assertEqual(response.body, b"xx")
        self.assertEqual(response.trailers, [*SUM, (b"x-sum", b""), (b"x", b"\xff")])
        self.assertEqual([frame.kind for frame in response.frames].count(wire.TRAILERS), 1)

    def test_no_fields_end_the_response_too(self):
        for name in ("none", "no_headers"):
            with self.subTest(name):
                response = self.send(name)
                self.assertEqual((response.body, response.trailers), (b"x", []))

    def test_what_the_head_says_stays(self):
        self.assertEqual(self.send("announced").header(b"trailer"), b"x-sum")
        response = self.send("length")
        self.assertEqual((response.header(b"content-length"), response.body, response.trailers), (b"1", b"x", SUM))

    def test_response_without_a_body_has_them_for_the_front(self):
        for name, options in (("one", {}), ("no_content", {})):
            with self.subTest(name):
                response = self.front.open("HEAD", "/sends", query=name, **options).response()
                self.assertEqual((response.body, response.trailers), (b"", SUM))

    def test_as_grpc_sends_them(self):
        response = self.send("grpc")
        self.assertEqual(response.body, b"\0\0\0\0\x01a")
        self.assertEqual(response.trailers, [(b"grpc-status", b"0"), (b"grpc-message", b"")])

    def test_body_that_needs_credit(self):
        response = self.send("large")
        self.assertEqual((len(response.body), response.trailers), (100_000, SUM))

    def test_body_that_is_longer_than_promised(self):
        response = self.send("longer")
        self.assertEqual((response.body, response.trailers), (b"x", SUM))

    def test_file_before_them_is_opened_first(self):
        exchange = self.front.open("GET", "/sends", query="path")
        self.assertEqual(exchange.expect(wire.RESPONSE).flags, wire.FLAG_FILE)
        self.front.get("/events")
        self.assertTrue(exchange.frames.empty())
        exchange.opened(3)
        self.assertEqual(exchange.response().trailers, SUM)

    def test_no_promise_is_a_response_as_any(self):
        response = self.send("false")
        self.assertEqual([(frame.kind, frame.end) for frame in response.frames], [(wire.RESPONSE, True)])

    def test_promise_that_is_not_kept_is_no_end(self):
        response = self.send("one", "/forgets")
        self.assertEqual((response.body, response.reset[0]), (b"x", wire.RESET_NO_RESPONSE))
        self.assertIn("without the trailers that it had promised", response.reset[1])

    def test_exception_before_them_is_no_end(self):
        response = self.send("one", "/raises")
        self.assertEqual((response.body, response.reset[0]), (b"x", wire.RESET_APPLICATION_ERROR))
        self.front.wait_log(lambda record: "before the trailers" in record.message)

    def test_each_broken_rule_raises_and_resets(self):
        for name, (_, words) in cases.BROKEN.items():
            with self.subTest(name):
                since = self.event_count()
                response = self.send(name, "/breaks")
                ((_, text),) = self.events(since)
                self.assertIn(words, text)
                if words != "after the response was complete":
                    self.assertEqual(response.reset, (wire.RESET_RULE_VIOLATION, text))

    def test_wrong_type_is_a_type_error(self):
        since = self.event_count()
        self.send("text", "/breaks")
        self.assertEqual(self.events(since)[0][0], "InvalidMessage")

    def test_others_may_come_after_those_that_broke_a_rule(self):
        self.assertEqual(self.send("cookie", "/corrects").trailers, SUM)

    def test_client_that_has_left_gets_none(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/waits", query="one")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.wait_event(since, "sent for nobody")
        self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)

    def test_client_that_only_listens_gets_them(self):
        exchange = self.front.open("GET", "/waits", query="one")
        exchange.expect(wire.RESPONSE)
        exchange.finish()
        self.assertEqual(exchange.response().trailers, SUM)

    def test_extension_is_there_where_trailers_arrive(self):
        name = "http.response.trailers"
        for connection, te, expected in (
            (SECOND, None, True),
            (SECOND, b"trailers", True),
            (NEW, None, False),
            (NEW, b"trailers", True),
            (NEW, b"gzip;q=0.5, Trailers", True),
            (NEW, b"gzip", False),
            (NEW, b"trailers2", False),
            (OLD, b"trailers", False),
        ):
            with self.subTest((connection, te)):
                headers = [(b"host", b"test"), (b"x-trailers", b"trailers")] + ([(b"te", te)] if te else [])
                found = json.loads(self.front.get("/extensions", connection=connection, headers=headers).body)
                self.assertEqual(name in found, expected)
                # Kestrel has no 103 but in HTTP/1.1.
                self.assertEqual("http.response.early_hint" in found, connection == NEW)


@unittest.skipUnless(HAS_TRIO, "trio is not installed")
class TrioTrailerTests(TrailerTests):
    boot = {"loop": "trio"}


if __name__ == "__main__":
    unittest.main()
