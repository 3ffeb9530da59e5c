"""Serves a raw application: what is called before and after its requests, and which kind of request it gets."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Tuple

from .. import speedups, wire
from ..detect import is_coroutine_callable
from ..errors import StartError
from ..eventloop.engine import LoopEngine
from ..eventloop.link import Serving
from ..logs import log_exception
from ..tracebacks import summarize
from .request import PlainRequest, Request
from .socket import Socket

_STARTUP = "__hydra_startup__"
_SHUTDOWN = "__hydra_shutdown__"


class RawEngine(LoopEngine):
    """See LoopEngine."""

    def __init__(self, worker: Any, loop: asyncio.AbstractEventLoop, application: Any) -> None:
        self._application = application
        super().__init__(worker, loop, serving(application))

    async def start_up(self) -> None:
        try:
            await self._call(_STARTUP)
        except BaseException as error:
            raise StartError(
                wire.FAILURE_LIFESPAN_FAILED, f"The application's {_STARTUP} raised {summarize(error)}.", error
            ) from None

    async def shut_down(self) -> str:
        try:
            await self._call(_SHUTDOWN)
        except Exception as error:
            log_exception(f"Exception in the application's {_SHUTDOWN}", error)
            return f"The application's {_SHUTDOWN} raised {summarize(error)}."
        return ""

    async def _call(self, name: str) -> None:
        function = getattr(self._application, name, None)
        if function is not None:
            result = function()
            if inspect.isawaitable(result):
                await result


def serving(application: Any) -> Serving:
    """How the application's requests are served."""
    is_plain = not is_coroutine_callable(application)
    quicken = None
    if speedups.module is not None:
        from .native import quicken_with

        quicken = quicken_with(application, is_plain)
    return Serving(application, _facts, PlainRequest if is_plain else Request, _facts, Socket, quicken)


def _facts(*facts: Any) -> Tuple[Any, ...]:
    # Nothing is made of them before it is asked for.
    return facts
