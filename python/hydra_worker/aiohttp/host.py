"""Serves an application of aiohttp's: its life, and its requests."""

from __future__ import annotations

import asyncio
from typing import Any, Iterable, Tuple

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ..eventloop.facts import Facts
from ..eventloop.hosted import Host
from ..eventloop.written import WrittenStream
from ..eventloop.written_session import HANDSHAKE, WrittenSession
from ..headers import parse_block
from .body import Inlet
from .protocol import StreamProtocol, version_of
from .session import SessionProtocol
from .writer import StreamWriter

# Bytes of a request's body that its handler has not read, above which no more are asked for; as aiohttp has it.
_READ_LIMIT = 2**16
# Codings of a request's body that aiohttp decodes, where the packages for them are installed.
_CODINGS = ("gzip", "deflate", "br", "zstd")


_HANDSHAKE = tuple((name.encode(), value.encode()) for name, value in HANDSHAKE)


class _Runner(web.AppRunner):
    """Its on_shutdown signal is sent before the requests that run are waited for, and then not again."""

    shut = False

    async def shutdown(self) -> None:
        if not self.shut:
            self.shut = True
            await super().shutdown()


class Headers:
    """What aiohttp is told of a header block."""

    __slots__ = ("fields", "raw", "compression", "chunked", "keeps_alive")

    def __init__(self, pairs: Iterable[Tuple[bytes, bytes]]) -> None:
        self.raw = tuple(pairs)
        fields: Any = CIMultiDict(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in pairs
        )
        self.fields = CIMultiDictProxy(fields)
        coding = fields.get("content-encoding", "").lower()
        self.compression = coding if coding in _CODINGS else None
        self.chunked = "chunked" in fields.get("transfer-encoding", "").lower()
        connection = fields.get("connection", "").lower()
        self.keeps_alive = True if "keep-alive" in connection else False if "close" in connection else None


class AiohttpHost(Host):
    """See the module's description."""

    def accepts(self, application: Any) -> bool:
        return isinstance(application, (web.Application, web.AppRunner))

    def headers(self, block: bytes) -> Headers:
        # Compression of messages is the front's: the framework is not to agree on it with the client once more.
        return Headers([pair for pair in parse_block(block) if pair[0].lower() != b"sec-websocket-extensions"])

    async def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        application = self.application
        # The access log is the front's.
        self._runner = application if isinstance(application, web.AppRunner) else _Runner(application, access_log=None)
        await self._runner.setup()
        server: Any = self._runner.server
        self._server = server

    async def wind_down(self) -> None:
        if isinstance(self._runner, _Runner):
            await self._runner.shutdown()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def serve(self, stream: WrittenStream, facts: Facts) -> None:
        is_session = isinstance(stream, WrittenSession)
        protocol: StreamProtocol = (SessionProtocol if is_session else StreamProtocol)(self._server, stream, facts)
        try:
            await self._handle(protocol, stream, facts)
        finally:
            protocol.end()

    async def _handle(self, protocol: StreamProtocol, stream: WrittenStream, facts: Facts) -> None:
        loop = self._loop
        headers: Headers = facts.headers
        payload: Any = EMPTY_PAYLOAD
        is_session = isinstance(stream, WrittenSession)
        if is_session and "upgrade" not in headers.fields:
            headers = Headers(headers.raw + _HANDSHAKE)
        if not is_session and (stream.body or not stream.body_ended):
            payload = StreamReader(protocol, _READ_LIMIT, loop=loop)
            protocol.inlet = Inlet(stream, payload, headers.compression)
        writer = StreamWriter(protocol, loop)
        server = self._server
        request = server.request_factory(
            _message(facts, headers, is_session), payload, protocol, writer, asyncio.current_task()
        )
        stream.peer = protocol
        if stream.gone:
            protocol.client_left()
        protocol.body_came()
        server.requests_count += 1
        try:
            _, reset = await protocol._handle_request(request, loop.time(), server.request_handler)
        except ConnectionError:
            # aiohttp's way to say that the response cannot be completed; it has logged why.
            reset = True
        if reset:
            stream.hang_up("The response was broken off.")


def _message(facts: Facts, headers: Headers, is_session: bool) -> RawRequestMessage:
    path = facts.raw_path.decode("utf-8", "surrogateescape")
    query = facts.query.decode("utf-8", "surrogateescape")
    version = version_of(facts.connection.http_version)
    keeps_alive = version > (1, 0) if headers.keeps_alive is None else headers.keeps_alive
    return RawRequestMessage(
        facts.method.decode("latin-1"),
        f"{path}?{query}" if query else path,
        version,
        headers.fields,
        headers.raw,
        not keeps_alive,
        headers.compression,
        is_session,
        headers.chunked,
        URL.build(path=path, query_string=query, encoded=True),
    )
