"""WSGI as an interface of the worker; see ../adapters.py. What serves it is imported when it is needed."""

from __future__ import annotations

from typing import Any, Optional

from .. import wire
from ..adapter import Adapter
from ..detect import fits, is_coroutine_callable


class WsgiAdapter(Adapter):
    """PEP 3333, in threads."""

    name = "wsgi"
    features = wire.FEATURE_INTERRUPTIBLE_THREADS | wire.FEATURE_WHOLE_BODIES

    def refuse(self, application: Any, found: Optional[str]) -> Optional[str]:
        coroutine = not isinstance(application, type) and is_coroutine_callable(application)
        if coroutine or found == "asgi":
            return "is an ASGI application; it cannot be served with --interface wsgi."
        if not fits(application, 2):
            return "cannot be called with environ and start_response; it cannot be served with --interface wsgi."
        return None

    def prepare(self, loop: str) -> None:
        from . import engine  # noqa: F401

    def run(self, worker: Any, application: Any) -> int:
        from .engine import WsgiEngine

        return WsgiEngine(worker, application).serve()


WSGI = WsgiAdapter()
