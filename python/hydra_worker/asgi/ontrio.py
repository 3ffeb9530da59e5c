"""ASGI with `--loop trio`: requests, WebSockets and the lifespan are tasks of trio's."""

from __future__ import annotations

from math import inf
from typing import Any, Dict

import trio
from trio.lowlevel import checkpoint_if_cancelled

from ..ontrio import engine
from .engine import AsgiEngine
from .stream import HttpStream
from .websocket import WebSocketStream


class TrioHttpStream(HttpStream):
    """Receiving and sending are where trio's scopes are heard of, as everything is that trio awaits."""

    __slots__ = ()

    async def receive(self) -> Dict[str, Any]:
        await checkpoint_if_cancelled()
        return await HttpStream.receive(self)

    async def send(self, message: Dict[str, Any]) -> None:
        await checkpoint_if_cancelled()
        await HttpStream.send(self, message)


class TrioWebSocketStream(WebSocketStream):
    """The same for a WebSocket."""

    __slots__ = ()

    async def receive(self) -> Dict[str, Any]:
        await checkpoint_if_cancelled()
        return await WebSocketStream.receive(self)

    async def send(self, message: Dict[str, Any]) -> None:
        await checkpoint_if_cancelled()
        await WebSocketStream.send(self, message)


class TrioEngine(engine.TrioLife, AsgiEngine):
    """See LoopEngine."""

    http = TrioHttpStream
    socket = TrioWebSocketStream


def run(worker: Any, application: Any, version: str) -> int:
    """Serves until the worker is told to stop; returns the exit code."""
    application = unless_cancelled(application)
    return engine.run(worker, lambda worker, host: TrioEngine(worker, host, application, version))


def unless_cancelled(application: Any) -> Any:
    """
    The application, but where its request was cancelled before its task began: what comes before its first await would run
    all the same, and might have no end. It is no coroutine function, so that the application's frame is next to that of its task.
    """

    def call(scope: Any, receive: Any, send: Any) -> Any:
        if trio.current_effective_deadline() == -inf:
            return checkpoint_if_cancelled()
        return application(scope, receive, send)

    return call
