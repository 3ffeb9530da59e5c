"""Serves an ASGI application: its lifespan around what every interface on the event loop has."""

from __future__ import annotations

import asyncio
from typing import Any

from ..eventloop.engine import LoopEngine
from ..eventloop.link import Serving
from .lifespan import Lifespan
from .scope import ScopeBuilder
from .stream import HttpStream
from .websocket import WebSocketStream


class AsgiEngine(LoopEngine):
    """See LoopEngine."""

    http = HttpStream
    socket = WebSocketStream

    def __init__(
        self, worker: Any, loop: asyncio.AbstractEventLoop, application: Any, version: str
    ) -> None:
        self._scopes = ScopeBuilder(version, worker.boot.request_start)
        self._lifespan = Lifespan(application, version, worker.boot.lifespan, loop)
        super().__init__(worker, loop, Serving(application, self._scopes.build, self.http, self._scopes.build_session, self.socket))

    async def start_up(self) -> None:
        self._scopes.state = await self._lifespan.startup()

    async def shut_down(self) -> str:
        return await self._lifespan.shutdown()

    def give_up(self) -> None:
        self._lifespan.abandon()
