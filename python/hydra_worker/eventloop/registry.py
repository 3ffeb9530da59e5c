"""asyncio's set of all tasks, to which each task of a request is added, where the native part of the worker is in use."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakSet

from .. import speedups

# Up to Python 3.11, and from 3.12 on that of the tasks that have not ended with their first step.
_NAMES = ("_all_tasks", "_scheduled_tasks")


def quicken() -> None:
    """Has tasks be added to it natively: the set is the same, and has what it had. Where it is another kind of set nothing is done."""
    for name in _NAMES:
        tasks: Any = getattr(asyncio.tasks, name, None)
        if type(tasks) is WeakSet and set(vars(tasks)) >= {"data", "_pending_removals", "_iterating"}:
            tasks.add = speedups.module.adder_of(tasks)  # type: ignore[union-attr]
