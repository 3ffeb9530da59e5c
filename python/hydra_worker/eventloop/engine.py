"""Serves an application on an event loop: data links, drain, and what the control link asks."""

from __future__ import annotations

import asyncio
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, List, Optional

from .. import control, forks, speedups, stacks, stateful, wire
from ..logs import log_exception, logger
from . import loops
from .flag import Flag
from .lane import CANCEL_SECONDS, Lane
from .link import DataLink, Serving

if TYPE_CHECKING:
    from .loopthread import LoopThread

# How long another loop may take to take note of something, beside what that takes.
_LATE_SECONDS = 1.0
_EXIT_LINK_LOST = 1


def run(worker: Any, make: Callable[[Any, asyncio.AbstractEventLoop], "LoopEngine"]) -> int:
    """Serves with the engine that `make` makes, on the worker's loop; returns the exit code."""
    loop = worker.loop or loops.create(worker.boot.loop)
    # The application may have made another loop current while it was imported.
    asyncio.set_event_loop(loop)
    stateful.loop = loop
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
        for engine in engines:
            engine.wait_threads()


async def _make(worker: Any, loop: asyncio.AbstractEventLoop, make: Callable[..., "LoopEngine"]) -> "LoopEngine":
    # While the loop runs: so what asyncio makes belongs to it in every version of Python.
    return make(worker, loop)


