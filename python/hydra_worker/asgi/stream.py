"""
One HTTP request as the application sees it: receive() and send() (ASGI HTTP spec 2.4).

Lives on the event loop's thread. Its link feeds it with what the front sends, and takes the frames that it
makes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from .. import wire
from ..errors import ClientDisconnected, InvalidMessage, RequestInterrupted, RuleViolation
from ..frames import COPIED, Buffer, body_frame, body_start, response_frame, response_start
from ..headers import BODILESS, HeadCache, encode
from ..logs import log_exception, logger, warn_once
from ..streams import Stream

if TYPE_CHECKING:
    from .link import DataLink

# Where the response is.
IDLE = 0
HELD = 1  # http.response.start is here, and held until the first http.response.body
SENT = 2  # the head has left
BROKEN = 3  # a part of a message has left that can never be completed
DONE = 4  # the response is complete, and with it the stream

_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END
_head_of = HeadCache(encode).get


class HttpStream(Stream):
    """See the module's description."""

    __slots__ = (
        # the task, if the application did not finish in its first step
        "task",
        # whether the application has had the end of the request's body
        "body_taken",
        # response: where it is; its head; the bytes that Content-Length still promises; no body whatever the
        # application says
        "phase",
        "status",
        "head",
        "remaining",
        "bodiless",
        # the rule that the application broke last
        "violation",
        # coroutines that wait in receive() and send(), and whether one of them is sending a body that needs
        # credit
        "waiters",
        "sending",
    )

    def __init__(
        self, link: "DataLink", number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        Stream.__init__(self, link, number, flags, body, started)
        self.task: Optional["asyncio.Task[None]"] = None
        self.body_taken = False
        self.phase = IDLE
        self.status = 0
        self.head = b""
        self.remaining: Optional[int] = None
        self.bodiless = method == b"HEAD"
        self.violation: Optional[str] = None
        self.waiters: Optional[List["asyncio.Future[None]"]] = None
        self.sending = False

    def wake(self) -> None:
        waiters = self.waiters
        if waiters:
            self.waiters = None
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def on_cancel(self, reason: int = 0) -> None:
        if reason == wire.CANCEL_TIMEOUT:
            self.link.timed_out(self)
        Stream.on_cancel(self)

    async def _change(self) -> None:
        """
        Waits until something has arrived for this stream. Each caller has a future of its own, so that it can
        be cancelled.
        """
        waiter = self.link.loop.create_future()
        if self.waiters is None:
            self.waiters = [waiter]
        else:
            self.waiters.append(waiter)
        await waiter

    # ---- for the application

    async def receive(self) -> Dict[str, Any]:
        """ASGI's receive()."""
        if self.expects and not self.gone and self.phase != DONE:
            self.ask_for_body()
        while not self.gone and self.phase != DONE:
            if not self.body_taken and (self.body or self.chunks or self.body_ended):
                body = self.body
                if self.chunks is not None:
                    taken = self.take_chunks()
                    body = body + taken if body else taken
                self.body = b""
                ended = self.body_taken = bool(self.body_ended)
                return {"type": "http.request", "body": body, "more_body": not ended}
            await self._change()
        return {"type": "http.disconnect"}

    async def send(self, message: Dict[str, Any]) -> None:
        """ASGI's send()."""
        kind = message["type"]
        if self.gone:
            raise ClientDisconnected("The client has disconnected.")
        if self.sending:
            await self._wait_turn()
        if kind == "http.response.body" and (self.phase == HELD or self.phase == SENT):
            body = message.get("body", b"")
            if type(body) is not bytes:
                body = self._as_bytes(body)
            more = message.get("more_body", False)
            if self.remaining is not None and not self.bodiless:
                self._count(len(body), more)
            if self.bodiless:
                body = b""
            size = len(body)
            if size <= COPIED and not more and self.phase == HELD:
                # What most responses are.
                self.link.write(response_frame(self.id, _END, self.status, self.head, body))
                self._complete()
            elif size <= _MAX_BODY and self.phase == HELD:
                self._write_response(0 if more else _END, body)
                if more:
                    self.phase = SENT
                else:
                    self._complete()
            elif size <= _MAX_BODY and size <= self.credit:
                self.credit -= size
                if not more:
                    self._write_body(_END, body)
                    self._complete()
                elif size:
                    self._write_body(0, body)
            else:
                await self._send_body(body, more)
        elif kind == "http.response.start" and self.phase == IDLE:
            self._hold(message)
        else:
            raise self._broke(self._order_rule(kind))

    def _hold(self, message: Dict[str, Any]) -> None:
        status = message.get("status")
        if type(status) is not int and (not isinstance(status, int) or isinstance(status, bool)):
            raise self._broke(
                f"The status of http.response.start must be an int, not {status!r}.", InvalidMessage
            )
        if not 200 <= status <= 999:
            raise self._broke(f"{status} cannot be the status of a response: it must be from 200 to 999.")
        try:
            self.head, self.remaining = _head_of(message.get("headers", ()), status)
        except RuleViolation as error:
            self.violation = str(error)
            raise
        self.status = status
        if status in BODILESS:
            self.bodiless = True
        self.phase = HELD

    def _count(self, size: int, more: bool) -> None:
        assert self.remaining is not None
        if size > self.remaining:
            raise self._broke("The body of the response is longer than its Content-Length.")
        if not more and size < self.remaining:
            raise self._broke("The body of the response is shorter than its Content-Length.")
        self.remaining -= size

    async def _send_body(self, body: bytes, more: bool) -> None:
        """
        A body that takes more than one frame, or more credit than there is: sent as far and as soon as the
        credit goes.
        """
        self.sending = True
        at = 0
        view = memoryview(body)
        try:
            if self.phase == HELD:
                at = _MAX_BODY
                self._write_response(0, view[:at])
                self.phase = SENT
            while at < len(body):
                while self.credit <= 0:
                    await self._change()
                    if self.gone:
                        raise ClientDisconnected("The client has disconnected.")
                end = min(at + _MAX_BODY, at + self.credit, len(body))
                last = not more and end == len(body)
                self.credit -= end - at
                self._write_body(_END if last else 0, view[at:end])
                at = end
            if not more:
                self._complete()
        except asyncio.CancelledError:
            if at:
                self.phase = BROKEN
                self.violation = "The sending of a part of the body was cancelled in the middle."
            raise
        finally:
            self.sending = False
            self.wake()

    def _write_response(self, flags: int, body: Buffer) -> None:
        write = self.link.write
        if len(body) <= COPIED:
            write(response_frame(self.id, flags, self.status, self.head, body))
        else:
            write(response_start(self.id, flags, self.status, self.head, len(body)))
            write(body)

    def _write_body(self, flags: int, body: Buffer) -> None:
        write = self.link.write
        if len(body) <= COPIED:
            write(body_frame(self.id, flags, body))
        else:
            write(body_start(self.id, flags, len(body)))
            write(body)

    async def _wait_turn(self) -> None:
        """Another send() of the same request waits for credit: its bytes come first."""
        while self.sending:
            await self._change()
        if self.gone:
            raise ClientDisconnected("The client has disconnected.")

    def _complete(self) -> None:
        self.phase = DONE
        self.link.forget(self)
        if self.waiters is not None:
            self.wake()

    def _as_bytes(self, body: Any) -> bytes:
        if isinstance(body, (bytes, bytearray, memoryview)):
            # A copy: the application may change its buffer as soon as send() has returned.
            return bytes(body)
        raise self._broke(
            f"The body of http.response.body must be a byte string, not {type(body).__name__}.",
            InvalidMessage,
        )

    def _order_rule(self, kind: Any) -> str:
        if kind not in ("http.response.start", "http.response.body"):
            return f"{kind!r} is no message that a server of HTTP requests understands."
        if self.phase == BROKEN:
            return f"{kind} was sent after the sending of a part of the body had been cancelled."
        if self.phase == DONE:
            return f"{kind} was sent after the response was complete."
        if kind == "http.response.body":
            return "http.response.body was sent before http.response.start."
        return "http.response.start was sent twice."

    def _broke(self, rule: str, error: type = RuleViolation) -> Exception:
        self.violation = rule
        return error(rule)

    # ---- the request's task

    async def run(self, application: Any, scope: Dict[str, Any]) -> None:
        """Calls the application and sees to it that the stream ends with it."""
        try:
            result = await application(scope, self.receive, self.send)
        except BaseException as error:
            self._failed(error)
        else:
            if self.phase != DONE:
                self._unfinished()
            elif result is not None:
                warn_once("result", "The ASGI application should return None, but it returned %r", result)
        if self.task is not None:
            self.link.tasks_done(self)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, RequestInterrupted) or (
            self.gone and (isinstance(error, asyncio.CancelledError) or _comes_from_disconnect(error))
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
            if self.violation is not None and isinstance(error, RuleViolation):
                reason, text = wire.RESET_RULE_VIOLATION, self.violation
            else:
                reason, text = wire.RESET_APPLICATION_ERROR, type(error).__name__
            self._reset(reason, text)
        log_exception("Exception in ASGI application", error)

    def _unfinished(self) -> None:
        if self.gone:
            self._end_cancelled()
            return
        if self.violation is not None:
            reason, text = wire.RESET_RULE_VIOLATION, self.violation
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
            self.link.write(wire.pack_reset(self.id, 0, reason, text.encode("utf-8", "replace")[:1024]))
            self._complete()

    def _end_cancelled(self) -> None:
        """The front has cancelled the stream, and waits to hear that the application is through with it."""
        if self.phase != DONE:
            self.link.write(wire.pack_reset(self.id, 0, wire.RESET_CANCELLED, b""))
            self._complete()


def _comes_from_disconnect(error: Optional[BaseException]) -> bool:
    seen = 0
    while error is not None and seen < 32:
        if isinstance(error, ClientDisconnected):
            return True
        error = error.__cause__ or error.__context__
        seen += 1
    return False
