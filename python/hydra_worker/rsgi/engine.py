"""Serves an RSGI application: what it does before and after its requests (RSGI 1.6, "Applications' additional methods")."""

from __future__ import annotations

import asyncio
from typing import Any

from .. import speedups, wire
from ..errors import StartError
from ..eventloop.engine import LoopEngine
from ..eventloop.link import Serving
from ..logs import log_exception
from ..tracebacks import summarize
from .protocol import HTTPProtocol
from .scope import Scope, WebsocketScope, telling_start
from .websocket import WebsocketProtocol

_INIT = "__rsgi_init__"
_DEL = "__rsgi_del__"


class RsgiEngine(LoopEngine):
    """See LoopEngine."""

    def __init__(self, worker: Any, loop: asyncio.AbstractEventLoop, application: Any) -> None:
        self._application = application
        scope: Any = Scope
        session: Any = WebsocketScope
        if worker.boot.request_start:
            scope, session = telling_start(scope), telling_start(session)
        serve = getattr(application, "__rsgi__", application)
        quicken = None
        if speedups.module is not None:
            from .native import quicken_with

            quicken = quicken_with(serve, scope, worker.boot.request_start)
        super().__init__(worker, loop, Serving(serve, scope, HTTPProtocol, session, WebsocketProtocol, quicken))

    def before_loop(self) -> None:
        begin = getattr(self._application, _INIT, None)
        if begin is None:
            return
        try:
            begin(self._loop)
        except BaseException as error:
            raise StartError(
                wire.FAILURE_LIFESPAN_FAILED, f"The application's {_INIT} raised {summarize(error)}.", error
            ) from None

    def after_loop(self) -> str:
        end = getattr(self._application, _DEL, None)
        if end is None:
            return ""
        try:
            end(self._loop)
        except BaseException as error:
            log_exception(f"Exception in the application's {_DEL}", error)
            return f"The application's {_DEL} raised {summarize(error)}."
        return ""
