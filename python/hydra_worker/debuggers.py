"""
Debuggers that the application is under: what they stop is no hang.

pydevd, which is at work in debugpy, VS Code and PyCharm, stops all threads at a breakpoint, those of the system too. Were
the control link's among them the front would take the worker for dead.
"""

from __future__ import annotations

import sys
import threading
from types import CodeType
from typing import Any, List, Optional, Tuple

from . import native

# What runs while a prompt of a debugger, or of an interpreter in the application, is open.
_PROMPTS: Tuple[Tuple[str, str, str], ...] = (
    ("bdb", "Bdb", "trace_dispatch"),
    ("pdb", "Pdb", "interaction"),
    ("cmd", "Cmd", "cmdloop"),
    ("code", "InteractiveConsole", "interact"),
    ("pydevd", "PyDB", "do_wait_suspend"),
)


class _OwnThread:
    """
    As an attribute of the objects by which `threading` knows threads that it has not made: whether it is one of ours.
    Debuggers ask for it, wherever and whenever they make such an object; they may set it for an object of their own.
    """

    def __get__(self, thread: Any, kind: Any = None) -> bool:
        return thread is not None and native.is_own(thread.ident)


def spare_own_threads() -> None:
    """The shim's own threads are not stopped at breakpoints, whether a debugger comes before them or after."""
    dummy = getattr(threading, "_DummyThread", None)
    if dummy is not None:
        # Not traced; not stopped, shown or waited for.
        dummy.pydev_do_not_trace = _OwnThread()
        dummy.is_pydev_daemon_thread = _OwnThread()


def at_work() -> bool:
    """
    Whether somebody is at a prompt or a breakpoint, or has attached to this process. Looks at all stacks where a debugger
    is loaded, so for probes alone.
    """
    if _is_attached(sys.modules.get("pydevd")):
        return True
    prompts = _prompts()
    if not prompts:
        return False
    own = native.get_ident()
    for ident, frame in sys._current_frames().items():
        at: Optional[Any] = frame if ident != own else None
        while at is not None:
            if at.f_code in prompts:
                return True
            at = at.f_back
    return False


def _is_attached(pydevd: Any) -> bool:
    try:
        return bool(pydevd._is_attached())
    except Exception:
        # Not loaded, one that has no such function (then its breakpoints are seen), or something else of this name.
        return False


def _prompts() -> List[CodeType]:
    found = []
    for module, kind, function in _PROMPTS:
        method = getattr(getattr(sys.modules.get(module), kind, None), function, None)
        code = getattr(method, "__code__", None)
        if code is not None:
            found.append(code)
    return found
