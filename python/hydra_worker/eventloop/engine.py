"""Serves an application on an event loop: data links, drain, and what the control link asks."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Callable, List, Optional

from .. import control, forks, links, native, wire
from ..logs import log_exception, logger
from ..watch import Watch
from . import loops, transports
from .flag import Flag
from .link import DataLink, Serving
from .meter import LoopMeter
from .overdue import Overdue

# What sessions have at the end of their time, from their close to the end of their application.
_PARTING_SECONDS = 2.0
# What a cancelled request may take for its cleanup.
_CANCEL_SECONDS = 2.0
_EXIT_LINK_LOST = 1


def run(worker: Any, make: Callable[[Any, asyncio.AbstractEventLoop], "LoopEngine"]) -> int:
    """Serves with the engine that `make` makes, on the worker's loop; returns the exit code."""
    loop = worker.loop or loops.create(worker.boot.loop)
    # The application may have made another loop current while it was imported.
    asyncio.set_event_loop(loop)
    engines: List["LoopEngine"] = []
    try:
        engine = loop.run_until_complete(_make(worker, loop, make))
        engines.append(engine)
        engine.before_loop()
        code = loop.run_until_complete(engine.serve())
        worker.control.goodbye(engine.cancelled, "\n".join(filter(None, (engine.failure, engine.after_loop()))))
        return code
    except (SystemExit, KeyboardInterrupt) as error:
        # From a task or a callback of the application's.
        if forks.is_child:
            forks.leave(error)
        for engine in engines:
            engine.break_off()
        log_exception("The application has ended its worker", error)
        raise
    finally:
        loops.finish(loop, worker.control.time_left())


async def _make(worker: Any, loop: asyncio.AbstractEventLoop, make: Callable[..., "LoopEngine"]) -> "LoopEngine":
    # While the loop runs: so what asyncio makes belongs to it in every version of Python.
    return make(worker, loop)


class LoopEngine(control.Engine):
    """
    Lives on the event loop's thread, but for the methods of control.Engine, which the control link's thread
    calls. An interface derives its engine from this, and adds what stands under "the interface".
    """

    def __init__(self, worker: Any, loop: asyncio.AbstractEventLoop, serving: Serving) -> None:
        self._worker = worker
        self._loop = loop
        self._serving = serving
        self._links: List[DataLink] = []
        self._watch = Watch(self._check_links)
        self._overdue = Overdue(loop, self._links)
        # the end
        self._stop = Flag(loop)
        self._grace = 0.0
        self._lost: Optional[str] = None
        # what the front is told of it: how many requests were cancelled, and what else went wrong
        self.cancelled = 0
        self.failure = ""
        # the control thread's probe of the loop: when it was sent, and what it found
        self._probe_sent = 0.0
        self._probe_back = native.Event()
        self._probe_back.set()
        self._lag = 0.0

    # ---- the loop, where it is not one of asyncio's

    def describe_loop(self) -> str:
        """As the front's log has it."""
        return loops.describe(self._loop)

    async def wait_tasks(self, tasks: List[Any], seconds: float) -> None:
        """Until all of them have ended, or for so long."""
        await asyncio.wait(tasks, timeout=seconds)

    # ---- the interface

    def before_loop(self) -> None:
        """Before anything else, while the loop does not run. Raises StartError."""

    async def start_up(self) -> None:
        """Before the first request. Raises StartError."""

    async def wind_down(self) -> None:
        """The worker has been told to stop, and waits for the requests that run: those without an end of their own are to come to it."""

    async def shut_down(self) -> str:
        """After the last request. Returns what went wrong, or an empty string."""
        return ""

    def after_loop(self) -> str:
        """After all else, when the loop runs no more. Returns what went wrong, or an empty string."""
        return ""

    def give_up(self) -> None:
        """The worker cannot go on after start_up()."""

    # ---- its life

    async def serve(self) -> int:
        """From the interface's start to its end; returns the exit code."""
        await self.start_up()
        meter = LoopMeter()
        try:
            self._watch.start()
            for index in range(self._worker.boot.data_links):
                await self._open_link(index, meter)
            self._worker.control.attach(self)
            self._worker.ready(0, self.describe_loop())
        except BaseException:
            self.give_up()
            raise
        await self._stop.wait()
        told = time.monotonic()
        await self.wind_down()
        self._grace -= time.monotonic() - told
        self.cancelled = await self._drain()
        self.failure = await self.shut_down()
        for link in self._links:
            link.finish()
        if self._lost is not None:
            logger.error("The worker stops: %s", self._lost)
        return _EXIT_LINK_LOST if self._lost is not None else 0

    def break_off(self) -> None:
        """
        The worker ends in the middle of its requests. Nothing more is said of them: the front treats them as those of any
        worker that has died, and sends again what may be sent again.
        """
        self.give_up()
        for link in self._links:
            link.break_off()

    async def _open_link(self, index: int, meter: LoopMeter) -> None:
        sock, request_window, response_window = links.open_link(self._worker.boot, wire.LINK_DATA, index)
        link = transports.make(
            sock,
            self._loop,
            self._serving,
            request_window,
            response_window,
            self._on_lost,
            self._watch.arm,
            meter,
        )
        link.timed_out = self._overdue.stop
        link.interruptible = self._worker.boot.interruptible
        link.patience = self._worker.boot.disconnect_milliseconds / 1000
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
        # Those that are sessions hear of the end while they can still say something.
        parting = min(_PARTING_SECONDS, self._grace / 2)
        if await self._wait_finished(self._grace - parting):
            return 0
        self._part(sessions=True)
        if await self._wait_finished(parting):
            return 0
        running = self._running()
        for task in running:
            task.cancel()
        await self._wait_finished(_CANCEL_SECONDS)
        return len(running)

    async def _wait_finished(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            tasks = self._running()
            left = deadline - time.monotonic()
            if not tasks or left <= 0:
                return not tasks
            await self.wait_tasks(tasks, left)

    def _running(self) -> List["asyncio.Task[None]"]:
        return [task for link in self._links for task in link.unfinished.values()]

    # ---- control.Engine

    def drain(self, grace: float) -> None:
        self._loop.call_soon_threadsafe(self._begin_drain, grace)

    def in_main_thread(self, function: Callable[[], None]) -> None:
        # As loop.add_signal_handler() does: no step of the loop's is interrupted by it.
        self._loop.call_soon_threadsafe(function)

    def part(self, sessions: bool) -> None:
        self._loop.call_soon_threadsafe(self._part, sessions)

    def _part(self, sessions: bool) -> None:
        for link in self._links:
            for stream in list(link.streams.values()):
                stream.on_part()
                if sessions:
                    stream.end_session()

    def abandon(self) -> None:
        self._lost = "the front is gone"
        self._loop.call_soon_threadsafe(self._abandon)

    def _abandon(self) -> None:
        # Should the front be there and have closed the control link alone, it hears no more of the requests that run: they are those of a
        # worker that was lost, and sent again where that may be.
        self._begin_drain(0.0)
        for link in self._links:
            link.fail("the front is gone")

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
