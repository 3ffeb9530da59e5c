"""What tests of sessions have in common, whatever the framework: the front's side of one."""

from __future__ import annotations

from typing import Any

from tests.cases import WorkerCase
from tests.fake_link import Exchange, header_block, wire

SESSION = wire.FLAG_SESSION
TEXT = wire.FLAG_TEXT
MORE = wire.FLAG_MORE
HTTP_2 = b"https\x002\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00"
HANDSHAKE = (
    (b"host", b"test"),
    (b"connection", b"keep-alive, Upgrade"),
    (b"upgrade", b"websocket"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    (b"sec-websocket-extensions", b"permessage-deflate; client_max_window_bits"),
)

assert header_block(HANDSHAKE)


class SessionCase(WorkerCase):
    def open_session(self, path: str, *more: Any) -> Exchange:
        return self.front.open("GET", path, flags=SESSION, headers=[*HANDSHAKE, *more])

    def accepted(self, path: str, *more: Any) -> Exchange:
        exchange = self.open_session(path, *more)
        exchange.expect(wire.ACCEPT)
        return exchange

    def send(self, exchange: Exchange, data: bytes, flags: int = 0) -> None:
        self.front.data[0].send(wire.pack_data(exchange.id, flags, data))

    def send_text(self, exchange: Exchange, text: str) -> None:
        self.send(exchange, text.encode(), TEXT)

    def close(self, exchange: Exchange, code: int, reason: bytes = b"") -> None:
        self.front.data[0].send(wire.pack_close(exchange.id, 0, code, reason))

    def wait_reset(self, exchange: Exchange) -> None:
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)

    def expect_close(self, exchange: Exchange, code: int, reason: bytes = b"") -> None:
        self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (code, reason))
