"""Applications of tornado: hydra_worker/tornado, where tornado is installed."""

import gzip
import json
import os
import unittest

from tests.fake_front import Front, wire
from tests.fake_template import Forked, TemplateFront
from tests.session_cases import HTTP_2, MORE, SESSION, TEXT, SessionCase
from tests.test_frameworks import MULTIPART, FrameworkCase, installed, multipart_headers

HOST = (b"host", b"test")


def tornado_version():
    import tornado

    return tornado.version_info


class TornadoCase(FrameworkCase, SessionCase):
    app = "framework_tornado:app"
    boot = {"loop": "asyncio"}

    def get(self, path, **options):
        options.setdefault("headers", [HOST])
        return super().get(path, **options)

    def events(self, since=0):
        return json.loads(self.get("/events").body)[since:]


@unittest.skipUnless(installed("tornado.web"), "tornado is not installed")
class TornadoTests(TornadoCase):
    def test_request_is_what_came(self):
        shown = json.loads(
            self.get(
                "/show",
                query="a=%C3%A9&b=1",
                headers=[(b"host", b"example.org:81"), (b"cookie", b"one=1; two=2")],
                connection=b"https\x001.1\x0010.0.0.9\x00999\x00127.0.0.1\x008000\x00",
            ).body
        )
        self.assertEqual(
            shown,
            {
                "path": "/show",
                "uri": "/show?a=%C3%A9&b=1",
                "arguments": {"a": ["é"], "b": ["1"]},
                "url": "https://example.org:81/show?a=%C3%A9&b=1",
                "remote": "10.0.0.9",
                "host": "example.org:81",
                "protocol": "https",
                "version": "HTTP/1.1",
                "cookies": {"one": "1", "two": "2"},
                "closed": False,
                "body": 0,
            },
        )
        unix = json.loads(self.get("/show", connection=b"http\x001.0\0\0\0/run/s\0\0").body)
        self.assertEqual((unix["remote"], unix["version"]), ("0.0.0.0", "HTTP/1.0"))

    def test_responses(self):
        response = self.get("/")
        self.assertEqual((response.status, response.body), (200, b"hello from tornado"))
        self.assertEqual(response.header(b"set-cookie"), b"seen=yes; Path=/")
        self.assertEqual(len(response.frames), 1)
        self.wait_event(0, "on_finish")
        same = self.get("/", headers=[HOST, (b"if-none-match", response.header(b"etag") or b"*")])
        self.assertEqual((same.status, same.body), (304, b""))
        head = self.front.open("HEAD", "/static/file.txt", headers=[HOST]).response()
        self.assertEqual((head.status, head.header(b"content-length"), head.body), (200, b"110000", b""))
        for status, reason in (("204", None), ("302", None), ("299", b"Quite Good"), ("418", b"For a Reason")):
            with self.subTest(status):
                response = self.get("/status/" + status)
                self.assertEqual((response.status, response.header(b":reason")), (int(status), reason))
        self.assertEqual(self.get("/missing").status, 404)
        self.assertEqual(self.front.open("OPTIONS", "/", headers=[HOST]).response().status, 405)
        compressed = self.get("/static/file.txt", headers=[HOST, (b"accept-encoding", b"gzip")])
        self.assertEqual(gzip.decompress(compressed.body), b"of tornado " * 10_000)

    def test_files(self):
        self.assertEqual(self.get("/static/file.txt").body, b"of tornado " * 10_000)
        part = self.get("/static/file.txt", headers=[HOST, (b"range", b"bytes=3-12")])
        self.assertEqual((part.status, part.body), (206, b"tornado of"))

    def test_xsrf(self):
        page = self.get("/xsrf")
        cookie = (page.header(b"set-cookie") or b"").split(b";")[0]
        headers = [HOST, (b"cookie", cookie), (b"content-length", b"0")]
        self.assertEqual(self.front.post("/xsrf", b"", headers=headers).status, 403)
        headers.append((b"x-xsrftoken", page.body))
        self.assertEqual(self.front.post("/xsrf", b"", headers=headers).body, b"posted")

    def test_streams(self):
        response = self.get("/stream")
        self.assertEqual(response.body, b"part 0\npart 1\npart 2\n")
        self.assertIsNone(response.header(b"transfer-encoding"))
        self.assertEqual(self.get("/unflushed").body, b"y" * 3_000_000)

    def test_stream_waits_for_credit(self):
        exchange = self.front.open("GET", "/big", headers=[HOST])
        total = 0
        while total < 3_000_000:
            frame = exchange.next()
            data = wire.unpack_response(frame.payload)[2] if frame.kind == wire.RESPONSE else frame.payload
            total += len(data)
            if total < self.front.response_window:
                self.assertNotIn("big: written", self.events())
            if not frame.end:
                exchange.window(len(data))
        self.wait_event(0, "big: written")

    def test_head_of_a_stream_leaves_before_its_body(self):
        exchange = self.front.open("GET", "/prepared", headers=[HOST])
        self.assertFalse(exchange.expect(wire.RESPONSE).end)
        self.get("/open/prepared")
        self.assertEqual(exchange.response().body, b"late")

    def test_bodies(self):
        headers = [HOST, (b"content-length", b"7")]
        self.assertEqual(self.front.post("/echo", b"content", headers=headers).body, b"content")
        self.assertEqual(self.send_in_parts("/echo", b"content", headers, 3).body, b"content")
        chunked = [HOST, (b"transfer-encoding", b"chunked")]
        self.assertEqual(self.send_in_parts("/echo", b"content", chunked, 3).body, b"content")
        response = self.send_in_parts("/form", MULTIPART, multipart_headers())
        self.assertEqual(json.loads(response.body), {"field": "value", "size": 150_000, "name": "f.txt"})

    def upload(self, query="", flags=0, end=False):
        headers = [HOST, (b"transfer-encoding", b"chunked")]
        return self.front.open("PUT", "/upload", query=query, headers=headers, flags=flags, end=end)

    def test_upload_in_pieces(self):
        exchange = self.upload()
        credit = self.front.request_window
        for _ in range(40):
            while credit < 16_384:
                credit += wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
            credit -= 16_384
            exchange.body(b"x" * 16_384)
        exchange.body(b"", end=True)
        frame = exchange.next()
        while frame.kind == wire.WINDOW:
            frame = exchange.next()
        self.assertEqual(json.loads(wire.unpack_response(frame.payload)[2]), {"length": 40 * 16_384})

    def test_upload_beyond_its_maximum_is_413(self):
        exchange = self.upload("max=1000")
        exchange.body(b"x" * 1001)
        self.assertEqual(exchange.response().status, 413)

    def test_upload_that_is_answered_early(self):
        exchange = self.upload("early=1")
        exchange.body(b"x")
        response = exchange.response()
        self.assertEqual((response.status, response.body), (403, b"enough"))

    def test_upload_whose_client_leaves(self):
        exchange = self.upload()
        exchange.body(b"x")
        self.wait_event(0, "first piece")
        exchange.cancel()
        self.wait_event(0, "upload: closed")

    def test_expect_continue_is_asked_for(self):
        headers = [HOST, (b"expect", b"100-continue"), (b"content-length", b"4")]
        exchange = self.front.open("POST", "/echo", headers=headers, end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        exchange.expect(wire.WINDOW)
        exchange.body(b"body", end=True)
        self.assertEqual(exchange.response().body, b"body")

    def test_errors(self):
        self.assertEqual(self.get("/status/500").status, 500)
        self.front.wait_log(lambda record: record.logger == "tornado.application" and "in a handler" in record.message)
        self.front.wait_log(lambda record: record.logger == "tornado.access" and record.message.startswith("500 GET"))
        self.assertEqual([record for record in self.front.logs if record.message.startswith("200 GET")], [])
        for path in ("/status/short", "/status/hangup", "/status/detach", "/status/cut"):
            with self.subTest(path):
                self.assertIsNotNone(self.front.get(path, headers=[HOST]).reset)
        if tornado_version() >= (6, 5):
            self.assertEqual(self.front.get("/", headers=[(b"host", b"no host")]).status, 400)

    def test_client_that_leaves(self):
        exchange = self.front.open("GET", "/endless", headers=[HOST])
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.wait_event(0, "endless: closed")
        # What does not look for its client goes on.
        waits = self.front.open("GET", "/waits/left", headers=[HOST])
        self.wait_event(0, "waits: left")
        waits.cancel()
        self.wait_event(0, "closed: left")
        self.get("/open/left")
        self.wait_event(0, "done: left")
        self.assertEqual(waits.response().reset[0], wire.RESET_CANCELLED)

    def test_client_that_only_waits_gets_the_answer(self):
        exchange = self.front.open("GET", "/waits/half", headers=[HOST])
        self.wait_event(0, "waits: half")
        exchange.finish()
        self.wait_event(0, "closed: half")
        self.get("/open/half")
        self.assertEqual(exchange.response().body, b"waited")

    # ---- sessions

    def test_session_without_the_fields_of_http_1_1_is_one(self):
        # As one over HTTP/2 comes (RFC 8441, section 5).
        exchange = self.front.open("GET", "/ws", flags=SESSION, headers=[(b"host", b"test"), (b"sec-websocket-version", b"13")], connection=HTTP_2)
        exchange.expect(wire.ACCEPT)
        self.send_text(exchange, "text")
        self.assertEqual(exchange.expect(wire.DATA).payload, b"echo text")

    def test_session_messages_go_both_ways(self):
        exchange = self.open_session("/ws", (b"sec-websocket-protocol", b"none, chat"), (b"x-own", b"mine"))
        subprotocol, block = wire.unpack_accept(exchange.expect(wire.ACCEPT).payload)
        self.assertEqual(subprotocol, b"chat")
        self.assertNotIn(b"permessage-deflate", block)
        self.wait_event(0, ["open", "chat", "mine"])
        self.send_text(exchange, "tëxt")
        frame = exchange.expect(wire.DATA)
        self.assertEqual((frame.payload.decode(), frame.flags), ("echo tëxt", TEXT))
        for data in (b"", b"b" * 60_000):
            self.send(exchange, data)
            frame = exchange.next()
            if frame.kind == wire.WINDOW:
                frame = exchange.next()
            self.assertEqual((frame.kind, frame.payload, frame.flags), (wire.DATA, data, 0))
        self.send_text(exchange, "dictionary")
        self.assertEqual(exchange.expect(wire.DATA).payload, b'{"a": 1}')
        self.send_text(exchange, "ping")
        self.wait_event(0, "pong data")
        self.close(exchange, 4000, b"bye")
        self.wait_event(0, ["on_close", 4000, "bye"])
        self.wait_reset(exchange)

    def test_session_messages_are_handled_one_after_the_other_and_before_the_close(self):
        exchange = self.accepted("/ws")
        for text in ("wait", "a", "b"):
            self.send_text(exchange, text)
        self.get("/open/socket")
        self.assertEqual([exchange.expect(wire.DATA).payload for _ in range(3)], [b"waited", b"echo a", b"echo b"])
        self.close(exchange, 4002)
        self.wait_event(0, ["on_close", 4002, None])

    def test_session_closed_by_the_application(self):
        exchange = self.accepted("/ws")
        self.send_text(exchange, "close")
        self.expect_close(exchange, 4001, b"asked for")
        self.wait_event(0, ["on_close", 4001, "asked for"])

    def test_session_whose_handler_raises_is_1011(self):
        exchange = self.accepted("/ws")
        self.send_text(exchange, "raise")
        self.expect_close(exchange, 1011)
        self.front.wait_log(lambda record: "in a session" in record.message)

    def test_session_whose_client_is_lost(self):
        exchange = self.accepted("/ws")
        exchange.cancel()
        self.wait_event(0, ["on_close", None, None])
        self.wait_reset(exchange)

    def test_session_message_that_is_too_big_is_1009(self):
        exchange = self.accepted("/ws")
        self.send(exchange, b"b" * 60_000, MORE)
        self.send(exchange, b"b" * 60_000)
        frame = exchange.next()
        while frame.kind == wire.WINDOW:
            frame = exchange.next()
        self.assertEqual(wire.unpack_close(frame.payload)[0], 1009)

    def test_session_that_sends_much_waits_for_credit(self):
        exchange = self.accepted("/ws")
        self.send_text(exchange, "flood")
        total = 0
        while total < 2_000_000:
            frame = exchange.expect(wire.DATA)
            total += len(frame.payload)
            if total < self.front.response_window:
                self.assertNotIn("flooded", self.events())
            exchange.window(len(frame.payload) + wire.DATA_COST)
        self.wait_event(0, "flooded")
        self.close(exchange, 1000)

    def test_session_that_is_denied(self):
        self.assertEqual(self.open_session("/guarded").response().status, 403)
        self.assertEqual(self.open_session("/ws", (b"origin", b"http://elsewhere")).response().status, 403)
        self.assertEqual(self.get("/ws").status, 400)

    def test_session_of_a_worker_that_is_to_go_is_1012(self):
        exchange = self.accepted("/ws")
        self.front.part(sessions=True)
        self.expect_close(exchange, 1012)
        self.wait_event(0, ["on_close", 1012, None])


class TornadoUvloopTests(TornadoTests):
    boot = {"loop": "auto"}


@unittest.skipUnless(installed("tornado.web"), "tornado is not installed")
class TornadoLifeTests(unittest.TestCase):
    def test_factories(self):
        for app, options in (
            ("framework_tornado:app", {"interface": "tornado"}),
            ("framework_tornado:make", {"factory": True}),
            ("framework_tornado:make_async", {}),
            ("framework_tornado:make_async", {"factory": True, "interface": "tornado"}),
        ):
            with self.subTest(app, **options), Front(app, **options) as front:
                self.assertEqual(front.ready()[:3], (0, wire.FEATURE_WEB_SOCKETS, "tornado"))
                self.assertEqual(front.get("/", headers=[HOST]).body, b"hello from tornado")
                self.assertEqual(front.stop(), (0, ""))

    def test_overdue_request_is_cancelled_with_its_handler(self):
        with Front("framework_tornado:app", interruptible=True) as front:
            front.ready()
            exchange = front.open("GET", "/waits/never", headers=[HOST])
            while "waits: never" not in json.loads(front.get("/events", headers=[HOST]).body):
                pass
            exchange.cancel(wire.CANCEL_TIMEOUT)
            self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
            record = front.wait_log(lambda record: "Its task is here" in record.message)
            self.assertIn("GET /waits/never", record.message)
            self.assertIn("framework_tornado.py", record.message)
            front.get("/open/never", headers=[HOST])
            self.assertNotIn("done: never", json.loads(front.get("/events", headers=[HOST]).body))
            self.assertEqual(front.stop(), (0, ""))

    def test_autoreload_leaves_the_worker_alone(self):
        with Front("framework_tornado:watched") as front:
            front.ready()
            self.assertEqual(front.get("/modified", headers=[HOST]).body, b"still here")
            self.assertEqual(front.stop(), (0, ""))

    def test_what_cannot_start(self):
        for app, interface, sentence in (
            ("wsgi_cases:app", "tornado", "is no tornado.web.Application"),
            ("framework_tornado:app", "asgi", "with --interface tornado"),
        ):
            with self.subTest(app), Front(app, interface=interface) as front:
                found, message, _ = front.failed()
                self.assertEqual(found, wire.FAILURE_INTERFACE_MISMATCH, message)
                self.assertIn(sentence, message)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_workers(self):
        with TemplateFront("framework_tornado:app") as template:
            self.assertEqual(template.ready()[2], "tornado")
            with Forked(template, 0) as worker:
                self.assertEqual(worker.ready()[2], "tornado")
                self.assertEqual(worker.get("/", headers=[HOST]).body, b"hello from tornado")
                worker.stop()
            template.drain()
            self.assertEqual(template.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main()
