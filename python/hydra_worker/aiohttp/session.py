"""
aiohttp's WebSockets over a session. aiohttp makes and reads the frames of RFC 6455 itself, as it would on a socket; here their
messages are taken out and put in, for the frames on the wire are the front's: masks, compression, pings, and the closing handshake.
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from typing import Any, Callable, List, Optional

from ..eventloop.facts import Facts
from ..eventloop.session import ERROR, NORMAL
from ..eventloop.written_session import WrittenSession
from .protocol import StreamProtocol
from .transport import StreamTransport

# Opcodes (RFC 6455, section 5.2).
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_FIN, _COMPRESSED, _OPCODE = 0x80, 0x40, 0x0F
# "No status", which is never sent (section 7.4.1).
_NO_STATUS = 1005
_LOST = 1006
# What a handler that was told of a close has to come to its own, in seconds, before its connection is lost.
_PARTING_SECONDS = 2.0


def frame(opcode: int, data: bytes) -> bytes:
    """One frame that is a whole message (RFC 6455, section 5.2)."""
    size = len(data)
    if size < 126:
        head = struct.pack("!BB", _FIN | opcode, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", _FIN | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", _FIN | opcode, 127, size)
    return head + data


class FrameTaker:
    """Takes frames that a server has made out of its bytes: calls `take` with the opcode and data of each message."""

    def __init__(self, take: Callable[[int, bytes], None]) -> None:
        self._take = take
        self._bytes = bytearray()
        self._parts: List[bytes] = []
        self._opcode = _CONTINUATION

    def feed(self, data: Any) -> None:
        """As many bytes as there are."""
        self._bytes += data
        while True:
            head = self._head()
            if head is None:
                return
            start, end = head
            first = self._bytes[0]
            payload = bytes(self._bytes[start:end])
            del self._bytes[:end]
            self._on_frame(first, payload)

    def _head(self) -> Any:
        """Where the data of the first frame begins and ends; None while it is not whole."""
        have = self._bytes
        if len(have) < 2:
            return None
        size, start = have[1] & 0x7F, 2
        if size == 126:
            start = 4
            size = int.from_bytes(have[2:4], "big")
        elif size == 127:
            start = 10
            size = int.from_bytes(have[2:10], "big")
        end = start + size
        return (start, end) if len(have) >= end and len(have) >= start else None

    def _on_frame(self, first: int, payload: bytes) -> None:
        opcode = first & _OPCODE
        if opcode >= _CLOSE:
            self._take(opcode, payload)
            return
        if first & _COMPRESSED:
            # No extension was agreed on, but send_str() and others compress a message where they are told to.
            payload = zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + b"\0\0\xff\xff")
        if opcode != _CONTINUATION:
            self._opcode = opcode
        self._parts.append(payload)
        if first & _FIN:
            message = b"".join(self._parts)
            self._parts = []
            self._take(self._opcode, message)


class SessionTransport(StreamTransport):
    """What aiohttp writes frames to."""

    def __init__(self, stream: WrittenSession, facts: Facts, protocol: "SessionProtocol") -> None:
        super().__init__(stream, facts, protocol)
        self._taker = FrameTaker(protocol.on_frame)

    def is_closing(self) -> bool:
        """False for a while after the client's close: the application answers that, as it would on a socket."""
        return self._closed

    def is_dead(self) -> bool:
        return self._closed

    def write(self, data: Any) -> None:
        self._taker.feed(data)


class SessionProtocol(StreamProtocol):
    """One for each session."""

    stream: WrittenSession

    def __init__(self, server: Any, stream: WrittenSession, facts: Facts) -> None:
        self._told: Any = None
        self._is_told = False
        super().__init__(server, stream, facts)
        # None may come before there is who reads them.
        stream.hold_messages(True)

    def make_transport(self, stream: Any, facts: Facts) -> Any:
        return SessionTransport(stream, facts, self)

    def end(self) -> None:
        if self._told is not None:
            self._told.cancel()
        super().end()

    # ---- aiohttp's

    def set_parser(self, parser: Any, data_received_cb: Optional[Callable[[], None]] = None) -> None:
        self._payload_parser = parser
        self._on_data: Optional[Callable[[], None]] = data_received_cb
        self.stream.hold_messages(self._reading_paused)

    def pause_reading(self) -> None:
        self._reading_paused = True
        self.stream.hold_messages(True)

    def resume_reading(self, *args: Any, **named: Any) -> None:
        self._reading_paused = False
        if self._payload_parser is not None:
            self.stream.hold_messages(False)

    def on_frame(self, opcode: int, data: bytes) -> None:
        """A message of the application's."""
        stream = self.stream
        if opcode in (_TEXT, _BINARY):
            stream.write_message(data, opcode == _TEXT)
            self.written()
        elif opcode == _PING:
            # The front has pings of its own: that the session is open is as much as its client's answer would say.
            if stream.code is None:
                self._feed(_PONG, data)
        elif opcode == _CLOSE and stream.code is None:
            code, reason = _end_of(data)
            stream.close(code, reason)
            # The front waits for the client's answer; aiohttp need not.
            self._feed(_CLOSE, data)

    # ---- from the stream

    def message_came(self, data: bytes, is_text: bool) -> None:
        self._feed(_TEXT if is_text else _BINARY, data)

    def session_closed(self, code: int, reason: str) -> None:
        if code != _LOST:
            self._is_told = True
            self._feed(_CLOSE, b"" if code == _NO_STATUS else struct.pack("!H", code) + reason.encode())
            self._lose_later()

    def client_left(self) -> None:
        if not self._is_told:
            super().client_left()

    def _lose_later(self) -> None:
        if self._told is None:
            loop: asyncio.AbstractEventLoop = self.stream.link.loop
            self._told = loop.call_later(_PARTING_SECONDS, super().client_left)

    def _feed(self, opcode: int, data: bytes) -> None:
        parser = self._payload_parser
        if parser is None:
            return
        if self._on_data is not None:
            self._on_data()
        parser.feed_data(frame(opcode, data))


def _end_of(data: bytes) -> Any:
    """Code and reason of a close frame, as they can be sent."""
    if len(data) < 2:
        return NORMAL, ""
    code = int.from_bytes(data[:2], "big")
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in (1004, _NO_STATUS, _LOST):
        code = ERROR
    return code, data[2:].decode("utf-8", "replace")
