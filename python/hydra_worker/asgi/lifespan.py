"""The lifespan protocol (ASGI lifespan spec 2.0)."""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, Optional

from .. import wire
from ..errors import RuleViolation, StartError
from ..eventloop.flag import Flag
from ..logs import log_exception, logger
from ..tracebacks import summarize

_SPEC_VERSION = "2.0"


class Lifespan:
    """
    Runs the application's lifespan in a task of its own, from before the first request until after the last.
    """

    def __init__(self, application: Any, asgi_version: str, mode: str, loop: Any) -> None:
        self._application = application
        self._mode = mode
        self._state: Dict[str, Any] = {}
        self._scope = {
            "type": "lifespan",
            "asgi": {"version": asgi_version, "spec_version": _SPEC_VERSION},
            "state": self._state,
        }
        self._loop = loop
        self._task: Any = None
        # What the application is to hear, and what it said.
        self._messages: Deque[Dict[str, str]] = deque()
        self._told = Flag(loop)
        self._started = Flag(loop)
        self._stopped = Flag(loop)
        self._startup_failure: Optional[str] = None
        self._shutdown_failure: Optional[str] = None
        self._error: Optional[BaseException] = None
        self._supported = False
        self._stopping = False

    async def startup(self) -> Optional[Dict[str, Any]]:
        """Returns the state that requests get a copy of, or None without lifespan. Raises StartError."""
        if self._mode == "off":
            return None
        self._task = self._loop.create_task(self._main())
        self._tell("lifespan.startup")
        await self._started.wait()
        if self._startup_failure is not None:
            raise self._failure("The application failed to start", self._startup_failure)
        if self._error is not None and not self._supported:
            summary = summarize(self._error)
            if self._mode == "on":
                raise StartError(
                    wire.FAILURE_LIFESPAN_FAILED, f"The application's lifespan raised {summary}.", self._error
                )
            # Spec, "Scope": the server must continue, and send no lifespan events.
            logger.info("The application does not support the lifespan protocol (it raised %s)", summary)
        elif not self._supported and self._mode == "on":
            raise StartError(
                wire.FAILURE_LIFESPAN_FAILED,
                "The application's lifespan returned without lifespan.startup.complete.",
            )
        return self._state if self._supported else None

    def abandon(self) -> None:
        """The worker cannot go on: that its lifespan is cancelled is not the application's fault."""
        self._stopping = True

    async def shutdown(self) -> str:
        """Lets the application clean up. Returns what went wrong, or an empty string."""
        if not self._supported or self._stopped.is_set():
            return ""
        self._stopping = True
        self._tell("lifespan.shutdown")
        await self._stopped.wait()
        if self._shutdown_failure is not None:
            return f"The application failed to shut down{_last_line(self._shutdown_failure)}"
        if self._error is not None:
            log_exception("Exception in the application's lifespan shutdown", self._error)
            return f"The application's lifespan shutdown raised {summarize(self._error)}."
        return ""

    def _failure(self, sentence: str, text: str) -> StartError:
        # Starlette sends the whole traceback as the message, and raises after that.
        return StartError(wire.FAILURE_LIFESPAN_FAILED, sentence + _last_line(text), self._error, text)

    async def _main(self) -> None:
        try:
            await self._application(self._scope, self._receive, self._send)
        except BaseException as error:
            self._error = error
            if self._supported and not self._stopping:
                log_exception("Exception in the application's lifespan", error)
        finally:
            self._started.set()
            self._stopped.set()

    def _tell(self, kind: str) -> None:
        self._messages.append({"type": kind})
        self._told.set()

    async def _receive(self) -> Dict[str, str]:
        while not self._messages:
            self._told.clear()
            await self._told.wait()
        return self._messages.popleft()

    async def _send(self, message: Dict[str, Any]) -> None:
        kind = message["type"]
        if kind in ("lifespan.startup.complete", "lifespan.startup.failed"):
            if self._started.is_set():
                raise RuleViolation(f"{kind} was sent when the startup was over.")
            if kind == "lifespan.startup.failed":
                self._startup_failure = str(message.get("message", ""))
            else:
                self._supported = True
            self._started.set()
        elif kind in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
            if not self._stopping or self._stopped.is_set():
                raise RuleViolation(f"{kind} was sent when no shutdown was under way.")
            if kind == "lifespan.shutdown.failed":
                self._shutdown_failure = str(message.get("message", ""))
            self._stopped.set()
        else:
            raise RuleViolation(f"{kind!r} is no message of the lifespan protocol.")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return f": {lines[-1]}" if lines else "."
