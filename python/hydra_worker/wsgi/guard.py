"""
Raises in the thread that runs a request, and in no other request than that.

A thread of a WSGI worker is *exposed* while it runs the application's code, and only then is anything raised
in it from outside: what the shim does for it is shared with other requests. Where an exposed thread calls the
shim it is shielded again, and takes note there of an interruption that came in the meantime.

What makes this free of races without a lock for each step: the thread writes `exposed` (or `request`) and
then reads `interruption`, while the other side writes `interruption` and then reads `exposed` and `request`,
so that at least one of the two sees the other; and whoever sees it takes the lock.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, Callable, Dict, List, Optional, Type

from .. import mainthread, native, process
from ..errors import RequestInterrupted
from ..logs import warn_once
from ..tracebacks import is_ours
from .files import FileWrapper
from .stream import WsgiStream

# Longer than a processor keeps a write to itself. Without the interpreter's lock nothing else orders it.
_SETTLE_SECONDS = 0.001


class Runner:
    """One thread that runs requests. The methods are its own but for interrupt()."""

    __slots__ = ("ident", "request", "exposed", "interruption", "_application", "_lock")

    def __init__(self, application: Any, lock: Any) -> None:
        self.ident = native.get_ident()
        self._application = application
        self._lock = lock
        # written by this thread alone
        self.request: Optional[WsgiStream] = None
        self.exposed = False
        # written by whoever interrupts the request, and forgotten with the request; see the module
        self.interruption: Optional[Type[RequestInterrupted]] = None

    def begin(self, request: WsgiStream) -> None:
        """The thread has taken a request."""
        self.request = request

    def end(self) -> None:
        """It is through with it."""
        self.request = None
        if self.interruption is not None:
            with self._lock:
                self.interruption = None

    def application(self, environ: Any, start_response: Any) -> Any:
        """The application with its code exposed."""
        result = self.call(self._application, environ, start_response)
        if type(result) is list or type(result) is tuple or not hasattr(result, "__iter__"):
            return result
        if isinstance(result, (bytes, str, FileWrapper)):
            return result
        return _Iteration(self, result)

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
                _set_exception(self.ident, None)

    # ---- for other threads

    def interrupt(self, request: WsgiStream, kind: Type[RequestInterrupted]) -> bool:
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

    def _raise_outside(self, kind: Type[RequestInterrupted]) -> None:
        if self.ident == native.main_ident and mainthread.ask(self._look):
            return
        if not _set_exception(self.ident, kind):
            warn_once("interrupt", "This Python cannot interrupt the threads that run requests")

    def _look(self, frame: Optional[FrameType]) -> bool:
        """In the main thread, which is this one, when it has come back to Python code."""
        kind = self.interruption
        if kind is None or not self.exposed:
            return True
        while frame is not None and frame.f_code is not Runner.call.__code__:
            if is_ours(frame.f_code.co_filename):
                # It has called the shim, as a handler of its log does.
                return False
            frame = frame.f_back
        raise kind()


class _Iteration:
    """The application's iterable, with its code exposed."""

    __slots__ = ("_runner", "_result", "_next")

    def __init__(self, runner: Runner, result: Any) -> None:
        self._runner = runner
        self._result = result
        self._next: Optional[Callable[[], Any]] = None

    def __iter__(self) -> "_Iteration":
        self._next = self._runner.call(iter, self._result).__next__
        return self

    def __next__(self) -> Any:
        assert self._next is not None
        return self._runner.call(self._next)

    def close(self) -> None:
        """Never exposed: it cleans up."""
        close = getattr(self._result, "close", None)
        if close is not None:
            close()


class Guard:
    """The threads of a worker whose requests can be interrupted. Any thread."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = native.Lock()
        self._runners: Dict[int, Runner] = {}

    def enter(self) -> Runner:
        """The calling thread runs requests from now on."""
        runner = Runner(self._application, self._lock)
        self._runners[runner.ident] = runner
        return runner

    def shielded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs code of the shim, called by the application on whatever thread."""
        runner = self._runners.get(native.get_ident())
        return function(*arguments) if runner is None else runner.shielded(function, *arguments)

    def is_interrupted(self) -> bool:
        """Whether the request that the calling thread runs was interrupted."""
        runner = self._runners.get(native.get_ident())
        return runner is not None and runner.interruption is not None

    def running(self) -> List[WsgiStream]:
        """The requests that run."""
        requests = [runner.request for runner in list(self._runners.values())]
        return [request for request in requests if request is not None]

    def runner_of(self, link: Any, stream: int) -> Optional[Runner]:
        """Which thread runs the stream; None if none does."""
        for runner in list(self._runners.values()):
            request = runner.request
            if request is not None and request.id == stream and request.link is link:
                return runner
        return None


def _set_exception(ident: int, kind: Optional[Type[RequestInterrupted]]) -> bool:
    """
    Has the interpreter raise in a thread at its next instruction, or forget that it was to. PyPy cannot.
    """
    try:
        import ctypes

        set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    except (ImportError, AttributeError):
        return False
    value = None if kind is None else ctypes.py_object(kind)
    return bool(set_exception(ctypes.c_ulong(ident), value))
