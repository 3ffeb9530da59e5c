"""Where several event loops in one process (`--worker-loops`) are refused."""

from __future__ import annotations

import sys
from typing import Optional

from . import ontrio, process, wire
from .adapter import Adapter
from .boot import Boot
from .errors import StartError, internal


def check(boot: Boot, adapter: Adapter) -> None:
    """When the application is imported: an extension module may have turned the GIL on. Raises StartError."""
    number = boot.worker_loops
    if not adapter.has_loops:
        instead = (
            f"which runs its requests in threads: use --threads {number}"
            if not adapter.wants_loop
            else f"whose applications belong to one event loop: use --workers {number}"
        )
        raise StartError(
            wire.FAILURE_INTERFACE_MISMATCH,
            f'"{boot.app}" is served as {adapter.name.upper()}, {instead} in the place of --worker-loops {number}.',
        )
    if boot.loop == ontrio.NAME:
        raise internal(f"--worker-loops {number}: there is one loop of trio's in a process: use --workers {number} instead.")
    problem = lock_problem()
    if problem is not None:
        raise internal(f"--worker-loops {number} is for a Python without a global interpreter lock: {problem}. Use --workers {number} instead.")


def lock_problem() -> Optional[str]:
    """Why this Python runs one thread at a time; None where it does not."""
    if not process.has_gil():
        return None
    import sysconfig

    version = process.python_version()
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return (
            f"{version} is a free-threaded build, but its lock is on, by PYTHON_GIL or by an extension module that was imported and "
            "needs it (Python has warned of that)"
        )
    return f"{version} has one ({sys.executable}), as all builds have that are not free-threaded"
