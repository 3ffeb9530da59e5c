"""One event loop of a worker: its data links, the requests on them, and who looks after these."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, Awaitable, Callable, Iterable, List, Optional

from .. import links, native, wire
from ..boot import Boot
from ..watch import Watch
from . import transports
from .busypoll import BusyPoll
from .link import LINKS, DataLink, Serving
from .meter import LoopMeter
from .overdue import Overdue

# What sessions have at the end of their time, from their close to the end of their application.
_PARTING_SECONDS = 2.0
# Over which time their closes are spread, before that: their clients come again, and not all in one moment.
_SPREAD_SECONDS = 5.0
# In so many steps.
_SPREAD_STEPS = 50
# What a cancelled request may take for its cleanup.
CANCEL_SECONDS = 2.0


class Lane:
    """
    A worker has one, or with --worker-loops several, each with a loop in a thread of its own. Made and used in that thread, but
    for what stands under "the control link's thread".
    """

    def __init__(
        self,
        boot: Boot,
        loop: asyncio.AbstractEventLoop,
        serving: Serving,
        lost: Callable[[DataLink, str], None],
        wait_tasks: Callable[[List[Any], float], Awaitable[None]],
    ) -> None:
        self.loop = loop
        self.links: List[DataLink] = []
        self._boot = boot
        self._serving = serving
        self._lost = lost
        self._wait_tasks = wait_tasks
        self._watch = Watch(self._check_links)
        self._overdue = Overdue(loop, native.get_ident())
        # the control thread's probe of the loop: when it was sent, and what it found
        self._probe_sent = 0.0
        self._probe_back = native.Event()
        self._probe_back.set()
        self._lag = 0.0

    async def open(self, indices: Iterable[int]) -> None:
        """Opens the data links with these indices. Raises BootError."""
        self._watch.start()
        meter = LoopMeter()
        microseconds = self._boot.busy_poll_microseconds
        busy_poll = BusyPoll(self.loop, microseconds / 1_000_000) if microseconds else None
        for index in indices:
            await self._open_link(index, meter, busy_poll)

    async def _open_link(self, index: int, meter: LoopMeter, busy_poll: Optional[BusyPoll]) -> None:
        sock, request_window, response_window = links.open_link(self._boot, wire.LINK_DATA, index)
        link = transports.make(
            sock,
            self.loop,
            self._serving,
            request_window,
            response_window,
            self._lost,
            self._watch.arm,
            meter,
        )
        link.index = index
        LINKS[index] = link
        link.timed_out = self._overdue.stop
        link.interruptible = self._boot.interruptible
        link.patience = self._boot.disconnect_milliseconds / 1000
        if busy_poll is not None:
            busy_poll.attach(link)
        await link.open()
        self.links.append(link)

    def _check_links(self, age: float) -> bool:
        since = time.monotonic() - age
        return any([link.check(since) for link in self.links])

    # ---- the end

    def shut(self) -> None:
        """No request is begun any more."""
        for link in self.links:
            link.draining = True

    def part(self, sessions: bool) -> None:
        """Responses without an end of their own are to come to theirs, and sessions, if they are meant."""
        for link in self.links:
            for stream in list(link.streams.values()):
                stream.on_part()
                if sessions:
                    stream.end_session()

    async def drain(self, grace: float) -> int:
        """
        Waits for the requests that run, at most for the grace; cancels the others. Returns how many those
        were.
        """
        # Those that are sessions hear of the end while they can still say something.
        parting = min(_PARTING_SECONDS, grace / 2)
        spread = min(_SPREAD_SECONDS, grace / 4)
        if await self._wait_finished(grace - parting - spread) or await self._close_sessions(spread):
            return 0
        self.part(sessions=True)
        if await self._wait_finished(parting):
            return 0
        running = self._running()
        for task in running:
            task.cancel()
        await self._wait_finished(CANCEL_SECONDS)
        return len(running)

    async def _close_sessions(self, seconds: float) -> bool:
        """Ends the sessions one after the other within this time. Whether nothing runs any more."""
        deadline = time.monotonic() + seconds
        streams = [stream for link in self.links for stream in link.streams.values()]
        random.shuffle(streams)
        for step in range(_SPREAD_STEPS):
            for stream in streams[step::_SPREAD_STEPS]:
                stream.end_session()
            if await self._wait_finished((deadline - time.monotonic()) / (_SPREAD_STEPS - step)):
                return True
        return False

    async def _wait_finished(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            tasks = self._running()
            left = deadline - time.monotonic()
            if not tasks or left <= 0:
                return not tasks
            await self._wait_tasks(tasks, left)

    def _running(self) -> List["asyncio.Task[None]"]:
        return [task for link in self.links for task in link.unfinished.values()]

    def finish(self) -> None:
        """Sends what is left, and closes the links."""
        for link in self.links:
            link.finish()

    def give_up(self) -> None:
        """The front is gone: the links are closed, and applications hear that their clients have left."""
        for link in self.links:
            link.fail("the front is gone")

    def break_off(self) -> None:
        """Closes the links without a word of the requests that run."""
        for link in self.links:
            link.break_off()

    # ---- the control link's thread

    def count_running(self) -> int:
        """Requests that have not come to their end. Any thread: as good as it can be known there."""
        return sum(len(link.streams) for link in self.links)

    def interrupt(self, index: int, stream: int) -> None:
        """The time of this stream is over; `index` is the data link's."""
        # The loop has the CANCEL of the stream, too, unless something holds the loop up.
        for link in self.links:
            if link.index == index:
                self._overdue.add(link, stream)

    def where(self, index: int, stream: int) -> str:
        """Where the request of this stream is; empty where it has ended."""
        for link in self.links:
            found = link.streams.get(stream) if link.index == index else None
            if found is not None:
                return self._overdue.where(found)
        return ""

    def describe_thread(self, ident: int) -> str:
        """What the loop runs, if this is its thread."""
        return self._overdue.describe_thread(ident)

    def describe_tasks(self) -> str:
        """Where all tasks of the loop are."""
        return self._overdue.describe_tasks(self.links)

    def send_probe(self) -> None:
        """Asks the loop, unless it owes the answer to an earlier one."""
        if self._probe_back.is_set():
            self._probe_back.clear()
            self._probe_sent = time.monotonic()
            try:
                self.loop.call_soon_threadsafe(self._on_probe)
            except RuntimeError:
                # It is closed.
                self._lag = 0.0
                self._probe_back.set()

    def lag(self, timeout: float) -> float:
        """Seconds by which the loop is late; for an answer it has so long."""
        if self._probe_back.wait(timeout):
            return self._lag
        return time.monotonic() - self._probe_sent

    def _on_probe(self) -> None:
        self._lag = time.monotonic() - self._probe_sent
        self._probe_back.set()
