"""
Trio in the place of the event loop: what eventloop/ calls of one, by the names of asyncio's methods.

Lives on the main thread, in whose trio.run() it is; call_soon_threadsafe(), current_task() and all_tasks() are for any thread.
"""

from __future__ import annotations

import sys
from collections import deque
from types import FrameType
from typing import Any, Awaitable, Callable, Coroutine, Deque, Dict, Iterator, List, Optional, Tuple, Union

import trio
from trio.lowlevel import Abort, current_root_task, current_task, current_trio_token, reschedule, spawn_system_task
from trio.lowlevel import wait_readable, wait_task_rescheduled, wait_writable

from .. import native
from ..eventloop.tasktree import Node
from ..logs import logger
from .tasks import SeenTask, TrioFuture, TrioTask

Callback = Callable[..., object]


class TrioHost:
    """See the module's description."""

    # No __dict__: tasks.starter() sees by it that a first step cannot be taken out of its turn.
    __slots__ = ("_nursery", "_token", "_root", "_soon", "_pump", "_watched", "_tasks", "failure")

    # What a task raises that is cancelled.
    cancelled = trio.Cancelled

    def __init__(self, nursery: Any) -> None:
        self._nursery = nursery
        self._token = current_trio_token()
        self._root = current_root_task()
        # what is to be called in the next turn; the task that does it, while it waits
        self._soon: Deque[Tuple[Callback, Tuple[Any, ...]]] = deque()
        self._pump: Any = None
        # the scopes of those that wait for a socket, by its number and whether it is to be read
        self._watched: Dict[Tuple[int, bool], trio.CancelScope] = {}
        # requests and what else was started here, by the coroutine
        self._tasks: Dict[Any, TrioTask] = {}
        # SystemExit or KeyboardInterrupt of a callback: the worker ends with it
        self.failure: Optional[BaseException] = None
        spawn_system_task(self._run_soon, name="hydra callbacks")

    # ---- callbacks

    def call_soon(self, callback: Callback, *arguments: Any) -> None:
        """In the next turn."""
        self._soon.append((callback, arguments))
        pump, self._pump = self._pump, None
        if pump is not None:
            reschedule(pump)

    def call_soon_threadsafe(self, callback: Callback, *arguments: Any) -> None:
        """From any thread; raises RuntimeError when trio runs no more."""
        self._token.run_sync_soon(self._call, callback, *arguments)

    def call_later(self, delay: float, callback: Callback, *arguments: Any) -> None:
        """After so many seconds."""
        spawn_system_task(self._call_later, delay, callback, arguments, name="hydra timer")

    async def _run_soon(self) -> None:
        while True:
            while self._soon:
                callback, arguments = self._soon.popleft()
                self._call(callback, *arguments)
            self._pump = current_task()
            await wait_task_rescheduled(self._abort_pump)

    def _abort_pump(self, raise_cancel: Any) -> Abort:
        self._pump = None
        return Abort.SUCCEEDED

    async def _call_later(self, delay: float, callback: Callback, arguments: Tuple[Any, ...]) -> None:
        await trio.sleep(delay)
        self._call(callback, *arguments)

    def _call(self, callback: Callback, *arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception:
            logger.exception("Exception in a callback")
        except BaseException as error:
            # Out of a system task it would be an error of trio's.
            self.failure = error
            self._nursery.cancel_scope.cancel()

    # ---- sockets

    def add_reader(self, descriptor: int, callback: Callback) -> None:
        """Calls it whenever the socket can be read."""
        self._watch((descriptor, True), wait_readable, callback)

    def add_writer(self, descriptor: int, callback: Callback) -> None:
        """Calls it whenever the socket can be written."""
        self._watch((descriptor, False), wait_writable, callback)

    def remove_reader(self, descriptor: int) -> None:
        self._unwatch((descriptor, True))

    def remove_writer(self, descriptor: int) -> None:
        self._unwatch((descriptor, False))

    def _watch(self, key: Tuple[int, bool], wait: Callable[[int], Awaitable[None]], callback: Callback) -> None:
        self._unwatch(key)
        scope = self._watched[key] = trio.CancelScope()
        spawn_system_task(self._watch_one, scope, wait, key[0], callback, name="hydra link")

    def _unwatch(self, key: Tuple[int, bool]) -> None:
        scope = self._watched.pop(key, None)
        if scope is not None:
            scope.cancel()

    async def _watch_one(
        self, scope: trio.CancelScope, wait: Callable[[int], Awaitable[None]], descriptor: int, callback: Callback
    ) -> None:
        with scope:
            while not scope.cancel_called:
                await wait(descriptor)
                self._call(callback)

    # ---- tasks

    def create_future(self) -> TrioFuture:
        return TrioFuture()

    def create_task(self, coroutine: Coroutine[Any, Any, None]) -> TrioTask:
        """Begins in the next turn. The coroutine raises nothing."""
        task = self._tasks[coroutine] = TrioTask(coroutine)
        self._nursery.start_soon(self._run_task, task)
        return task

    async def _run_task(self, task: TrioTask) -> None:
        try:
            await task.main()
        finally:
            del self._tasks[task.get_coro()]

    def run_in_executor(self, executor: None, function: Callable[..., Any], *arguments: Any) -> Awaitable[Any]:
        """In a thread of trio's."""
        return trio.to_thread.run_sync(function, *arguments)

    # ---- for the log, and for requests whose time is over

    def current_task(self) -> Optional[Union[TrioTask, SeenTask]]:
        """What the main thread runs: one that was started here, or one of the application's."""
        outermost = {getattr(task.coro, "cr_frame", None): task for task in self._walk()}
        # The interpreter's lock may be given away between two steps: frames are compared and not kept.
        frame: Optional[FrameType] = sys._current_frames().get(native.main_ident)
        own = {getattr(coroutine, "cr_frame", None): task for coroutine, task in list(self._tasks.items())}
        while frame is not None:
            if frame in own:
                return own[frame]
            if frame in outermost:
                return SeenTask(outermost[frame])
            frame = frame.f_back
        return None

    def all_tasks(self) -> List[SeenTask]:
        """Those of the application's, and not those that were started here."""
        own = self._run_task.__func__.__code__  # type: ignore[attr-defined]
        return [SeenTask(task) for task in self._walk() if getattr(task.coro, "cr_code", None) is not own]

    def task_nodes(self) -> Iterator[Node]:
        """All tasks, with those of their nurseries below them; a request's by its own coroutine."""
        own = self._run_task.__func__.__code__  # type: ignore[attr-defined]
        for task in self._walk():
            children: List[Any] = []
            for nursery in list(task.child_nurseries):
                children.extend(nursery.child_tasks)
            coroutine = task.coro
            if getattr(coroutine, "cr_code", None) is own and coroutine.cr_frame is not None:
                coroutine = coroutine.cr_frame.f_locals["task"].get_coro()
            yield Node(task, str(task.name), coroutine, children)

    def _walk(self) -> Iterator[Any]:
        waiting = [self._root]
        while waiting:
            task = waiting.pop()
            yield task
            for nursery in list(task.child_nurseries):
                try:
                    waiting.extend(nursery.child_tasks)
                except RuntimeError:
                    # Another thread has changed it: the log has some less.
                    continue
