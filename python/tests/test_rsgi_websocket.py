"""RSGI 1.6: WebSockets."""

import unittest

from tests.fake_link import wire
from tests.test_rsgi import RsgiCase

CLOSED = "RSGIProtocolClosed: The client has disconnected."


class RsgiWebSocketTests(RsgiCase):
    def open(self, path, query=""):
        return self.front.open("GET", path, query=query, flags=wire.FLAG_SESSION)

    def accepted(self, path, query=""):
        exchange = self.open(path, query)
        self.assertEqual(wire.unpack_accept(exchange.expect(wire.ACCEPT).payload), (b"", b""))
        return exchange

    def send(self, exchange, data, flags=0):
        self.front.data[0].send(wire.pack_data(exchange.id, flags, data))

    def close(self, exchange, code):
        self.front.data[0].send(wire.pack_close(exchange.id, 0, code, b""))

    def seen(self, text):
        return len([record for record in self.front.logs if text in record.message])

    def code_of(self, exchange):
        return wire.unpack_close(exchange.expect(wire.CLOSE).payload)[0]

    def test_messages_go_both_ways_until_the_client_closes(self):
        exchange = self.accepted("/echo")
        for data, flags in ((b"bytes", 0), ("tëxt".encode(), wire.FLAG_TEXT), (b"", 0), (b"", wire.FLAG_TEXT)):
            self.send(exchange, data, flags)
            frame = exchange.expect(wire.DATA)
            self.assertEqual((frame.payload, frame.flags), (data, flags))
        self.close(exchange, 1000)
        self.logged("closed: None")
        self.logged(CLOSED)
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)

    def test_client_that_is_lost_raises(self):
        exchange = self.accepted("/lost")
        exchange.cancel()
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)
        self.logged(CLOSED)
        self.assertEqual(self.seen("in lost"), 0)

    def test_close_before_accept_is_a_status(self):
        for query, status in (("", 403), ("404", 404)):
            self.assertEqual(self.open("/refuses", query).response().status, status)
        self.logged("RSGIProtocolError: The WebSocket was accepted or closed already.")

    def test_close_after_accept_has_the_code_or_is_1000(self):
        for query, code in (("", 1000), ("4002", 4002), ("1006", 1000), ("200", 1000)):
            exchange = self.accepted("/closes", query)
            self.assertEqual(exchange.expect(wire.DATA).payload, b"ws")
            self.assertEqual(self.code_of(exchange), code)
        self.logged("RSGIProtocolError: The WebSocket was closed already.")

    def test_application_that_returns_or_raises_closes(self):
        for path, code in (("/closes", 1000), ("/raises_accepted", 1011)):
            exchange = self.accepted(path)
            if path == "/closes":
                exchange.expect(wire.DATA)
            self.assertEqual(self.code_of(exchange), code)
        self.logged("ValueError: after accept")

    def test_application_that_does_not_accept_denies_and_one_that_raises_is_500(self):
        self.assertEqual(self.open("/returns").response().status, 403)
        self.assertEqual(self.open("/fails").response().reset[0], wire.RESET_APPLICATION_ERROR)

    def test_second_receive_raises_and_the_first_goes_on(self):
        exchange = self.accepted("/two_receive")
        self.assertEqual(exchange.expect(wire.DATA).payload, b"RSGIProtocolError: Another receive() waits for a message.")
        self.send(exchange, b"text", wire.FLAG_TEXT)
        self.assertEqual(exchange.expect(wire.DATA).payload, b"(2, 'text')")

    def test_sending_waits_for_credit(self):
        exchange = self.accepted("/sends_much")
        data = b""
        while len(data) < 300_000:
            frame = exchange.expect(wire.DATA)
            data += frame.payload
            exchange.window(len(frame.payload) + wire.DATA_COST)
        self.assertEqual(exchange.expect(wire.DATA).payload.decode(), "ü" * 10)
        self.close(exchange, 1000)

    def test_session_is_closed_when_the_server_stops(self):
        exchange = self.accepted("/echo")
        self.front.part(sessions=True)
        self.assertEqual(self.code_of(exchange), 1012)


if __name__ == "__main__":
    unittest.main()
