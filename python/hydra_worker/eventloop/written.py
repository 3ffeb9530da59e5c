"""
The stream of a framework that has a connection of its own: the response is written by calls which never wait, and what the front
has no credit for yet is kept here. Whoever writes much looks at `backlog_size` and waits.

Lives on the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Deque, Dict, Iterable, Optional, Tuple

from .. import forks, wire
from ..errors import ClientDisconnected, RequestInterrupted
from ..frames import Buffer
from ..headers import HeadCache, encode
from ..logs import log_exception, logger
from ..response import DONE, HELD, IDLE, SENT, Order
from .exchange import LoopExchange
from .link import DataLink
from .relatives import REQUEST

_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END
_head_of = HeadCache(encode).get
_ORDER = Order(
    start_again="The head of the response was written twice.",
    start_missing="The body of the response was written before its head.",
    after_broken="Something was written after the response had broken off.",
    after_end="Something was written after the response was complete.",
)


class Peer:
    """
    The framework's side of a stream: its connection, or what it takes for that. Each method is told of something that has
    happened to the stream, and raises nothing.
    """

    def body_came(self) -> None:
        """Something of the request's body is here, or its end."""

    def room_came(self) -> None:
        """All that was written is on its way."""

    def client_finished(self) -> None:
        """The client has closed its sending side, or the worker is to go: it has left, or waits for nothing but the answer."""

    def client_left(self) -> None:
        """The stream is over: nobody takes what is written."""

    def message_came(self, data: bytes, is_text: bool) -> None:
        """A session's message."""

    def session_closed(self, code: int, reason: str) -> None:
        """The client has closed its session, or the worker does, with this code (RFC 6455, section 7.4); 1006 if it is lost."""


