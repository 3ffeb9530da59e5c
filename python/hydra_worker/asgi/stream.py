"""
The task of one HTTP request: it calls the application, and sees to it that the stream ends with it, however that is.

Lives on the event loop's thread.
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional

from .. import forks, wire
from ..errors import ClientDisconnected, RequestInterrupted
from ..eventloop.relatives import REQUEST
from ..logs import log_exception, logger, warn_once
from ..response import DONE, HELD, IDLE, reset_frame
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
        try:
            result = await application(scope, self.receive, self.send)
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

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, RequestInterrupted) or (
            (self.gone or self.finished)
            and (isinstance(error, asyncio.CancelledError) or is_disconnect(error))
        ):
            # Spec 2.4, "Disconnected Client": the server must not log what it raised itself.
            self._end_cancelled()
            return
        if self.link.draining and isinstance(error, asyncio.CancelledError):
            if self.phase != DONE:
                self._reset(
                    wire.RESET_APPLICATION_ERROR, "The request was cancelled because the worker stops."
                )
            return
        if self.phase != DONE:
            self._reset(*self.blame(error))
        log_exception("Exception in ASGI application", error)

    def _unfinished(self) -> None:
        if self.gone or (self.finished and self.violation is None):
            self._end_cancelled()
            return
        if self.violation is not None:
            reason, text = self.violation
        elif self.phase != IDLE and self.phase != HELD:
            reason, text = (
                wire.RESET_NO_RESPONSE,
                "The ASGI application returned without completing the response.",
            )
        else:
            reason, text = wire.RESET_NO_RESPONSE, "The ASGI application returned without a response."
        logger.error(text)
        self._reset(reason, text)

    def _reset(self, reason: int, text: str) -> None:
        if self.gone:
            self._end_cancelled()
        else:
            self.link.write(reset_frame(self.id, reason, text))
            self.complete()

    def _end_cancelled(self) -> None:
        """The front has cancelled the stream, and waits to hear that the application is through with it."""
        if self.phase != DONE:
            self.link.write(wire.pack_reset(self.id, 0, wire.RESET_CANCELLED, b""))
            self.complete()


def is_disconnect(error: Optional[BaseException]) -> bool:
    """Whether the application raises what send() has raised because the client had left."""
    seen = 0
    while error is not None and seen < 32:
        if isinstance(error, ClientDisconnected):
            return True
        # A TaskGroup wraps what its tasks raise; theirs may be an error beside it.
        grouped = getattr(error, "exceptions", None)
        if isinstance(grouped, tuple) and grouped:
            return all(isinstance(each, BaseException) and is_disconnect(each) for each in grouped)
        error = error.__cause__ or error.__context__
        seen += 1
    return False
