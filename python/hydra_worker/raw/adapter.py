"""Hydra's own interface as one of the worker; see ../adapters.py. What serves it is imported when it is needed."""

from __future__ import annotations

from typing import Any, Optional

from .. import wire
from ..adapter import Adapter
from ..detect import parameters


class RawAdapter(Adapter):
    """A function of a request. From outside it cannot be told from others: it is served where the user says so."""

    name = "raw"
    wants_loop = True
    has_loops = True
    features = wire.FEATURE_WEB_SOCKETS

    def recognises(self, application: Any, found: Optional[str]) -> bool:
        return False

    def refuse(self, application: Any, found: Optional[str]) -> Optional[str]:
        known = parameters(application)
        if known is None or len(known[0]) == 1 or (known[1] and not known[0]):
            return None
        return f"takes {len(known[0])} arguments; with --interface raw an application is a function of one, the request."

    def prepare(self, loop: str) -> None:
        from ..eventloop import loops
        from . import engine  # noqa: F401

        loops.prepare(loop)

    def run(self, worker: Any, application: Any) -> int:
        from ..eventloop import engine
        from .engine import RawEngine

        return engine.run(worker, lambda worker, loop: RawEngine(worker, loop, application))


RAW = RawAdapter()
