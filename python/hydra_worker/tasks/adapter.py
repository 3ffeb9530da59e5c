"""Deferred functions and pools as interfaces of the worker; see ../adapters.py. What serves them is imported when it is needed."""

from __future__ import annotations

from typing import Any

from ..adapter import Adapter


class TaskAdapter(Adapter):
    """What workers leave to other processes, in threads and on one event loop."""

    def __init__(self, name: str) -> None:
        # As the front has it: Hosting/JobPools and Configuration/TaskPools.
        self.name = name

    def run(self, worker: Any, application: Any) -> int:
        from .engine import TaskEngine

        return TaskEngine(worker, application, is_pool=self is POOL).serve()


TASKS = TaskAdapter("tasks")
POOL = TaskAdapter("pool")
BY_NAME = {each.name: each for each in (TASKS, POOL)}
