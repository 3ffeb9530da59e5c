"""
Who sees to its threads after a fork by itself. Libraries that do (OpenTelemetry, loguru) register with
os.register_at_fork() while they are imported or set up; a thread of such a package is not missed in the workers.
"""

from __future__ import annotations

import os
import threading
from typing import Any, List, Set

_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep


class ForkHooks:
    """Listens for who registers from the time it is made until end()."""

    def __init__(self) -> None:
        self._packages: Set[str] = set()
        self._register: Any = getattr(os, "register_at_fork", None)
        if self._register is not None:
            os.register_at_fork = self._note

    def _note(self, **hooks: Any) -> None:
        self._register(**hooks)
        hook = hooks.get("after_in_child")
        code = getattr(getattr(hook, "__func__", hook), "__code__", None)
        # PyPy has code also for what is built in, which is of no file.
        file = getattr(code, "co_filename", None)
        # The standard library mends its own locks, and no thread.
        if file is not None and not (file.startswith(_LIBRARY) and "-packages" not in file):
            self._packages.add(_package(getattr(hook, "__module__", None)))

    def end(self) -> None:
        """The application is imported."""
        if self._register is not None and os.register_at_fork == self._note:
            os.register_at_fork = self._register

    def missed(self) -> List[str]:
        """The names of the threads, beside this one, that nobody starts again."""
        return [
            thread.name
            for thread in threading.enumerate()
            if thread is not threading.current_thread() and not self._packages & _packages_of(thread)
        ]


def _packages_of(thread: threading.Thread) -> Set[str]:
    """Of what it runs, and of its class."""
    target = getattr(thread, "_target", None)
    found = {_package(getattr(target, "__module__", None)), _package(type(thread).__module__)}
    return found - {"", "threading"}


def _package(module: Any) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""
