"""
Raises in the thread that runs a request or a task, and in no other one than that.

A thread is *exposed* while it runs the application's code, and only then is anything raised
in it from outside: what the shim does for it is shared with other requests. Where an exposed thread calls the
shim it is shielded again, and takes note there of an interruption that came in the meantime.

What makes this free of races without a lock for each step: the thread writes `exposed` (or `request`) and
then reads `interruption`, while the other side writes `interruption` and then reads `exposed` and `request`,
so that at least one of the two sees the other; and whoever sees it takes the lock.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, Callable, Optional, Type

from . import mainthread, native, process
from .logs import warn_once
from .tracebacks import is_ours

# Longer than a processor keeps a write to itself. Without the interpreter's lock nothing else orders it.
_SETTLE_SECONDS = 0.001


class Interruptible:
    """One thread that runs requests, or what else there is to do. The methods are its own but for interrupt()."""

    __slots__ = ("ident", "request", "exposed", "interruption", "_lock")

    def __init__(self, lock: Any) -> None:
        self.ident = native.get_ident()
        self._lock = lock
        # written by this thread alone
        self.request: Optional[Any] = None
        self.exposed = False
        # written by whoever interrupts the request, and forgotten with the request; see the module
        self.interruption: Optional[Type[BaseException]] = None

    def begin(self, request: Any) -> None:
        """The thread has taken a request."""
        self.request = request

    def end(self) -> None:
        """It is through with it."""
        self.request = None
        if self.interruption is not None:
            with self._lock:
                self.interruption = None

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs code of the application."""
        self.exposed = True
        try:
            if self.interruption is not None:
                self._settle()
            return function(*arguments)
        finally:
            self.exposed = False
            if self.interruption is not None:
                self._calm()

    def shielded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs code of the shim, called by the application."""
        if not self.exposed:
            return function(*arguments)
        self.exposed = False
        if self.interruption is not None:
            self._settle()
        try:
            return function(*arguments)
        finally:
            self.exposed = True
            if self.interruption is not None:
                self._settle()

    def _settle(self) -> None:
        """Raises here what was, or would have been, raised from outside."""
        self._calm()
        if self.interruption is not None:
            raise self.interruption()

    def _calm(self) -> None:
        """Whoever interrupts is through after this, and nothing is raised from outside any more."""
        with self._lock:
            if self.interruption is not None:
                set_exception(self.ident, None)

    # ---- for other threads

    def interrupt(self, request: Any, kind: Type[BaseException]) -> bool:
        """
        Raises in the code that runs the request. False if it does not run any more, or was interrupted
        before.
        """
        with self._lock:
            if self.interruption is not None:
                return False
            self.interruption = kind
            if not process.has_gil():
                native.sleep(_SETTLE_SECONDS)
            if self.request is not request:
                self.interruption = None
                return False
            if self.exposed:
                self._raise_outside(kind)
            return True

    def _raise_outside(self, kind: Type[BaseException]) -> None:
        if self.ident == native.main_ident and mainthread.ask(self._look):
            return
        if not set_exception(self.ident, kind):
            warn_once("interrupt", "This Python cannot interrupt the threads that run requests")

    def _look(self, frame: Optional[FrameType]) -> bool:
        """In the main thread, which is this one, when it has come back to Python code."""
        kind = self.interruption
        if kind is None or not self.exposed:
            return True
        while frame is not None and frame.f_code is not Interruptible.call.__code__:
            if is_ours(frame.f_code.co_filename):
                # It has called the shim, as a handler of its log does.
                return False
            frame = frame.f_back
        raise kind()


def set_exception(ident: int, kind: Optional[Type[BaseException]]) -> bool:
    """
    Has the interpreter raise in a thread at its next instruction, or forget that it was to. PyPy cannot.
    """
    try:
        import ctypes

        set_it = ctypes.pythonapi.PyThreadState_SetAsyncExc
    except (ImportError, AttributeError):
        return False
    value = None if kind is None else ctypes.py_object(kind)
    return bool(set_it(ctypes.c_ulong(ident), value))
