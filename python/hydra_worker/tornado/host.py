"""Serves an application of tornado's: its life, and its requests."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, List, Tuple

from tornado import autoreload
from tornado.httputil import HTTPHeaders, HTTPServerConnectionDelegate
from tornado.ioloop import IOLoop

from ..eventloop.facts import Facts
from ..eventloop.hosted import Host
from ..eventloop.written import WrittenStream
from ..eventloop.written_session import HANDSHAKE, WrittenSession
from ..headers import parse_block
from . import session
from .connection import StreamConnection


class TornadoHost(Host):
    """See the module's description."""

    def accepts(self, application: Any) -> bool:
        return isinstance(application, HTTPServerConnectionDelegate)

    def headers(self, block: bytes) -> List[Tuple[str, str]]:
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in parse_block(block)]

    async def start(self, loop: asyncio.AbstractEventLoop) -> None:
        IOLoop.current()
        session.install()
        # An application in debug mode has begun to watch its files, and would put a process of its own in the worker's place: a
        # reload is the front's, by SIGHUP.
        autoreload._reload_attempted = True
        access = logging.getLogger("tornado.access")
        if access.level == logging.NOTSET:
            # The access log is the front's; what went wrong is in tornado's still.
            access.setLevel(logging.WARNING)

    async def serve(self, stream: WrittenStream, facts: Facts) -> None:
        headers = HTTPHeaders()
        for name, value in facts.headers:
            headers.add(name, value)
        if isinstance(stream, WrittenSession) and "Upgrade" not in headers:
            for name, value in HANDSHAKE:
                headers.add(name, value)
        connection = StreamConnection(self.application, stream, facts)
        stream.peer = connection
        await connection.serve(headers)
