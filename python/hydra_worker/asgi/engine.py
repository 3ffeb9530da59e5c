"""Serves an ASGI application: its lifespan around what every interface on the event loop has."""

from __future__ import annotations

import asyncio
from typing import Any

from .. import speedups
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
        self._application = application
        self._version = version
        self._scopes = ScopeBuilder(version, worker.boot.request_start)
        self._lifespan = Lifespan(application, version, worker.boot.lifespan, loop)
        super().__init__(worker, loop, self._serving_with(self._scopes))

    def _serving_with(self, scopes: ScopeBuilder) -> Serving:
        quicken = None
        if speedups.module is not None and self.http is HttpStream:
            from .native import quicken_with

            quicken = quicken_with(self._application, scopes)
        return Serving(self._application, scopes.build, self.http, scopes.build_session, self.socket, quicken)

    def another_serving(self) -> Serving:
        scopes = ScopeBuilder(self._version, self._worker.boot.request_start)
        scopes.state = self._scopes.state
        return self._serving_with(scopes)

    async def start_up(self) -> None:
        self._scopes.state = await self._lifespan.startup()

    async def shut_down(self) -> str:
        return await self._lifespan.shutdown()

    def give_up(self) -> None:
        self._lifespan.abandon()
