"""
What runs for a request beside its own task: the tasks that it has started, as middleware and task groups do, and the threads that
work for it. They are known by their context, which has been copied from the request's.
"""

from __future__ import annotations

import asyncio
import gc
from contextvars import Context, ContextVar
from types import FrameType
from typing import Any, List, Optional

from .. import native, stacks
from . import tasktree
from .stream import LoopStream

# The request for which this runs; set where requests can be interrupted.
REQUEST: "ContextVar[Optional[LoopStream]]" = ContextVar("hydra_request", default=None)

# Tasks that are shown of one request.
_MOST_TASKS = 16
# How deep a context may be hidden in what a pool of threads runs.
_DEEPEST = 4


def stream_of(task: Any) -> Optional[LoopStream]:
    """The request for which a task runs: its own one, or one that it has started."""
    context = _context_of_task(task)
    return context.get(REQUEST) if context is not None else None


def stacks_of(stream: LoopStream, own: Any, loop: asyncio.AbstractEventLoop) -> str:
    """Where the request's task is, then those that it has started, the oldest first, and threads that may be its."""
    parts = [stacks.of_coroutine(own.get_coro())]
    everything = asyncio.all_tasks(loop) if isinstance(loop, asyncio.AbstractEventLoop) else loop.all_tasks()
    others = [task for task in everything if task is not own and stream_of(task) is stream]
    for task in sorted(others, key=tasktree.age)[:_MOST_TASKS]:
        parts.append(f"Task {task.get_name()}:\n{stacks.of_coroutine(task.get_coro())}")
    threads = stacks.of_busy_threads(native.get_ident(), among=lambda frame: _may_be_for(stream, frame))
    if threads:
        parts.append(threads)
    return "\n".join(parts)


def _context_of_task(task: Any) -> Optional[Context]:
    # asyncio.Task says it from Python 3.12 on; its twin in Python has it in a field; of the one in C the collector knows it.
    get = getattr(task, "get_context", None)
    context = get() if get is not None else getattr(task, "_context", None)
    if context is None and task is not None:
        context = next((each for each in gc.get_referents(task) if isinstance(each, Context)), None)
    return context if isinstance(context, Context) else None


def _may_be_for(stream: LoopStream, frame: Optional[FrameType]) -> bool:
    """False for a thread that is known to work for another request, or to have ended its work for one."""
    found: List[Any] = []
    while frame is not None:
        for value in list(frame.f_locals.values()):
            context = _context_in(value, _DEEPEST)
            request = context.get(REQUEST) if context is not None else None
            if request is not None:
                found.append(request)
        frame = frame.f_back
    return not found or stream in found


def _context_in(value: Any, depth: int) -> Optional[Context]:
    """The context in what a pool is given to run: itself, its run(), a partial of that, or a work item that has one."""
    if isinstance(value, Context):
        return value
    if depth == 0 or isinstance(value, (str, bytes, int, float, dict, list, tuple)):
        return None
    kind = type(value).__name__
    if kind == "builtin_function_or_method":
        return value.__self__ if isinstance(value.__self__, Context) else None
    if kind == "partial":
        return _context_in(value.func, depth - 1)
    if kind == "_WorkItem":
        return _context_in(value.fn if hasattr(value, "fn") else value.task[0], depth - 1)
    return None
