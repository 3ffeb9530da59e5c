"""WebSockets as ASGI has them: asgi/websocket.py."""

import unittest

from tests.cases import WorkerCase
from tests.fake_front import Front
from tests.fake_link import parse_headers, wire

SESSION = wire.FLAG_SESSION
TEXT = wire.FLAG_TEXT
MORE = wire.FLAG_MORE


class WebSocketTests(WorkerCase):
    app = "sockets:app"

    def open(self, path, **options):
        return self.front.open("GET", path, flags=SESSION, **options)

    def accepted(self, path, **options):
        exchange = self.open(path, **options)
        self.assertEqual(wire.unpack_accept(exchange.expect(wire.ACCEPT).payload), (b"", b""))
        return exchange

    def send(self, exchange, data, flags=0):
        self.front.data[0].send(wire.pack_data(exchange.id, flags, data))

    def close(self, exchange, code, reason=b""):
        self.front.data[0].send(wire.pack_close(exchange.id, 0, code, reason))

    def logged(self, text):
        return self.front.wait_log(lambda record: record.logger == "sockets" and text in record.message).message

    def wait_reset(self, exchange):
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)

    def test_messages_go_both_ways_and_parts_are_joined(self):
        exchange = self.accepted("/echo")
        for data, flags in ((b"bytes", 0), ("tëxt".encode(), TEXT), (b"", 0), (b"", TEXT)):
            self.send(exchange, data, flags)
            frame = exchange.expect(wire.DATA)
            self.assertEqual((frame.payload, frame.flags), (data, flags))
        text = "ü".encode()
        for part in (b"a" + text[:1], text[1:], b""):
            self.send(exchange, part, TEXT | MORE)
        self.send(exchange, b"b", TEXT)
        self.assertEqual(exchange.expect(wire.DATA).payload.decode(), "aüb")
        self.close(exchange, 4000, "bÿe".encode())
        self.assertIn("'code': 4000, 'reason': 'bÿe'", self.logged("4000"))
        self.wait_reset(exchange)

    def test_client_that_leaves_is_1006(self):
        exchange = self.accepted("/echo")
        exchange.cancel()
        self.assertIn("'code': 1006, 'reason': ''", self.logged("1006"))
        self.wait_reset(exchange)

    def test_what_came_before_the_close_is_received_before_it(self):
        exchange = self.open("/collects")
        frames = [wire.pack_data(exchange.id, 0, b"%d" % number) for number in range(3)]
        self.front.data[0].send(b"".join(frames) + wire.pack_close(exchange.id, 0, 1001, b"away"))
        exchange.expect(wire.ACCEPT)
        self.logged("[b'0', b'1', b'2', 1001]")

    def test_scope_subprotocol_and_close(self):
        headers = [(b"host", b"test"), (b"sec-websocket-protocol", b"one, two"), (b"sec-websocket-protocol", b"three")]
        exchange = self.open("/scope", headers=headers, query="a=b", connection=b"https\x001.1\x00c\x001\x00s\x002\x00")
        subprotocol, fields = wire.unpack_accept(exchange.expect(wire.ACCEPT).payload)
        self.assertEqual((subprotocol, parse_headers(fields)), (b"three", [(b"x-more", b"yes")]))
        scope = eval(exchange.expect(wire.DATA).payload.decode())
        self.assertEqual(
            {name: scope[name] for name in ("type", "scheme", "http_version", "path", "query_string", "subprotocols")},
            {
                "type": "websocket",
                "scheme": "wss",
                "http_version": "1.1",
                "path": "/scope",
                "query_string": b"a=b",
                "subprotocols": ["one", "two", "three"],
            },
        )
        self.assertEqual(scope["asgi"]["spec_version"], "2.5")
        self.assertEqual(scope["extensions"]["websocket.http.response"], {})
        self.assertNotIn("method", scope)
        self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (3001, b"enough"))
        self.assertIn("'reason': 'enough'", self.logged("3001"))
        self.assertIn("was sent after websocket.close", self.logged("sent after"))

    def test_close_before_accept_is_403(self):
        response = self.open("/refuses").response()
        self.assertEqual((response.status, response.body, response.reset), (403, b"", None))
        self.logged("websocket.connect")
        self.assertIn("'code': 1006", self.logged("websocket.disconnect"))

    def test_denial_response(self):
        response = self.open("/denies").response()
        self.assertEqual((response.status, response.headers, response.body), (401, [(b"x-why", b"no")], b"not you"))

    def test_failure_before_accept_is_an_answer_and_after_it_1011(self):
        self.assertEqual(self.open("/fails").response().reset, (wire.RESET_APPLICATION_ERROR, "ValueError"))
        exchange = self.accepted("/fails_later")
        self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (1011, b""))
        self.front.wait_log(lambda record: "after accept" in record.message)
        exchange = self.accepted("/returns")
        self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (1000, b""))

    def test_close_and_send_when_the_client_has_closed(self):
        exchange = self.accepted("/closes_what_is_closed")
        self.close(exchange, 1000)
        self.assertEqual(self.logged("disconnected"), "The client has disconnected.")
        self.wait_reset(exchange)

    def test_wrong_messages_are_refused(self):
        exchange = self.accepted("/wrong")
        texts = [exchange.expect(wire.DATA).payload.decode() for _ in range(3)]
        self.assertEqual(texts[0], "websocket.send must have bytes or text; it has None.")
        self.assertEqual(texts[1], "websocket.send must have bytes or text; it has 1.")
        self.assertEqual(texts[2], "'websocket.accept' was sent after websocket.accept.")

    def test_long_message_goes_in_parts_as_credit_comes(self):
        exchange = self.accepted("/sends_much")
        data = b""
        while True:
            frame = exchange.expect(wire.DATA)
            data += frame.payload
            exchange.window(len(frame.payload) + wire.DATA_COST)
            if not frame.flags & MORE:
                break
        self.assertEqual(data, b"x" * 300_000)
        self.assertEqual(exchange.expect(wire.DATA).payload.decode(), "ü" * 10)
        self.close(exchange, 1000)
        self.wait_reset(exchange)

    def test_client_that_takes_nothing_is_sent_no_more_than_the_window(self):
        exchange = self.accepted("/sends_for_ever")
        cost = 1000 + wire.DATA_COST
        for _ in range(Front.response_window // cost):
            exchange.expect(wire.DATA)
        self.assertEqual(self.front.get("/").body, b"http")
        self.assertTrue(exchange.frames.empty())
        exchange.window(cost)
        exchange.expect(wire.DATA)
        self.close(exchange, 1001)
        while exchange.next().kind != wire.RESET:
            pass

    def test_credit_comes_back_for_what_was_received(self):
        exchange = self.accepted("/echo")
        for number in range(3):
            # As much as there is credit, in parts and whole.
            self.send(exchange, bytes(61_000), MORE)
            self.send(exchange, bytes(5_000))
            got = granted = 0
            while got < 66_000 or granted < 66_000:
                frame = exchange.next()
                if frame.kind == wire.WINDOW:
                    granted += wire.unpack_window(frame.payload)[0]
                else:
                    got += len(frame.payload)
                    exchange.window(len(frame.payload) + wire.DATA_COST)
        exchange.cancel()


class WebSocketEndTests(unittest.TestCase):
    def opened(self, front, path="/echo"):
        exchange = front.open("GET", path, flags=SESSION)
        exchange.expect(wire.ACCEPT)
        return exchange

    def test_stop_closes_sessions_with_1012(self):
        with Front("sockets:app") as front:
            front.ready()
            exchange = self.opened(front)
            front.part(sessions=True)
            self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (1012, b""))
            front.stop()

    def test_worker_that_goes_lets_sessions_be_until_their_time_is_over(self):
        with Front("sockets:app") as front:
            front.ready()
            exchange = self.opened(front)
            front.part()
            front.data[0].send(wire.pack_data(exchange.id, 0, b"goes on"))
            self.assertEqual(exchange.expect(wire.DATA).payload, b"goes on")
            front.drain(0.2)
            self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (1012, b""))
            self.assertEqual(front.goodbye(), (0, ""))
            self.assertEqual(front.wait_exit(), 0)

    def test_wsgi_answers_as_any_request(self):
        with Front("wsgi_cases:app") as front:
            _, features, _, _, _ = front.ready()
            self.assertEqual(features & wire.FEATURE_WEB_SOCKETS, 0)
            self.assertEqual(front.open("GET", "/echo", flags=SESSION).response().status, 200)
            front.stop()


if __name__ == "__main__":
    unittest.main()
