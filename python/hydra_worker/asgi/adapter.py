"""ASGI 3 and ASGI 2 as interfaces of the worker; see ../adapters.py. What serves them is imported when it is needed."""

from __future__ import annotations

from typing import Any, Optional

from .. import ontrio, wire
from ..adapter import Adapter
from ..detect import fits, takes


_TAKES = {"asgi": 3, "asgi2": 1}


class AsgiAdapter(Adapter):
    """One of the two: they differ in how the application is called, and in what the scope says."""

    wants_loop = True
    has_loops = True
    has_trio = True
    has_lifespan = True
    features = wire.FEATURE_WEB_SOCKETS

    def __init__(self, name: str, version: str) -> None:
        self.name = name
        self._version = version

    def refuse(self, application: Any, found: Optional[str]) -> Optional[str]:
        if found == "wsgi" and takes(application, "environ", "start_response"):
            return f"is a WSGI application; it cannot be served with --interface {self.name}."
        if found in ("asgi", "asgi2") and found != self.name:
            return f"is an {found} application, not {self.name}; serve it with --interface {found}."
        if not fits(application, _TAKES[self.name]):
            of_rsgi = "; a coroutine function of two, scope and protocol, is served with --interface rsgi" if fits(application, 2) else ""
            wanted = "scope, receive and send" if self.name == "asgi" else "the scope"
            return f"cannot be called with {wanted}; it cannot be served with --interface {self.name}{of_rsgi}."
        return None

    def prepare(self, loop: str) -> None:
        if loop == ontrio.NAME:
            ontrio.find()
            from . import ontrio as _  # noqa: F401

            return
        from ..eventloop import loops
        from . import engine  # noqa: F401

        loops.prepare(loop)

    def run(self, worker: Any, application: Any) -> int:
        if self.name == "asgi2":
            application = _double_to_single(application)
        if worker.boot.loop == ontrio.NAME:
            from .ontrio import run

            return run(worker, application, self._version)
        from ..eventloop import engine
        from .engine import AsgiEngine

        return engine.run(worker, lambda worker, loop: AsgiEngine(worker, loop, application, self._version))


def _double_to_single(application: Any) -> Any:
    async def single(scope: Any, receive: Any, send: Any) -> None:
        await application(scope)(receive, send)

    return single


ASGI = AsgiAdapter("asgi", "3.0")
ASGI2 = AsgiAdapter("asgi2", "2.0")
