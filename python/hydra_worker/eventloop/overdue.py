"""
Requests whose time is over.

The event loop hears of them by CANCEL and cancels their tasks. Where something holds the loop up, it hears
nothing: then the control link's INTERRUPT tells a thread of this module's, which finds out what that is, and
raises in the main thread if it is one of these very requests.
"""

from __future__ import annotations

import asyncio
import time
from types import FrameType
from typing import Any, Dict, Iterable, Optional, Tuple

from .. import mainthread, native, stacks
from ..errors import RequestTimeout
from ..logs import logger, warn_once
from ..streams import request_id
from ..tracebacks import is_ours
from . import relatives, tasktree
from .link import DataLink
from .stream import LoopStream

# How long the loop may take to answer before it counts as held up, and how often it is asked.
_PATIENCE_SECONDS = 0.25
_PAUSE_SECONDS = 0.1
# The same where somebody waits for what is found out.
_SHORT_PATIENCE_SECONDS = 0.1
# A loop that answers has handled the CANCEL of a request after this time.
_KEEP_SECONDS = 1.0

Key = Tuple[DataLink, int]


class Overdue:
    """See the module's description. Each method says whose it is."""

    def __init__(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        self._loop = loop
        # in which the loop runs
        self._thread = thread
        # what INTERRUPT named and no CANCEL has ended, and when it came; any thread, step by step
        self._waiting: Dict[Key, float] = {}
        self._lock = native.Lock()
        self._watching = False
        # what was found to hold the loop up, and is in the log: a request, a task or the loop itself
        self._reported: Any = None

    # ---- the loop's thread

    def stop(self, stream: LoopStream) -> None:
        """CANCEL has come: cancels the request's task."""
        self._waiting.pop((stream.link, stream.id), None)
        task = stream.link.unfinished.get(stream)
        if task is None or task.done():
            return
        if self._reported is not stream:
            self._report(stream, task, "Its task is here", relatives.stacks_of(stream, task, self._loop))
        task.cancel()

    def _look(self, frame: Optional[FrameType]) -> bool:
        """The main thread has come back to Python code; raises there if that is an overdue request's."""
        task = current_task(self._loop)
        stream = _request_of(task)
        if task is None or stream is None or (stream.link, stream.id) not in self._waiting:
            return True
        outermost = getattr(task.get_coro(), "cr_frame", None)
        if frame is outermost:
            return False
        while frame is not None and frame is not outermost:
            if is_ours(frame.f_code.co_filename):
                # It has called the shim, in send() or its log; what that does is shared with others.
                return False
            frame = frame.f_back
        if frame is None:
            return False
        self._waiting.pop((stream.link, stream.id), None)
        raise RequestTimeout()

    # ---- the control link's thread

    def where(self, stream: LoopStream) -> str:
        """Where a request is that goes on; empty where it has ended."""
        if _request_of(current_task(self._loop)) is stream:
            # Its coroutine is in the middle of something, and holds the loop up.
            return self._stack()
        task = stream.link.unfinished.get(stream)
        if task is None:
            return ""
        text = relatives.stacks_of(stream, task, self._loop)
        if not self._loop_answers(_SHORT_PATIENCE_SECONDS):
            text += f"\nThe event loop is held up meanwhile, here:\n{self._stack()}"
        return text

    def describe_thread(self, ident: int) -> str:
        """What the loop's thread runs, if it is this one."""
        task = current_task(self._loop) if ident == self._thread else None
        stream = _request_of(task)
        return "" if stream is None else _described(stream, task.get_coro())

    def describe_tasks(self, links: Iterable[DataLink]) -> str:
        """Where all tasks of the loop are."""
        requests = {task.get_coro(): stream for link in links for stream, task in list(link.unfinished.items())}
        current = current_task(self._loop)
        running = current.get_coro() if current is not None else None

        def describe(node: tasktree.Node) -> str:
            stream = requests.get(node.coroutine)
            said = [] if stream is None else [_described(stream, node.coroutine)]
            if node.coroutine is running:
                said.append("runs now: see its thread")
            return ", ".join(said)

        return tasktree.show(tasktree.nodes_of(self._loop), describe)

    def add(self, link: DataLink, stream: int) -> None:
        """INTERRUPT has come."""
        with self._lock:
            self._waiting[(link, stream)] = time.monotonic()
            if not self._watching:
                try:
                    native.start("hydra-overdue", self._run)
                except RuntimeError as error:
                    # The next one tries again; the loop has the CANCEL, too.
                    logger.error("A request whose time is over cannot be looked after: %s", error)
                else:
                    self._watching = True

    # ---- the thread that watches the loop while there is something to watch

    def _run(self) -> None:
        while True:
            if self._loop_answers():
                self._reported = None
                before = time.monotonic() - _KEEP_SECONDS
                with self._lock:
                    for key, since in list(self._waiting.items()):
                        if since < before:
                            self._waiting.pop(key, None)
                    if not self._waiting:
                        self._watching = False
                        return
            elif self._waiting:
                self._find_culprit()
            native.sleep(_PAUSE_SECONDS)

    def _loop_answers(self, patience: float = _PATIENCE_SECONDS) -> bool:
        answered = native.Event()
        try:
            self._loop.call_soon_threadsafe(answered.set)
        except RuntimeError:
            # It is closed.
            return True
        return answered.wait(patience)

    def _find_culprit(self) -> None:
        task = current_task(self._loop)
        stream = _request_of(task)
        culprit = stream or task or self._loop
        first = culprit is not self._reported
        self._reported = culprit
        if stream is not None and (stream.link, stream.id) in self._waiting:
            if first:
                self._report(stream, task, "It holds up the event loop, here", self._stack())
            if self._thread != native.main_ident:
                warn_once("loop-thread", "Only the main thread's event loop can be interrupted: one that is held up in another ends with its worker")
            elif not mainthread.ask(self._look):
                warn_once("sigint", "The application handles SIGINT: its event loop cannot be interrupted")
        elif first:
            name = "a callback" if task is None else self._name(task) if stream is None else _title(stream, task)
            logger.error(
                "The event loop is held up by %s, and %d requests whose time is over wait for it. "
                "It is here:\n%s",
                name,
                len(self._waiting),
                stacks.clip(self._stack()),
            )

    # ---- words

    def _stack(self) -> str:
        return stacks.of_thread(self._thread)

    @staticmethod
    def _name(task: Any) -> str:
        """What the log calls a task that is not a request's own."""
        stream = relatives.stream_of(task)
        own = stream.link.unfinished.get(stream) if stream is not None else None
        return repr(task) if stream is None or own is None else f"{task!r}, which {_title(stream, own)} has started"

    def _report(self, stream: LoopStream, task: Any, where: str, text: str) -> None:
        logger.error(
            "%s is interrupted (request %s, %.1f s in this worker). %s:\n%s",
            _title(stream, task),
            request_id(stream.link.index, stream.id),
            time.monotonic() - stream.started,
            where,
            stacks.clip(text),
        )


def current_task(loop: asyncio.AbstractEventLoop) -> Any:
    """The task that the loop is in the middle of, or None."""
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return loop.current_task()
    try:
        return asyncio.current_task(loop)
    except RuntimeError:
        return None


def _request_of(task: Any) -> Optional[LoopStream]:
    """The request that a task runs, if it is the one that was started for it."""
    frame = _frame_of(task)
    stream = frame.f_locals.get("self") if frame is not None else None
    if isinstance(stream, LoopStream) and frame.f_code is stream.outermost().__code__:
        return stream
    return None


def _title(stream: LoopStream, task: Any) -> str:
    return _title_of(stream, task.get_coro() if task is not None else None)


def _described(stream: LoopStream, coroutine: Any) -> str:
    """A request as those are told who look at the worker."""
    return f"{_title_of(stream, coroutine)}, request {request_id(stream.link.index, stream.id)}, {time.monotonic() - stream.started:.1f} s"


def _title_of(stream: LoopStream, coroutine: Any) -> str:
    frame = getattr(coroutine, "cr_frame", None)
    return stream.title(frame.f_locals if frame is not None else {})


def _frame_of(task: Any) -> Any:
    """The outermost frame of the task, which is that of run() in the tasks of requests."""
    return getattr(task.get_coro(), "cr_frame", None) if task is not None else None
