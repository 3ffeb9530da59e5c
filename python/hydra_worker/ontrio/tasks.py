"""What eventloop/ knows of asyncio's tasks and futures, made of trio's."""

from __future__ import annotations

from contextvars import Context
from typing import Any, Coroutine, Generator, Optional

import trio
from trio.lowlevel import Abort, current_task, reschedule, wait_task_rescheduled


class TrioFuture:
    """For one who waits. Whoever gives the result is on the same thread."""

    __slots__ = ("_done", "_task")

    def __init__(self) -> None:
        self._done = False
        self._task: Any = None

    def done(self) -> bool:
        return self._done

    def set_result(self, value: None) -> None:
        """The waiter goes on in the next turn."""
        self._done = True
        task, self._task = self._task, None
        if task is not None:
            reschedule(task)

    def __await__(self) -> Generator[Any, Any, None]:
        if not self._done:
            self._task = current_task()
            yield from wait_task_rescheduled(self._abort).__await__()

    def _abort(self, raise_cancel: Any) -> Abort:
        self._task = None
        return Abort.SUCCEEDED


class TrioTask:
    """A coroutine that runs as a task of trio's, in a scope of its own. Its coroutine raises nothing."""

    __slots__ = ("_coroutine", "_scope", "_done", "_ended", "_context")

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine
        self._scope = trio.CancelScope()
        self._done = False
        self._ended: Optional[trio.Event] = None
        self._context: Optional[Context] = None

    async def main(self) -> None:
        """What the nursery runs."""
        self._context = current_task().context
        try:
            with self._scope:
                await self._coroutine
        finally:
            self._done = True
            if self._ended is not None:
                self._ended.set()

    def cancel(self) -> None:
        self._scope.cancel()

    def done(self) -> bool:
        return self._done

    async def wait(self) -> None:
        """Returns when it has ended."""
        if not self._done:
            if self._ended is None:
                self._ended = trio.Event()
            await self._ended.wait()

    def get_coro(self) -> Any:
        return self._coroutine

    def get_name(self) -> str:
        return getattr(self._coroutine, "__qualname__", "task")

    def get_context(self) -> Optional[Context]:
        return self._context


class SeenTask:
    """A task of the application's, as the log shows it."""

    __slots__ = ("_task",)

    def __init__(self, task: Any) -> None:
        self._task = task

    def __repr__(self) -> str:
        return f"<trio task {self._task.name}>"

    def get_coro(self) -> Any:
        return self._task.coro

    def get_name(self) -> str:
        return str(self._task.name)

    def get_context(self) -> Optional[Context]:
        return self._task.context
