"""The shim's own threads."""

from __future__ import annotations

import threading
from typing import Any, Callable


def start(name: str, run: Callable[[], object]) -> None:
    """
    Starts a thread of the shim's, which does not keep the process. Raises RuntimeError where the system has none to give.

    A debugger that stops all threads at a breakpoint (pydevd: debugpy, PyCharm) leaves these alone: a worker whose control
    link's thread stands still does not answer, and is replaced with the session in it.
    """
    thread: Any = threading.Thread(target=run, name=name, daemon=True)
    thread.pydev_do_not_trace = True
    thread.is_pydev_daemon_thread = True
    thread.start()
