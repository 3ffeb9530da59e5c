"""Serves an ASGI application: lifespan, data links, drain."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, List, Optional, Tuple

from .. import control, links, wire
from ..framing import load_of
from ..logs import logger
from ..watch import Watch
from . import loops, transports
from .lifespan import Lifespan
from .link import DataLink
from .meter import LoopMeter
from .overdue import Overdue
from .scope import ScopeBuilder

# What a cancelled request may take for its cleanup.
_CANCEL_SECONDS = 2.0
_EXIT_LINK_LOST = 1


def run(worker: Any, interface: str, application: Any) -> int:
    """The adapter's entry."""
    loop = worker.loop or loops.create(worker.boot.loop)
    version = "3.0"
    if interface == "asgi2":
        application = _double_to_single(application)
        version = "2.0"
    # The application may have made another loop current while it was imported.
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(_serve(worker, loop, interface, application, version))
    finally:
        loops.finish(loop)


async def _serve(
    worker: Any, loop: asyncio.AbstractEventLoop, interface: str, application: Any, version: str
) -> int:
    return await AsgiEngine(worker, loop, interface, application, version).serve()


def _double_to_single(application: Any) -> Any:
    async def single(scope: Any, receive: Any, send: Any) -> None:
        await application(scope)(receive, send)

    return single


class AsgiEngine(control.Engine):
    """
    Lives on the event loop's thread, but for the methods of control.Engine, which the control link's thread
    calls.
    """

    def __init__(
        self, worker: Any, loop: asyncio.AbstractEventLoop, interface: str, application: Any, version: str
    ) -> None:
        self._boot = worker.boot
        self._control = worker.control
        self._loop = loop
        self._interface = interface
        self._application = application
        self._scopes = ScopeBuilder(version, worker.boot.root_path)
        self._lifespan = Lifespan(application, version, worker.boot.lifespan)
        self._links: List[DataLink] = []
        self._watch = Watch(self._check_links)
        self._overdue = Overdue(loop, self._links)
        # the end
        self._stop = asyncio.Event()
        self._grace = 0.0
        self._lost: Optional[str] = None
        # the control thread's probe of the loop: when it was sent, and what it found
        self._probe_sent = 0.0
        self._probe_back = threading.Event()
        self._probe_back.set()
        self._lag = 0.0

    async def serve(self) -> int:
        """From the lifespan's start to the end; returns the exit code."""
        self._scopes.state = await self._lifespan.startup()
        meter = LoopMeter()
        try:
            for index in range(self._boot.data_links):
                await self._open_link(index, meter)
            self._control.attach(self)
            self._control.ready(0, self._interface, loops.describe(self._loop))
        except BaseException:
            self._lifespan.abandon()
            raise
        await self._stop.wait()
        cancelled = await self._drain()
        message = await self._lifespan.shutdown()
        for link in self._links:
            link.finish()
        if self._lost is not None:
            logger.error("The worker stops: %s", self._lost)
        self._control.goodbye(cancelled, message)
        return _EXIT_LINK_LOST if self._lost is not None else 0

    async def _open_link(self, index: int, meter: LoopMeter) -> None:
        sock, request_window, response_window = links.open_link(self._boot, wire.LINK_DATA, index)
        link = transports.make(
            sock,
            self._loop,
            self._application,
            self._scopes,
            request_window,
            response_window,
            self._on_lost,
            self._watch.arm,
            meter,
        )
        link.timed_out = self._overdue.stop
        await link.open()
        self._links.append(link)

    def _check_links(self, age: float) -> bool:
        since = time.monotonic() - age
        return any([link.check(since) for link in self._links])

    def _on_lost(self, link: DataLink, reason: str) -> None:
        if self._lost is None and not self._stop.is_set():
            self._lost = reason
        self._begin_drain(_CANCEL_SECONDS)

    def _begin_drain(self, grace: float) -> None:
        for link in self._links:
            link.draining = True
        if not self._stop.is_set():
            self._grace = grace
            self._stop.set()

    async def _drain(self) -> int:
        """
        Waits for the requests that run, at most for the grace; cancels the others. Returns how many those
        were.
        """
        if await self._wait_finished(self._grace):
            return 0
        running = [http for link in self._links for http in link.unfinished]
        for http in running:
            assert http.task is not None
            http.task.cancel()
        await self._wait_finished(_CANCEL_SECONDS)
        return len(running)

    async def _wait_finished(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            tasks = [http.task for link in self._links for http in link.unfinished if http.task is not None]
            left = deadline - time.monotonic()
            if not tasks or left <= 0:
                return not tasks
            await asyncio.wait(tasks, timeout=left)

    # ---- control.Engine

    def drain(self, grace: float) -> None:
        self._loop.call_soon_threadsafe(self._begin_drain, grace)

    def abandon(self) -> None:
        self._lost = "the front is gone"
        self._loop.call_soon_threadsafe(self._begin_drain, 0.0)

    def interrupt(self, link: int, stream: int, reason: int) -> None:
        # The loop has the CANCEL of the stream, too, unless something holds the loop up.
        if reason == wire.CANCEL_TIMEOUT and link < len(self._links):
            self._overdue.add(self._links[link], stream)

    def probe(self, timeout: float) -> float:
        if self._probe_back.is_set():
            self._probe_back.clear()
            self._probe_sent = time.monotonic()
            try:
                self._loop.call_soon_threadsafe(self._on_probe)
            except RuntimeError:
                return 0.0
        if self._probe_back.wait(timeout):
            return self._lag
        return time.monotonic() - self._probe_sent

    def _on_probe(self) -> None:
        self._lag = time.monotonic() - self._probe_sent
        self._probe_back.set()

    def load(self) -> Tuple[int, float]:
        return load_of(self._links)