class LoopEngine(control.Engine):
    """
    Lives on the event loop's thread, but for the methods of control.Engine, which the control link's thread
    calls. An interface derives its engine from this, and adds what stands under "the interface".

    With --worker-loops the main thread's loop has what there is one of: the control link's requests, the interface's start and
    end, signals. Requests are served there, too, and on further loops in threads of their own.
    """

    def __init__(self, worker: Any, loop: asyncio.AbstractEventLoop, serving: Serving) -> None:
        self._worker = worker
        self._loop = loop
        self._serving = serving
        # This loop's first; the data link with the index i belongs to the one with the index i modulo their number.
        self._lanes = [Lane(worker.boot, loop, serving, self._on_lost, self.wait_tasks)]
        # Those of the other lanes, but for such that do not come back.
        self._threads: Dict[Lane, "LoopThread"] = {}
        # the end
        self._stop = Flag(loop)
        self._grace = 0.0
        self._lost: Optional[str] = None
        # what the front is told of it: how many requests were cancelled, and what else went wrong
        self.cancelled = 0
        self.failure = ""

    # ---- the loop, where it is not one of asyncio's

    def describe_loop(self) -> str:
        """As the front's log has it."""
        return loops.describe(self._loop) + speedups.describe()

    async def wait_tasks(self, tasks: List[Any], seconds: float) -> None:
        """Until all of them have ended, or for so long."""
        await asyncio.wait(tasks, timeout=seconds)

    # ---- the interface

    def another_serving(self) -> Serving:
        """For one more loop, after start_up(): what it remembers of requests is not shared."""
        return self._serving

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
        try:
            await self._worker.await_hooks()
            await self._open()
            self._worker.control.attach(self)
            count = len(self._lanes)
            self._worker.ready(0, self.describe_loop() if count == 1 else f"{self.describe_loop()}, {count} loops")
        except BaseException:
            self.give_up()
            self._stop_threads()
            raise
        await self._stop.wait()
        told = time.monotonic()
        await self.wind_down()
        self._grace -= time.monotonic() - told
        self.cancelled = await self._drain()
        self.failure = await self.shut_down()
        self._lanes[0].finish()
        await self._ask_threads(_finish, 0.0)
        self._stop_threads()
        if self._lost is not None:
            logger.error("The worker stops: %s", self._lost)
        return _EXIT_LINK_LOST if self._lost is not None else 0

    def break_off(self) -> None:
        """
        The worker ends in the middle of its requests. Nothing more is said of them: the front treats them as those of any
        worker that has died, and sends again what may be sent again.
        """
        self.give_up()
        self._lanes[0].break_off()
        for lane, thread in self._threads.items():
            thread.post(lane.break_off)
        self._stop_threads()

    async def _open(self) -> None:
        boot = self._worker.boot
        if boot.worker_loops > 1:
            await self._start_threads(boot.worker_loops - 1)
        count = len(self._lanes)
        for number, lane in enumerate(self._lanes):
            indices = range(number, boot.data_links, count)
            if lane in self._threads:
                await self._threads[lane].call(lane.open(indices))
            else:
                await lane.open(indices)

    def _on_lost(self, link: DataLink, reason: str) -> None:
        if self._lost is None and not self._stop.is_set():
            self._lost = reason
        self._begin_drain(CANCEL_SECONDS)

    def _begin_drain(self, grace: float) -> None:
        self._lanes[0].shut()
        for lane, thread in self._threads.items():
            thread.post(lane.shut)
        if not self._stop.is_set():
            self._grace = grace
            self._stop.set()

    async def _drain(self) -> int:
        """Has the requests of each loop come to their end; returns how many had to be cancelled."""
        grace = self._grace
        if not self._threads:
            return await self._lanes[0].drain(grace)
        running = {lane: lane.count_running for lane in self._threads}
        own = self._loop.create_task(self._lanes[0].drain(grace))
        cancelled = await self._ask_threads(lambda lane: lane.drain(grace), max(0.0, grace) + CANCEL_SECONDS)
        lost = [count() for lane, count in running.items() if lane not in self._threads]
        return await own + sum(cancelled) + sum(lost)

    # ---- further loops

    async def _start_threads(self, count: int) -> None:
        from .loopthread import LoopThread

        main = self._loop
        boot = self._worker.boot

        def lost(link: DataLink, reason: str) -> None:
            main.call_soon_threadsafe(self._on_lost, link, reason)

        def failed(error: BaseException) -> None:
            main.call_soon_threadsafe(_raise, error)

        def make(loop: asyncio.AbstractEventLoop) -> Lane:
            return Lane(boot, loop, self.another_serving(), lost, self.wait_tasks)

        for number in range(1, count + 1):
            thread = LoopThread(number, boot.loop, make, failed, self._worker.control.time_left)
            lane = await thread.start()
            self._threads[lane] = thread
            self._lanes.append(lane)

    async def _ask_threads(self, what: Callable[[Lane], Coroutine[Any, Any, Any]], seconds: float) -> List[Any]:
        """Has each other loop do this; returns what came of it. One that takes longer is held up, and is not asked any more."""
        asked = {self._loop.create_task(thread.call(what(lane))): lane for lane, thread in self._threads.items()}
        if not asked:
            return []
        done, late = await asyncio.wait(asked, timeout=seconds + _LATE_SECONDS)
        for task in late:
            task.cancel()
            thread = self._threads.pop(asked[task])
            logger.error(
                "The event loop %d does not come to its end. It is here:\n%s", thread.number, stacks.clip(stacks.of_thread(thread.ident))
            )
        return [task.result() for task in done]

    def _stop_threads(self) -> None:
        for thread in self._threads.values():
            thread.stop()

    def wait_threads(self) -> None:
        """The main loop has ended: until the others have, too."""
        deadline = time.monotonic() + max(loops.LEAST_CANCEL_SECONDS, self._worker.control.time_left()) + _LATE_SECONDS
        for thread in self._threads.values():
            thread.wait(deadline - time.monotonic())

    # ---- control.Engine

    def drain(self, grace: float) -> None:
        self._loop.call_soon_threadsafe(self._begin_drain, grace)

    def in_main_thread(self, function: Callable[[], None]) -> None:
        # As loop.add_signal_handler() does: no step of the loop's is interrupted by it.
        self._loop.call_soon_threadsafe(function)

    def part(self, sessions: bool) -> None:
        for lane in self._lanes:
            try:
                lane.loop.call_soon_threadsafe(lane.part, sessions)
            except RuntimeError:
                # It is closed: nothing is left on it.
                continue

    def abandon(self) -> None:
        self._lost = "the front is gone"
        self._loop.call_soon_threadsafe(self._abandon)

    def _abandon(self) -> None:
        # Should the front be there and have closed the control link alone, it hears no more of the requests that run: they are those of a
        # worker that was lost, and sent again where that may be.
        self._begin_drain(0.0)
        self._lanes[0].give_up()
        for lane, thread in self._threads.items():
            thread.post(lane.give_up)

    def interrupt(self, link: int, stream: int, reason: int) -> None:
        if reason == wire.CANCEL_TIMEOUT:
            self._lanes[link % len(self._lanes)].interrupt(link, stream)

    def where(self, link: int, stream: int) -> str:
        return self._lanes[link % len(self._lanes)].where(link, stream)

    def describe_thread(self, ident: int, frame: FrameType) -> str:
        return "".join(lane.describe_thread(ident) for lane in self._lanes)

    def describe_tasks(self) -> str:
        return "\n".join(filter(None, (lane.describe_tasks() for lane in self._lanes)))

    def probe(self, timeout: float) -> float:
        until = time.monotonic() + timeout
        for lane in self._lanes:
            lane.send_probe()
        return max(lane.lag(max(0.0, until - time.monotonic())) for lane in self._lanes)


async def _finish(lane: Lane) -> None:
    lane.finish()


def _raise(error: BaseException) -> None:
    raise error
