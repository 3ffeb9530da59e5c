"""
One HTTP request as the application sees it: receive() and send() (ASGI HTTP spec 2.4).

Lives on the event loop's thread. Its link feeds it with what the front sends, and takes the frames that it makes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from .. import wire
from ..errors import ClientDisconnected, InvalidMessage, RuleViolation
from ..frames import body_frame, response_frame
from ..headers import encode
from ..logs import log_exception, logger

if TYPE_CHECKING:
    from .link import DataLink

# Where the response is.
IDLE = 0
HELD = 1  # http.response.start is here, and held until the first http.response.body
SENT = 2  # the head has left
DONE = 3  # the response is complete, and with it the stream

_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END


class HttpStream:
    """See the module's description."""

    __slots__ = (
        # identity
        "link",
        "id",
        "started",
        "task",
        # request: what arrived and was not taken, whether more will come, whether the application has had its end
        "body",
        "chunks",
        "body_ended",
        "body_taken",
        # request: bytes that the front may still send; bytes taken and not yet granted again; a client that waits for 100
        "window",
        "owed",
        "expects",
        # response
        "phase",
        "bodiless",
        "head_request",
        "status",
        "head",
        "remaining",
        "credit",
        # the end
        "gone",
        "violation",
        # coroutines that wait in receive() and in send(), and the one send() whose body is under way
        "waiters",
        "sending",
    )

    def __init__(self, link: "DataLink", stream: int, method: bytes, body: bytes, flags: int, started: float) -> None:
        self.link = link
        self.id = stream
        self.started = started
        self.task: Optional["asyncio.Task[None]"] = None
        self.body = body
        self.chunks: Optional[List[bytes]] = None
        self.body_ended = bool(flags & _END)
        self.body_taken = False
        self.expects = bool(flags & wire.FLAG_EXPECT_CONTINUE)
        self.window = 0 if self.expects else link.request_window
        self.owed = 0
        self.phase = IDLE
        self.head_request = method == b"HEAD"
        self.bodiless = False
        self.status = 0
        self.head = b""
        self.remaining: Optional[int] = None
        self.credit = link.response_window
        self.gone = False
        self.violation: Optional[str] = None
        self.waiters: Optional[List["asyncio.Future[None]"]] = None
        self.sending = False

    # ---- from the front

    def on_body(self, data: bytes, end: bool) -> None:
        """A BODY frame."""
        if self.body_ended:
            raise wire.WireError("a BODY frame came after the end of its body")
        if len(data) > self.window:
            raise wire.WireError("a BODY frame exceeds the credit of its stream")
        self.window -= len(data)
        if data:
            if self.chunks is None:
                self.chunks = [data]
            else:
                self.chunks.append(data)
        self.body_ended = end
        self._wake()

    def on_window(self, credit: int) -> None:
        """The front takes more of the response."""
        self.credit += credit
        self._wake()

    def on_cancel(self) -> None:
        """The front has ended the stream."""
        self.gone = True
        self.body = b""
        self.chunks = None
        self._wake()

    def _wake(self) -> None:
        waiters = self.waiters
        if waiters:
            self.waiters = None
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def _change(self) -> None:
        """Waits until something has arrived for this stream. Each caller has a future of its own, so that it can be cancelled."""
        waiter = self.link.loop.create_future()
        if self.waiters is None:
            self.waiters = [waiter]
        else:
            self.waiters.append(waiter)
        await waiter

    # ---- for the application

    async def receive(self) -> Dict[str, Any]:
        """ASGI's receive()."""
        if self.expects and self.phase == IDLE and not self.gone:
            # The client waits for "100 Continue"; asking for the body is what tells it to go on.
            self.expects = False
            self._grant(self.link.request_window)
        while not self.gone and self.phase != DONE:
            if not self.body_taken and (self.body or self.chunks or self.body_ended):
                return self._take_body()
            await self._change()
        return {"type": "http.disconnect"}

    def _take_body(self) -> Dict[str, Any]:
        body = self.body
        chunks = self.chunks
        if chunks is not None:
            taken = b"".join(chunks) if len(chunks) > 1 else chunks[0]
            self.chunks = None
            self.owed += len(taken)
            if not self.body_ended and self.owed * 2 >= self.link.request_window:
                self._grant(self.owed)
                self.owed = 0
            body = body + taken if body else taken
        self.body = b""
        self.body_taken = self.body_ended
        return {"type": "http.request", "body": body, "more_body": not self.body_ended}

    def _grant(self, credit: int) -> None:
        self.window += credit
        self.link.write(wire.pack_window(self.id, 0, credit))

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
            if self.phase == HELD and len(body) <= _MAX_BODY:
                self.link.write(response_frame(self.id, 0 if more else _END, self.status, self.head, body))
                if more:
                    self.phase = SENT
                else:
                    self._complete()
            else:
                await self._send_body(body, more)
        elif kind == "http.response.start" and self.phase == IDLE:
            self._hold(message)
        else:
            raise self._broke(self._order_rule(kind))

    def _hold(self, message: Dict[str, Any]) -> None:
        status = message.get("status")
        if not isinstance(status, int) or isinstance(status, bool):
            raise self._broke(f"The status of http.response.start must be an int, not {status!r}.", InvalidMessage)
        if not 200 <= status <= 999:
            raise self._broke(f"{status} cannot be the status of a response: it must be from 200 to 999.")
        try:
            self.head, self.remaining = encode(message.get("headers", ()))
        except RuleViolation as error:
            self.violation = str(error)
            raise
        self.status = status
        # RFC 9110, section 6.4.1: these have no body, whatever the application says.
        self.bodiless = self.head_request or status == 204 or status == 304
        self.phase = HELD

    def _count(self, size: int, more: bool) -> None:
        assert self.remaining is not None
        if size > self.remaining:
            raise self._broke("The body of the response is longer than its Content-Length.")
        if not more and size < self.remaining:
            raise self._broke("The body of the response is shorter than its Content-Length.")
        self.remaining -= size

    async def _send_body(self, body: bytes, more: bool) -> None:
        """What does not fit into the RESPONSE frame, as far and as soon as the credit goes."""
        self.sending = True
        at = 0
        view = memoryview(body)
        try:
            if self.phase == HELD:
                at = _MAX_BODY
                self.link.write(response_frame(self.id, 0, self.status, self.head, view[:at]))
                self.phase = SENT
            while at < len(body):
                while self.credit <= 0:
                    await self._change()
                    if self.gone:
                        raise ClientDisconnected("The client has disconnected.")
                end = min(at + _MAX_BODY, at + self.credit, len(body))
                last = not more and end == len(body)
                self.credit -= end - at
                self.link.write(body_frame(self.id, _END if last else 0, view[at:end]))
                at = end
            if not more:
                if not body:
                    self.link.write(body_frame(self.id, _END, b""))
                self._complete()
        except asyncio.CancelledError:
            # Part of the message has left: no later message can continue the body.
            self.violation = "The sending of a part of the body was cancelled."
            self.phase = DONE if self.gone else SENT
            self.remaining = -1
            raise
        finally:
            self.sending = False
            self._wake()

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
            self._wake()

    def _as_bytes(self, body: Any) -> bytes:
        if isinstance(body, (bytes, bytearray, memoryview)):
            # A copy: the application may change its buffer as soon as send() has returned.
            return bytes(body)
        raise self._broke(
            f"The body of http.response.body must be a byte string, not {type(body).__name__}.", InvalidMessage
        )

    def _order_rule(self, kind: Any) -> str:
        if kind not in ("http.response.start", "http.response.body"):
            return f"{kind!r} is no message that a server of HTTP requests understands."
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
                logger.warning("The ASGI application should return None, but it returned %r", result)
        if self.task is not None:
            self.link.tasks_done(self)

    def _failed(self, error: BaseException) -> None:
        if self.gone and _comes_from_disconnect(error):
            # Spec 2.4, "Disconnected Client": the server must not log what it raised itself.
            return
        if self.link.draining and isinstance(error, asyncio.CancelledError):
            if self.phase != DONE:
                self._reset(wire.RESET_APPLICATION_ERROR, "The request was cancelled because the worker stops.")
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
            return
        if self.violation is not None:
            reason, text = wire.RESET_RULE_VIOLATION, self.violation
        elif self.phase == SENT:
            reason, text = wire.RESET_NO_RESPONSE, "The ASGI application returned without completing the response."
        else:
            reason, text = wire.RESET_NO_RESPONSE, "The ASGI application returned without a response."
        logger.error(text)
        self._reset(reason, text)

    def _reset(self, reason: int, text: str) -> None:
        if not self.gone:
            self.link.write(wire.pack_reset(self.id, 0, reason, text.encode("utf-8", "replace")[:1024]))
        self._complete()


def _comes_from_disconnect(error: Optional[BaseException]) -> bool:
    seen = 0
    while error is not None and seen < 32:
        if isinstance(error, ClientDisconnected):
            return True
        error = error.__cause__ or error.__context__
        seen += 1
    return False
