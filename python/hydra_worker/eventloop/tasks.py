"""
Starts a coroutine as an asyncio.Task and runs its first step at once.

Most requests finish in their first step. Scheduling it instead would cost a turn of the loop for each of
them.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import Any, Callable, Coroutine, List, Optional, Tuple

Start = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


def starter(loop: asyncio.AbstractEventLoop) -> Start:
    """
    The way to start tasks that fits the loop's present task factory. May be called only while no task runs.
    """
    if not hasattr(loop, "__dict__") or hasattr(loop, "_nest_patched"):
        # A loop whose methods cannot be replaced; or nest_asyncio's, which a step may run within itself, and then others
        # with it: the first step waits for the next turn.
        return loop.create_task
    if loop.get_task_factory() is not None:
        return _Capture(loop).start_with_factory
    if sys.version_info >= (3, 12):
        return _Eager(loop).start
    return _Capture(loop).start


class _Eager:
    """Python 3.12 and later have it built in."""

    __slots__ = ("_loop",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def start(self, coroutine: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return asyncio.Task(coroutine, loop=self._loop, eager_start=True)  # type: ignore[call-arg]


class _Capture:
    """
    A task's constructor hands its first step to loop.call_soon(), with the context that it made. For the time
    of the constructor that method is replaced on the loop's instance, which takes the step; it then runs just
    as the loop would have run it.
    """

    __slots__ = ("_loop", "_attributes", "_taken", "_coroutine")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._attributes = loop.__dict__
        self._taken: List[Tuple[Callable[[], object], Any]] = []
        self._coroutine: Optional[Coroutine[Any, Any, None]] = None

    def start(self, coroutine: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        attributes = self._attributes
        attributes["call_soon"] = self._take
        try:
            task = asyncio.Task(coroutine, loop=self._loop)
        finally:
            del attributes["call_soon"]
        if self._taken:
            step, context = self._taken.pop()
            context.run(step)
        return task

    def _take(self, callback: Callable[..., object], *args: Any, context: Any = None) -> None:
        self._taken.append((callback, context))

    def start_with_factory(self, coroutine: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """
        The factory may run other code, or the first step itself (an eager factory): only the step itself is
        taken.
        """
        self._coroutine = coroutine
        self._attributes["call_soon"] = self._take_step
        try:
            task = self._loop.create_task(coroutine)
        finally:
            self._attributes.pop("call_soon", None)
            self._coroutine = None
        if self._taken:
            step, context = self._taken.pop()
            context.run(step)
        return task

    def _take_step(self, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        task = getattr(callback, "__self__", None)
        coroutine = self._coroutine
        if (
            isinstance(task, asyncio.Task)
            and task.get_coro() is coroutine
            and not args
            and context is not None
        ):
            # A step that comes when the coroutine has begun is its second.
            if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                self._taken.append((callback, context))
                return None
        call_soon: Any = type(self._loop).call_soon
        return call_soon(self._loop, callback, *args, context=context)
