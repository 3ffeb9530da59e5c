"""`--busy-poll`: the loop is kept turning for a moment after a request, so that it is awake when the next one comes."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

# With more requests than this at once the links have something to read anyway, and the processor is somebody else's.
FEW = 2


class BusyPoll:
    """One for the links of a loop, on the loop's thread. Whatever else runs on the loop has each of its turns as ever."""

    __slots__ = ("_loop", "_seconds", "_until", "_turns")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._until = 0.0
        self._turns = False

    def attach(self, link: Any) -> None:
        """From now on, before the link is opened. A link whose bytes a transport of the loop's moves is left as it is."""
        readable = getattr(link, "_on_readable", None)
        if readable is None:
            return
        meter, streams = link._meter, link.streams

        def read() -> None:
            before = meter.requests
            readable()
            # Less than before: the meter has begun anew, which it does with requests that go on, or with many.
            if 0 <= meter.requests - before <= FEW and len(streams) <= FEW:
                self._until = monotonic() + self._seconds
                if not self._turns:
                    self._turns = True
                    self._loop.call_soon(self._turn)

        link._on_readable = read

    def _turn(self) -> None:
        self._turns = monotonic() < self._until
        if self._turns:
            self._loop.call_soon(self._turn)
