"""One thing to do: what it is, and how its thread and its coroutine are stopped."""

from __future__ import annotations

from typing import Any, Optional

from .. import native
from ..interruption import Interruptible

CALL, STREAM, DEFERRED = 0, 1, 2
CANCELLED, TIMED_OUT = 1, 2


class Job:
    """`number` is the front's; `attempt` counts from 1; `is_wanted` says whether somebody wants to know what comes of it. Other threads call stop() alone."""

    __slots__ = ("number", "attempt", "kind", "is_wanted", "name", "payload", "runner", "done", "notice", "_lock", "_task", "_loop")

    def __init__(self, number: int, attempt: int, kind: int, is_wanted: bool, name: str, payload: bytes, runner: Interruptible) -> None:
        self.number = number
        self.attempt = attempt
        self.kind = kind
        self.is_wanted = is_wanted
        self.name = name
        self.payload = payload
        self.runner = runner
        self.done = native.Event()
        self.notice = 0
        self._lock = native.Lock()
        self._task: Optional[Any] = None
        self._loop: Optional[Any] = None

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants it any more."""
        return self.notice != 0

    def enter_loop(self, loop: Any, task: Any) -> bool:
        """Its coroutine runs from now on; False where it is to be stopped already."""
        with self._lock:
            self._loop, self._task = loop, task
            return not self.notice

    def leave_loop(self) -> None:
        """Its coroutine has ended."""
        with self._lock:
            self._task = None

    def stop(self, notice: int, kind: type) -> None:
        """Has its coroutine cancelled. A thread whose time is over is interrupted with `kind`; one that nobody waits for may ask."""
        with self._lock:
            if self.notice:
                return
            self.notice = notice
            task, loop = self._task, self._loop
        if task is not None and loop is not None:
            loop.call_soon_threadsafe(task.cancel)
        elif notice == TIMED_OUT:
            self.runner.interrupt(self, kind)
