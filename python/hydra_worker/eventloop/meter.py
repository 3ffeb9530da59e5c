"""
What requests cost the event loop, for the front: it gives this worker no more than it comes to soon.

The time in which a batch of requests is begun is measured as it passes, blocking calls included. Of what they do
in later steps the loop's thread knows its processor time. To read that takes two system calls a batch, which are
made while there are requests with later steps.
"""

from __future__ import annotations

import time
from time import monotonic
from typing import Any, Callable, Dict, List, Optional

from .. import speedups

# When the front is told: after so many requests, or so many seconds.
_REQUESTS = 64
_SECONDS = 0.002
_U32 = 0xFFFFFFFF

_thread_time: Callable[[], float] = getattr(time, "thread_time", lambda: 0.0)


class PythonMeter:
    """One for all links of the loop, whose thread it belongs to."""

    __slots__ = ("requests", "_busy", "_began", "_processor", "_unfinished")

    def __init__(self) -> None:
        # since the front was told: requests that were begun (whoever begins one counts it here), and seconds
        self.requests = 0
        self._busy = 0.0
        # when the batch began that is handled
        self._began = 0.0
        # the processor time at the end of the last batch; None where no request went on after it
        self._processor: Optional[float] = None
        # each link's requests that go on
        self._unfinished: List[Dict[Any, Any]] = []

    def add(self, unfinished: Dict[Any, Any]) -> None:
        """A link's requests that have later steps, as the link keeps them."""
        self._unfinished.append(unfinished)

    def begin(self) -> float:
        """A batch begins. Returns the time of the monotonic clock."""
        if self._processor is not None:
            self._busy += _thread_time() - self._processor
        self._began = now = monotonic()
        return now

    def end(self) -> bool:
        """The batch is over. Says whether the front should hear of it."""
        self._busy += monotonic() - self._began
        self._processor = _thread_time() if any(self._unfinished) else None
        return self.requests >= _REQUESTS or self._busy >= _SECONDS

    def take(self) -> "tuple[int, int]":
        """Microseconds and requests since the last time."""
        report = min(int(self._busy * 1_000_000), _U32), self.requests
        self._busy = 0.0
        self.requests = 0
        return report


LoopMeter: Any = speedups.module.Meter if speedups.module is not None else PythonMeter
