"""
Serves the application of a framework that speaks no interface of Python's: it has a server of its own, in whose place this is.
"""

from __future__ import annotations

import asyncio
from typing import Any, Callable

from .. import wire
from ..errors import StartError
from ..loading import AsyncFactory
from ..logs import log_exception
from ..tracebacks import summarize
from .engine import LoopEngine
from .facts import Facts, FactsBuilder
from .link import Serving
from .written import WrittenStream
from .written_session import WrittenSession


class Host:
    """One application of a framework's, and the framework's part of serving it."""

    def __init__(self, application: Any) -> None:
        # An AsyncFactory until start().
        self.application = application

    def headers(self, block: bytes) -> Any:
        """What the framework is told of a header block; requests with the same block share it."""
        raise NotImplementedError

    def accepts(self, application: Any) -> bool:
        """Whether this, which a factory has returned, is an application of the framework's."""
        raise NotImplementedError

    async def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Before the first request. What it raises is why the application does not start."""

    async def serve(self, stream: WrittenStream, facts: Facts) -> None:
        """One request, to its end."""
        raise NotImplementedError

    async def wind_down(self) -> None:
        """The worker is to stop: what has no end of its own is to come to it."""

    async def stop(self) -> None:
        """After the last request."""


class HostEngine(LoopEngine):
    """See LoopEngine."""

    def __init__(self, worker: Any, loop: asyncio.AbstractEventLoop, host: Host) -> None:
        self._host = host
        facts = FactsBuilder(host.headers, worker.boot.request_start)
        super().__init__(worker, loop, Serving(host, facts.build, WrittenStream, facts.build, WrittenSession))

    async def start_up(self) -> None:
        host = self._host
        if isinstance(host.application, AsyncFactory):
            factory = host.application
            host.application = await factory.build()
            if not host.accepts(host.application):
                raise StartError(
                    wire.FAILURE_NOT_CALLABLE,
                    f'The factory "{factory.name}" returned an instance of {type(host.application).__name__}, which '
                    f"cannot be served with --interface {self._worker.adapter_name}.",
                )
        try:
            await host.start(self._loop)
        except Exception as error:
            raise StartError(
                wire.FAILURE_LIFESPAN_FAILED, f"The application failed to start: {summarize(error)}.", error
            ) from None

    async def wind_down(self) -> None:
        try:
            await asyncio.wait_for(self._host.wind_down(), max(0.0, self._grace))
        except asyncio.TimeoutError:
            pass
        except Exception as error:
            log_exception("Exception in the application's shutdown", error)

    async def shut_down(self) -> str:
        try:
            await self._host.stop()
        except Exception as error:
            log_exception("Exception in the application's cleanup", error)
            return f"The application's cleanup raised {summarize(error)}."
        return ""


def run(worker: Any, application: Any, make: Callable[[Any], Host]) -> int:
    """Serves the application, or that of an AsyncFactory; returns the exit code."""
    from . import engine

    return engine.run(worker, lambda worker, loop: HostEngine(worker, loop, make(application)))
