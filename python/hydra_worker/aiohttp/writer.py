"""What a response of aiohttp's is written to."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, List, Optional, Tuple

from aiohttp import client_exceptions, http_writer

from ..eventloop.written_session import WrittenSession
from .protocol import StreamProtocol

_Lost: Any = getattr(client_exceptions, "ClientConnectionResetError", ConnectionResetError)
# Whether responses say when their head is to leave (from aiohttp 3.12 on): until then errors can still take its place.
_SAYS_WHEN = hasattr(http_writer.StreamWriter, "send_headers")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
# What aiohttp writes in the place of a head for a client that waits with its body.
_CONTINUE = b"HTTP/1.1 100 "
# Bytes that may be written before the writer looks whether to wait.
_LIMIT = 64 * 1024

_Head = Tuple[int, str, List[Tuple[bytes, bytes]], int]


class StreamWriter(http_writer.StreamWriter):
    """aiohttp's, of which the compression is left; head and body go to the stream, and chunks are the front's."""

    def __init__(self, protocol: StreamProtocol, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(protocol, loop)
        self.buffer_size = 0
        self.output_size = 0
        self._stream = protocol.stream
        self._connection = protocol
        self._head: Optional[_Head] = None
        self._begun = False

    def enable_chunking(self) -> None:
        """Who writes without a length has chunks from the front."""

    async def write_headers(self, status_line: str, headers: Any) -> None:
        status = int(status_line[9:12])
        phrase = status_line[13:]
        pairs = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in headers.items()]
        size = len(status_line) + sum(len(name) + len(value) + 4 for name, value in pairs)
        self._head = status, "" if phrase == _PHRASES.get(status) else phrase, pairs, size
        self._begun = True
        if not _SAYS_WHEN:
            self.send_headers()

    def send_headers(self) -> None:
        if self._head is None:
            return
        status, phrase, pairs, size = self._head
        self._head = None
        self._check_open()
        self.output_size += size
        stream = self._stream
        if status == 101 and isinstance(stream, WrittenSession):
            subprotocol = dict((name.lower(), value) for name, value in pairs).get(b"sec-websocket-protocol", b"")
            stream.accept(subprotocol.decode("latin-1"), pairs)
        else:
            stream.write_head(status, pairs, phrase)

    async def write(self, chunk: Any, *, drain: bool = True, LIMIT: int = _LIMIT) -> None:
        if isinstance(chunk, memoryview) and chunk.nbytes != len(chunk):
            chunk = chunk.cast("c")
        if not self._begun:
            if bytes(chunk).startswith(_CONTINUE):
                self._stream.ask_for_body()
                self._connection.body_came()
                return
            raise RuntimeError("Cannot write before the headers of the response.")
        if self._compress is not None:
            chunk = await self._compressed(chunk)
            if not chunk:
                return
        if self.length is not None:
            chunk = chunk[: self.length]
            self.length -= len(chunk)
        if not chunk:
            return
        self._send(chunk, False)
        if drain and self.buffer_size > LIMIT:
            self.buffer_size = 0
            await self.drain()

    async def write_eof(self, chunk: bytes = b"") -> None:
        if self._eof:
            return
        if self._compress is not None:
            compress: Any = self._compress
            chunk = (await self._compressed(chunk) if chunk else b"") + compress.flush()
        self._send(chunk, True)
        await self.drain()
        self._eof = True

    def set_eof(self) -> None:
        if not self._eof:
            self._send(b"", True)
            self._eof = True

    async def drain(self) -> None:
        connection = self._connection
        if connection.transport is not None and connection._paused:
            await connection._drain_helper()

    async def _compressed(self, chunk: Any) -> bytes:
        compress: Any = self._compress
        result = compress.compress(chunk)
        # In newer versions a coroutine: what is long is compressed in a thread.
        return result if isinstance(result, bytes) else await result

    def _send(self, chunk: Any, last: bool) -> None:
        if self._head is not None:
            self.send_headers()
        elif chunk:
            self._check_open()
        self.buffer_size += len(chunk)
        self.output_size += len(chunk)
        self._stream.write(chunk, last)
        self._connection.written()

    def _check_open(self) -> None:
        transport: Any = self._connection.transport
        if transport is None or transport.is_dead():
            raise _Lost("Cannot write to closing transport")
