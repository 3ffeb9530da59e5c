"""aiohttp's web.Application as an interface of the worker; see ../adapters.py."""

from __future__ import annotations

import sys
from typing import Any, Optional

from .. import wire
from ..adapter import Adapter
from ..loading import AsyncFactory


class AiohttpAdapter(Adapter):
    """See the module's description."""

    name = "aiohttp"
    wants_loop = True
    features = wire.FEATURE_WEB_SOCKETS

    def owns(self, application: Any) -> bool:
        # An application is there only where aiohttp has been imported.
        module = sys.modules.get("aiohttp.web")
        if module is None:
            return False
        return isinstance(application, (AsyncFactory, module.Application, module.AppRunner))

    def refuse(self, application: Any, found: Optional[str]) -> Optional[str]:
        return None if self.owns(application) else "is no web.Application of aiohttp's."

    def prepare(self, loop: str) -> None:
        from . import host  # noqa: F401

    def run(self, worker: Any, application: Any) -> int:
        from ..eventloop import hosted
        from .host import AiohttpHost

        return hosted.run(worker, application, AiohttpHost)


AIOHTTP = AiohttpAdapter()
