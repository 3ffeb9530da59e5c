"""
The task of one HTTP request: it calls the application, and sees to it that the stream ends with it, however that is.

Lives on the event loop's thread.
"""

from __future__ import annotations

from typing import Any, Dict

from .. import forks
from ..eventloop.exchange import CONNECTION
from ..eventloop.relatives import REQUEST
from ..logs import warn_once
from ..response import DONE
from .messages import HttpMessages


class HttpStream(HttpMessages):
    """See the module's description."""

    __slots__ = ()

    def title(self, variables: Dict[str, Any]) -> str:
        scope = variables.get("scope")
        if not isinstance(scope, dict):
            return super().title(variables)
        return f"{scope.get('method')} {(scope.get('raw_path') or b'').decode('latin-1')}"

    async def run(self, application: Any, scope: Dict[str, Any]) -> None:
        """Calls the application and sees to it that the stream ends with it."""
        if self.link.interruptible:
            REQUEST.set(self)
        scope[CONNECTION] = self.link.index, self.id
        try:
            result = await application(scope, self.receive, self.send)
            if result is None and self.is_through():
                return
        except BaseException as error:
            if forks.is_child:
                forks.leave(error)
            self._failed(error)
        else:
            if forks.is_child:
                forks.leave(None)
            if self.phase != DONE:
                self._unfinished()
            elif result is not None:
                warn_once("result", "The ASGI application should return None, but it returned %r", result)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)