def as_bytes(data: Any, what: str) -> bytes:
    """A copy of what is written: its owner may change it as soon as the call has returned. Raises TypeError for what are no bytes."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"{what} is written as bytes, not {type(data).__name__}")
    return bytes(data)


class WrittenStream(LoopExchange):
    """
    One request, and what is written in answer to it. The link's application is an object with `serve(stream, facts)`, a coroutine that
    returns when the framework is through with the request; it sets `peer`.
    """

    __slots__ = (
        "peer",
        # what is written and not sent, with its end or not, and its bytes
        "backlog",
        "backlog_size",
    )

    def __init__(
        self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        LoopExchange.__init__(self, link, number, flags, method, body, started)
        self.peer = Peer()
        self.backlog: Deque[Tuple[bytes, bool]] = deque()
        self.backlog_size = 0

    # ---- for the link

    def title(self, variables: Dict[str, Any]) -> str:
        facts = variables.get("facts")
        if facts is None:
            return super().title(variables)
        return f"{facts.method.decode('latin-1')} {facts.raw_path.decode('latin-1')}"

    # ---- from the front

    def on_body(self, data: bytes, flags: int) -> None:
        LoopExchange.on_body(self, data, flags)
        self.peer.body_came()

    def on_window(self, credit: int) -> None:
        LoopExchange.on_window(self, credit)
        if self.backlog:
            self._send_backlog()

    def on_finished(self, is_complete: int) -> None:
        LoopExchange.on_finished(self, is_complete)
        self.peer.client_finished()

    def on_part(self) -> None:
        # A response whose length is known comes to its end, and one that has not begun is no stream yet.
        if self.phase == SENT and self.remaining is None and not self.finished:
            self.finished = True
            self.wake()
            self.peer.client_finished()

    def on_cancel(self, reason: int = 0) -> None:
        LoopExchange.on_cancel(self, reason)
        self._drop_backlog()
        self.peer.client_left()

    # ---- for the framework

    def take_body(self) -> bytes:
        """What has come of the request's body; asks for it where the client waits to be asked."""
        if self.expects and not self.gone and self.phase != DONE:
            self.ask_for_body()
        body = self.body
        if self.chunks is not None:
            taken = self.take_chunks()
            body = body + taken if body else taken
        self.body = b""
        return body

    def write_head(self, status: int, headers: Iterable[Tuple[bytes, bytes]], reason: str = "") -> None:
        """
        The response's head. It leaves with the first part of the body, or soon. `reason` is a phrase that is not the usual one
        of this status. Raises RuleViolation.
        """
        if self.gone or self.phase != IDLE:
            if not self.gone:
                raise self.misplaced(_ORDER, True)
            return
        self.hold(_head_of, headers, status)
        if reason:
            phrase = b":reason\0" + reason.encode("latin-1", "replace").translate(None, b"\0\r\n")
            self.head = phrase + b"\0" + self.head if self.head else phrase
        unfinished = self.link.unfinished
        if unfinished and self in unfinished:
            self.link.hold_head(self)

    def write(self, data: Buffer, last: bool = False) -> None:
        """A part of the body, and whether it is the last one. What nobody takes any more is dropped. Raises RuleViolation."""
        if type(data) is not bytes:
            data = as_bytes(data, "a body")
        if self.gone or (self.phase == DONE and (self.overrun or not data)) or self.is_ending():
            return
        if self.phase != HELD and self.phase != SENT:
            raise self.misplaced(_ORDER, False)
        if self.bodiless:
            data = b""
        elif self.remaining is not None:
            if len(data) > self.remaining:
                data = self.cut(bytes(data))
                last = True
            self.count(len(data), not last)
            # With the last byte of what was promised the response is complete, whatever its framework says when.
            last = last or (self.remaining == 0 and bool(data))
        if not data and not last:
            return
        if self.backlog:
            self._keep(data, last)
        elif self.phase == HELD and len(data) <= _MAX_BODY:
            # What most responses are.
            self._write_response(_END if last else 0, data)
            if last:
                self._complete()
            else:
                self.phase = SENT
        else:
            self.send_head()
            self._send(data, last)

    def is_ending(self) -> bool:
        """Whether the last of the body is written, and waits to be sent."""
        return bool(self.backlog) and self.backlog[-1][1]

    def hang_up(self, text: str) -> None:
        """The framework gives the request up: without a response that is complete the client hears so."""
        if self.phase != DONE and not self.gone and not self.is_ending():
            self._drop_backlog()
            self._reset(wire.RESET_NO_RESPONSE, text)

    def fail(self, error: BaseException) -> None:
        """The response has broken a rule, and cannot go on."""
        if self.phase != DONE and not self.gone:
            self._drop_backlog()
            self._reset(*self.blame(error))

    # ---- sending

    def _send(self, data: bytes, last: bool) -> None:
        at, size = 0, len(data)
        view = memoryview(data) if size > self.credit or size > _MAX_BODY else data
        while at < size and self.credit > 0:
            end = min(at + _MAX_BODY, at + self.credit, size)
            self.credit -= end - at
            ended = last and end == size
            self._write_body(_END if ended else 0, view[at:end] if view is not data else data)
            at = end
        if at < size:
            self._keep(data[at:], last)
        elif last:
            if not size:
                self._write_body(_END, b"")
            self._complete()

    def _keep(self, data: bytes, last: bool) -> None:
        self.backlog.append((data, last))
        self.backlog_size += len(data)

    def _send_backlog(self) -> None:
        waiting, self.backlog = self.backlog, deque()
        while waiting:
            data, last = waiting.popleft()
            self.backlog_size -= len(data)
            self._send(data, last)
            if self.backlog:
                self.backlog.extend(waiting)
                return
        self.wake()
        self.peer.room_came()

    def _drop_backlog(self) -> None:
        self.backlog.clear()
        self.backlog_size = 0

    # ---- its task

    async def run(self, application: Any, facts: Any) -> None:
        if self.link.interruptible:
            REQUEST.set(self)
        error: Optional[BaseException] = None
        try:
            await application.serve(self, facts)
            while self.backlog_size and not self.gone:
                await self.change()
        except BaseException as raised:
            error = raised
        if forks.is_child:
            forks.leave(error)
        self._settle(error)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)

    def _settle(self, error: Optional[BaseException]) -> None:
        """The framework is through with the request; sees to it that the stream ends."""
        if self._is_expected(error):
            self._end_cancelled()
        elif self.link.draining and isinstance(error, asyncio.CancelledError):
            if self.phase != DONE:
                self._reset(wire.RESET_APPLICATION_ERROR, "The request was cancelled because the worker stops.")
        elif error is not None:
            if self.phase != DONE:
                self._reset(*self.blame(error))
            log_exception("Exception in the application", error)
        elif self.phase != DONE:
            if self.gone:
                self._end_cancelled()
                return
            reason, text = self.violation or (
                wire.RESET_NO_RESPONSE,
                "The application returned without a response."
                if self.phase in (IDLE, HELD)
                else "The application returned without completing the response.",
            )
            logger.error(text)
            self._reset(reason, text)

    def _is_expected(self, error: Optional[BaseException]) -> bool:
        """Whether it comes of an end that the application has not made."""
        if isinstance(error, RequestInterrupted):
            return True
        return (self.gone or self.finished) and isinstance(error, (asyncio.CancelledError, ClientDisconnected))
