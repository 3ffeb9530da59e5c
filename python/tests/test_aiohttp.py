"""Applications of aiohttp: hydra_worker/aiohttp, where aiohttp is installed."""

import gzip
import json
import os
import unittest

from tests.fake_front import APPS, Front, wire
from tests.fake_template import Forked, TemplateFront
from tests.session_cases import HTTP_2, SESSION, TEXT, SessionCase
from tests.test_frameworks import MULTIPART, FrameworkCase, installed, multipart_headers

HOST = (b"host", b"test")


class AiohttpCase(FrameworkCase, SessionCase):
    app = "framework_aiohttp:app"
    boot = {"loop": "asyncio"}

    def get(self, path, **options):
        options.setdefault("headers", [HOST])
        return super().get(path, **options)

    def events(self, since=0):
        return json.loads(self.get("/events").body)[since:]


@unittest.skipUnless(installed("aiohttp.web"), "aiohttp is not installed")
class AiohttpTests(AiohttpCase):
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
                "raw_path": "/show?a=%C3%A9&b=1",
                "query": {"a": "é", "b": "1"},
                "url": "https://example.org:81/show?a=%C3%A9&b=1",
                "remote": "10.0.0.9",
                "host": "example.org:81",
                "scheme": "https",
                "secure": True,
                "peername": ["10.0.0.9", 999],
                "version": [1, 1],
                "keep_alive": True,
                "cookies": {"one": "1", "two": "2"},
                "body_exists": False,
                "closing": False,
                "task": True,
            },
        )
        unix = json.loads(self.get("/show", connection=b"http\x001.0\0\0\0/run/s\0\0").body)
        self.assertEqual((unix["remote"], unix["version"], unix["keep_alive"]), ("", [1, 0], False))

    def test_responses(self):
        response = self.get("/")
        self.assertEqual((response.status, response.body), (200, b"hello from aiohttp"))
        self.assertEqual(response.header(b"x-middleware"), b"yes")
        self.assertEqual(len(response.frames), 1)
        self.assertEqual(self.get("/sub/inner").body, b"hello from aiohttp")
        self.assertEqual(self.get("/context").body, b"from the context")
        self.assertEqual(self.get("/missing").status, 404)
        self.assertEqual(self.front.post("/", b"", headers=[HOST]).status, 405)
        redirect = self.get("/teapot")
        self.assertEqual((redirect.status, redirect.header(b"x-tea")), (307, b"yes"))
        nothing = self.get("/nothing")
        self.assertEqual((nothing.status, nothing.body), (204, b""))
        big = self.get("/big")
        self.assertEqual((len(big.body), big.header(b":reason")), (3_000_000, b"Quite Big"))

    def test_streams(self):
        response = self.get("/stream")
        self.assertEqual((response.body, response.header(b"x-kind")), (b"part 0\npart 1\npart 2\n", b"stream"))
        self.assertIsNone(response.header(b"transfer-encoding"))
        compressed = self.get("/compressed", headers=[HOST, (b"accept-encoding", b"gzip")])
        self.assertEqual(compressed.header(b"content-encoding"), b"gzip")
        self.assertEqual(gzip.decompress(compressed.body), b"0123456789" * 50_000)

    def test_head_of_a_stream_leaves_before_its_body(self):
        exchange = self.front.open("GET", "/prepared", headers=[HOST])
        self.assertFalse(exchange.expect(wire.RESPONSE).end)
        self.get("/open")
        self.assertEqual(exchange.response().body, b"late")

    def test_files(self):
        with open(os.path.join(APPS, "framework_aiohttp.py"), "rb") as file:
            content = file.read()
        whole = self.get("/file")
        self.assertEqual(whole.body, content)
        part = self.get("/file", headers=[HOST, (b"range", b"bytes=3-40")])
        self.assertEqual((part.status, part.body), (206, content[3:41]))
        same = self.get("/file", headers=[HOST, (b"if-none-match", whole.header(b"etag") or b"*")])
        self.assertEqual((same.status, same.body), (304, b""))
        head = self.front.open("HEAD", "/file", headers=[HOST]).response()
        self.assertEqual((head.header(b"content-length"), head.body), (str(len(content)).encode(), b""))

    def test_bodies(self):
        headers = [HOST, (b"content-length", b"7")]
        self.assertEqual(self.front.post("/echo", b"content", headers=headers).body, b"content")
        self.assertEqual(self.send_in_parts("/echo", b"content", headers, 3).body, b"content")
        chunked = self.send_in_parts("/echo", b"content", [HOST, (b"transfer-encoding", b"chunked")], 3)
        self.assertEqual((chunked.body, chunked.header(b"x-chunked")), (b"content", b"True"))
        response = self.send_in_parts("/length", b"x" * 900_000, [HOST, (b"content-length", b"900000")])
        self.assertEqual(json.loads(response.body), {"length": 900_000})
        response = self.send_in_parts("/form", MULTIPART, multipart_headers())
        self.assertEqual(json.loads(response.body), {"field": "value", "size": 150_000, "name": "f.txt"})

    def test_compressed_body_is_decompressed(self):
        body = gzip.compress(os.urandom(200_000))
        headers = [HOST, (b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        self.assertEqual(self.send_in_parts("/echo", body, headers).body, gzip.decompress(body))
        self.assertEqual(self.front.post("/echo", b"no gzip", headers=headers).status, 500)

    def test_body_beyond_client_max_size_is_413(self):
        headers = [HOST, (b"content-length", b"600000")]
        response = self.send_in_parts("/echo", b"x" * 600_000, headers)
        self.assertEqual(response.status, 413)

    def test_body_that_nobody_reads_is_no_hindrance(self):
        exchange = self.front.open("POST", "/unread", headers=[HOST, (b"content-length", b"90000")], end=False)
        self.assertEqual(exchange.response().body, b"not read")

    def test_body_is_read_no_faster_than_its_handler_reads(self):
        exchange = self.front.open("POST", "/unread_for_long", headers=[HOST, (b"transfer-encoding", b"chunked")], end=False)
        credit, sent = self.front.request_window, 0
        while credit and sent < 2_000_000:
            while credit:
                size = min(credit, 16_384)
                exchange.body(b"x" * size)
                credit -= size
                sent += size
            # What the worker has granted before it answers this is here with the answer.
            self.get("/events")
            while not exchange.frames.empty():
                credit += wire.unpack_window(exchange.expect(wire.WINDOW).payload)[0]
        self.assertLess(sent, 1_000_000)
        self.get("/open")
        frame = exchange.next()
        while frame.kind == wire.WINDOW:
            frame = exchange.next()
        self.assertEqual(wire.unpack_response(frame.payload)[2], b"not read")

    def test_expect_continue_is_asked_for_by_the_handler(self):
        headers = [HOST, (b"expect", b"100-continue"), (b"content-length", b"4")]
        exchange = self.front.open("POST", "/echo", headers=headers, end=False, flags=wire.FLAG_EXPECT_CONTINUE)
        exchange.expect(wire.WINDOW)
        exchange.body(b"body", end=True)
        self.assertEqual(exchange.response().body, b"body")

    def test_errors(self):
        response = self.get("/error")
        self.assertEqual((response.status, response.body[:25]), (500, b"500 Internal Server Error"))
        self.front.wait_log(lambda record: record.logger == "aiohttp.server" and "in a handler" in record.message)
        self.assertEqual(self.get("/none").status, 500)
        for path in ("/error_late", "/error_prepared", "/short", "/hang_up"):
            with self.subTest(path):
                self.assertIsNotNone(self.front.get(path, headers=[HOST]).reset)

    def test_client_that_leaves(self):
        # aiohttp goes on by default; whoever writes hears of it.
        exchange = self.front.open("GET", "/endless", headers=[HOST])
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        self.wait_event(0, "endless: lost")
        self.front.ping()
        self.assertEqual([record for record in self.front.logs if "closing transport" in record.message], [])
        self.assertNotIn("endless: cancelled", self.events())
        slow = self.front.open("GET", "/slow", headers=[HOST])
        self.wait_event(0, "slow: began")
        slow.cancel()
        self.wait_event(0, "slow: saw it")
        self.assertEqual(slow.response().reset[0], wire.RESET_CANCELLED)

    def test_client_that_leaves_during_its_upload(self):
        headers = [HOST, (b"content-length", b"100")]
        exchange = self.front.open("POST", "/gate/a", headers=headers, end=False)
        exchange.body(b"some")
        self.wait_event(0, "first")
        exchange.cancel()
        self.wait_event(0, "ConnectionResetError")

    def test_client_that_only_waits_gets_the_answer(self):
        exchange = self.front.open("GET", "/slow", headers=[HOST])
        self.wait_event(0, "slow: began")
        exchange.finish()
        self.assertEqual(exchange.response().body, b"for nobody")

    def test_background_tasks(self):
        self.assertEqual(self.get("/background").body, b"answered")
        self.wait_event(0, "background")

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
        self.wait_event(0, ["ws", "chat", "mine"])
        self.send_text(exchange, "tëxt")
        frame = exchange.expect(wire.DATA)
        self.assertEqual((frame.payload.decode(), frame.flags), ("echo tëxt", TEXT))
        for size in (0, 200, 60_000):
            self.send(exchange, b"b" * size)
            frame = exchange.next()
            if frame.kind == wire.WINDOW:
                frame = exchange.next()
            self.assertEqual((frame.kind, frame.payload, frame.flags), (wire.DATA, b"b" * size, 0))
        self.close(exchange, 4000, b"bye")
        self.wait_event(0, ["ws over", 4000, "None"])
        self.wait_reset(exchange)

    def test_session_closed_by_the_application(self):
        exchange = self.accepted("/ws")
        self.send_text(exchange, "close")
        self.expect_close(exchange, 4001, b"asked for")
        self.wait_event(0, ["ws over", 4001, "None"])

    def test_session_whose_handler_raises_is_1011(self):
        exchange = self.accepted("/ws")
        self.send_text(exchange, "raise")
        self.expect_close(exchange, 1011)
        self.front.wait_log(lambda record: "in a session" in record.message)

    def test_session_whose_client_is_lost(self):
        exchange = self.accepted("/ws")
        exchange.cancel()
        self.wait_reset(exchange)

    def test_session_message_that_is_compressed_for_itself(self):
        exchange = self.accepted("/ws")
        self.send_text(exchange, "compressed")
        self.assertEqual(exchange.expect(wire.DATA).payload, b"c" * 1000)
        self.close(exchange, 1000)

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
        response = self.open_session("/ws_denied").response()
        self.assertEqual((response.status, response.body), (403, b"not you"))
        self.assertEqual(self.get("/ws").status, 426)

    def test_session_of_a_worker_that_is_to_go_is_1012(self):
        exchange = self.accepted("/ws")
        self.front.part(sessions=True)
        self.expect_close(exchange, 1012)
        self.wait_event(0, ["ws over", 1012, "None"])


class AiohttpUvloopTests(AiohttpTests):
    boot = {"loop": "auto"}


@unittest.skipUnless(installed("aiohttp.web"), "aiohttp is not installed")
class AiohttpLifeTests(unittest.TestCase):
    def test_signals_are_sent_in_their_order(self):
        with Front("framework_aiohttp:app") as front:
            self.assertEqual(front.ready()[:3], (0, wire.FEATURE_WEB_SOCKETS, "aiohttp"))
            # Its handler waits for what on_shutdown does: the signal comes before requests are waited for.
            stubborn = front.open("GET", "/stubborn", headers=[HOST])
            while "stubborn: began" not in json.loads(front.get("/events", headers=[HOST]).body):
                pass
            self.assertEqual(front.stop(), (0, ""))
            self.assertEqual(stubborn.response().status, 200)
            self.assertEqual(front.stdout(), "shutdown\ncontext: out\ncleanup\n")

    def test_factories(self):
        for app, options in (
            ("framework_aiohttp:make", {}),
            ("framework_aiohttp:make", {"factory": True}),
            ("framework_aiohttp:make_async", {}),
            ("framework_aiohttp:make_async", {"factory": True, "interface": "aiohttp"}),
            ("framework_aiohttp:make_runner", {}),
            ('framework_aiohttp:make_named("nobody")', {"factory": True}),
        ):
            with self.subTest(app, **options), Front(app, **options) as front:
                self.assertEqual(front.ready()[2], "aiohttp")
                self.assertEqual(front.get("/", headers=[HOST]).body, b"hello from aiohttp")
                self.assertEqual(front.stop(), (0, ""))

    def test_what_cannot_start(self):
        for app, options, reason, sentence in (
            ("framework_aiohttp:broken", {}, wire.FAILURE_LIFESPAN_FAILED, "failed to start: ValueError: no database"),
            ("framework_aiohttp:make_raises", {}, wire.FAILURE_FACTORY_RAISED, "raised KeyError: 'in the factory'"),
            ("framework_aiohttp:make_nothing", {}, wire.FAILURE_NOT_CALLABLE, "returned an instance of int"),
            ("wsgi_cases:app", {"interface": "aiohttp"}, wire.FAILURE_INTERFACE_MISMATCH, "is no web.Application"),
            ("framework_aiohttp:app", {"interface": "wsgi"}, wire.FAILURE_INTERFACE_MISMATCH, "with --interface aiohttp"),
        ):
            with self.subTest(app, **options), Front(app, **options) as front:
                found, message, trace = front.failed()
                self.assertEqual(found, reason, message)
                self.assertIn(sentence, message)
                if reason != wire.FAILURE_INTERFACE_MISMATCH and "make_nothing" not in app:
                    self.assertIn("Traceback", trace)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_workers(self):
        for app in ("framework_aiohttp:app", "framework_aiohttp:make_async"):
            with self.subTest(app), TemplateFront(app) as template:
                self.assertEqual(template.ready()[2], "aiohttp")
                with Forked(template, 0) as worker:
                    self.assertEqual(worker.ready()[2], "aiohttp")
                    self.assertEqual(worker.get("/", headers=[HOST]).body, b"hello from aiohttp")
                    worker.stop()
                template.drain()
                self.assertEqual(template.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main()
