"""The threads of a WSGI worker whose requests can be interrupted: see ../interruption.py."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from .. import native
from ..interruption import Interruptible
from .files import FileWrapper
from .stream import WsgiStream


class Runner(Interruptible):
    """One thread that runs requests."""

    __slots__ = ("_application",)

    def __init__(self, application: Any, lock: Any) -> None:
        super().__init__(lock)
        self._application = application

    def application(self, environ: Any, start_response: Any) -> Any:
        """The application with its code exposed."""
        result = self.call(self._application, environ, start_response)
        if type(result) is list or type(result) is tuple or not hasattr(result, "__iter__"):
            return result
        if isinstance(result, (bytes, str, FileWrapper)):
            return result
        return _Iteration(self, result)


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
