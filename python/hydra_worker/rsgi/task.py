"""
The task of a request or a WebSocket of an RSGI application: calls it, and sees to it that the stream ends with it.

Lives on the event loop's thread.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from .. import forks
from ..eventloop.answer import LoopAnswer
from ..eventloop.relatives import REQUEST
from ..response import DONE
from .errors import protocol_closed


class RsgiTask(LoopAnswer):
    """See the module's description."""

    __slots__ = ()

    interface = "RSGI"

    def left(self) -> Exception:
        return protocol_closed()

    def title(self, variables: Dict[str, Any]) -> str:
        scope = variables.get("scope")
        return f"{scope.method} {scope.path}" if scope is not None else super().title(variables)

    async def run(self, application: Any, scope: Any) -> None:
        if self.link.interruptible:
            REQUEST.set(self)
        error: Optional[BaseException] = None
        try:
            await application(scope, self)
        except BaseException as raised:
            error = raised
        if error is None and self.is_through():
            return
        if forks.is_child:
            forks.leave(error)
        if self.phase != DONE or error is not None:
            await self.settle(error)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)

    async def settle(self, error: Optional[BaseException]) -> None:
        """The application is through, with this error or none, and the stream is to end if it has not."""
        await self.finish(error)
