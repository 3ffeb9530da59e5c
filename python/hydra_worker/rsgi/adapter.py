"""RSGI as an interface of the worker; see ../adapters.py. What serves it is imported when it is needed."""

from __future__ import annotations

from typing import Any, Optional

from .. import wire
from ..adapter import Adapter
from ..detect import has_rsgi, parameters, takes


class RsgiAdapter(Adapter):
    """What has __rsgi__(scope, protocol), or, where the user says so, is such a coroutine function itself."""

    name = "rsgi"
    wants_loop = True
    has_loops = True
    features = wire.FEATURE_WEB_SOCKETS

    def refuse(self, application: Any, found: Optional[str]) -> Optional[str]:
        if has_rsgi(application):
            return None
        if found == "wsgi" and takes(application, "environ", "start_response"):
            return "is a WSGI application; it cannot be served with --interface rsgi."
        known = parameters(application)
        if known is None or len(known[0]) == 2 or (known[1] and len(known[0]) < 2):
            return None
        if found == "asgi2" or (found == "asgi" and len(known[0]) == 3):
            return f"is an {found} application, not rsgi; serve it with --interface {found}."
        return "has no __rsgi__, and does not take two arguments, scope and protocol; it cannot be served with --interface rsgi."

    def prepare(self, loop: str) -> None:
        from ..eventloop import loops
        from . import engine  # noqa: F401

        loops.prepare(loop)

    def run(self, worker: Any, application: Any) -> int:
        from ..eventloop import engine
        from .engine import RsgiEngine

        return engine.run(worker, lambda worker, loop: RsgiEngine(worker, loop, application))


RSGI = RsgiAdapter()
