"""
One HTTP request as the application sees it: receive() and send() (ASGI HTTP spec 2.4).

Lives on the event loop's thread. Its link feeds it with what the front sends, and takes the frames that it
makes.
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional

from .. import wire
from ..errors import ClientDisconnected
from ..eventloop.link import DataLink
from ..eventloop.stream import LoopStream
from ..frames import COPIED, Buffer, body_frame, body_start, response_frame, response_start
from ..headers import HeadCache, encode
from ..response import BROKEN, DONE, HELD, IDLE, SENT, Order, Response
from ..streams import Stream
from .extensions import DESCRIPTOR, HINT, PATH, Extensions

_START = "http.response.start"
_BODY = "http.response.body"
_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END
# How much of a body nobody has seen.
_NOTHING = 0
_BEGUN = 1
_WHOLE = 2
_head_of = HeadCache(encode).get


class HttpMessages(Extensions, LoopStream, Response):
    """See the module's description."""

    __slots__ = (
        # whether the application has had the end of the request's body
        "body_taken",
        # what of the response's body was swallowed, because its client has left
        "unseen",
        *Response.SLOTS,
        # whether one of the coroutines that wait in send() is sending a body that needs credit
        "sending",
        # how many bytes the client gets of a file that the front was to open; None until that is known
        "opened",
    )

    def __init__(
        self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        Stream.__init__(self, link, number, flags, body, started)
        self.body_taken = False
        self.unseen = _NOTHING
        self.open_response(method)
        self.sending = False
        self.opened: Optional[int] = None

    def is_silent(self) -> bool:
        return self.phase < SENT

    def is_answered(self) -> bool:
        return self.phase == DONE or self.unseen == _WHOLE

    def holds_head(self) -> bool:
        return self.phase == HELD

    def send_head(self) -> None:
        if self.phase == HELD and not self.gone and not self.sending:
            self.link.write(response_frame(self.id, 0, self.status, self.head, b""))
            self.phase = SENT

    def on_part(self) -> None:
        # A response whose length is known comes to its end, and one that has not begun is no stream yet.
        if self.phase == SENT and self.remaining is None and not self.finished:
            self.finished = True
            self.wake()

    # ---- for the application

    async def receive(self) -> Dict[str, Any]:
        """ASGI's receive()."""
        if self.expects and not self.gone and self.phase != DONE:
            self.ask_for_body()
        while self.phase != DONE:
            # What came of a body that breaks off comes before that: who keeps it can go on from there.
            if not self.body_taken and (self.body or self.chunks or self.body_ended):
                body = self.body
                if self.chunks is not None:
                    taken = self.take_chunks()
                    body = body + taken if body else taken
                self.body = b""
                ended = self.body_taken = bool(self.body_ended)
                return {"type": "http.request", "body": body, "more_body": not ended}
            if self.gone or self.finished:
                # Told at once, for who leaves cannot be told from who only waits for the answer: that still goes out.
                break
            await self.change()
        return {"type": "http.disconnect"}

    async def send(self, message: Dict[str, Any]) -> None:
        """ASGI's send()."""
        kind = message["type"]
        if self.gone and self._is_for_nobody(message):
            return
        if self.sending:
            await self._wait_turn()
        phase = self.phase
        if kind == _BODY and (phase == HELD or phase == SENT):
            body = message.get("body", b"")
            if type(body) is not bytes:
                body = self._as_bytes(body)
            more = message.get("more_body", False)
            if self.bodiless:
                body = b""
            elif self.remaining is not None:
                if len(body) > self.remaining:
                    body = self.cut(body)
                    more = False
                self.count(len(body), more)
            size = len(body)
            if size <= COPIED and not more and phase == HELD:
                # What most responses are.
                self.link.write(response_frame(self.id, _END, self.status, self.head, body))
                self.complete()
            elif size <= _MAX_BODY and phase == HELD:
                self._write_response(0 if more else _END, body)
                if more:
                    self.phase = SENT
                else:
                    self.complete()
            elif size <= _MAX_BODY and size <= self.credit:
                self.credit -= size
                if not more:
                    self._write_body(_END, body)
                    self.complete()
                elif size:
                    self._write_body(0, body)
            else:
                await self._send_body(body, more)
        elif kind == _START and phase == IDLE:
            status = message.get("status")
            if type(status) is not int:
                status = self._as_status(status)
            self.hold(_head_of, message.get("headers", ()), status)
            unfinished = self.link.unfinished
            if unfinished and self in unfinished:
                # Not its first step: nobody looks after that.
                self.link.hold_head(self)
        elif kind == PATH and phase == HELD:
            self.send_path(message)
        elif kind == DESCRIPTOR and (phase == HELD or phase == SENT):
            await self.send_descriptor(message)
        elif kind == HINT:
            self.hint(message)
        elif kind != _BODY or phase != DONE or not self.overrun:
            raise self._misplaced(kind)

    def _is_for_nobody(self, message: Dict[str, Any]) -> bool:
        """
        The client has left. A response that ends by itself is swallowed: its application goes on to its background tasks,
        and is not made to roll back what it has done. One that streams hears of it (spec 2.4, "Disconnected Client").
        """
        kind = message["type"]
        if self.phase == DONE:
            return False
        if kind == PATH:
            self.unseen = _WHOLE
        elif kind == _BODY or kind == DESCRIPTOR:
            if not message.get("more_body", False):
                self.unseen = _WHOLE
            elif self.phase >= SENT or self.unseen:
                raise ClientDisconnected("The client has disconnected.")
            else:
                # It may be all that there is: middleware hands on whole responses like this.
                self.unseen = _BEGUN
        return True

    def _as_status(self, status: Any) -> int:
        if not isinstance(status, int) or isinstance(status, bool):
            raise self.wrong_type(f"The status of http.response.start must be an int, not {status!r}.")
        return status

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
                    await self.change()
                    if self.gone:
                        raise ClientDisconnected("The client has disconnected.")
                end = min(at + _MAX_BODY, at + self.credit, len(body))
                last = not more and end == len(body)
                self.credit -= end - at
                self._write_body(_END if last else 0, view[at:end])
                at = end
            if not more:
                self.complete()
        except asyncio.CancelledError:
            if at:
                self.phase = BROKEN
                self.broke("The sending of a part of the body was cancelled in the middle.")
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
            await self.change()
        if self.gone:
            raise ClientDisconnected("The client has disconnected.")

    def complete(self) -> None:
        """The response is complete, and with it the stream."""
        self.phase = DONE
        # As link.forget() does; each request comes here.
        self.link.streams.pop(self.id, None)
        self.link.expect_more()
        if self.waiting is not None:
            self.wake()

    def _as_bytes(self, body: Any) -> bytes:
        if isinstance(body, (bytes, bytearray, memoryview)):
            # A copy: the application may change its buffer as soon as send() has returned.
            return bytes(body)
        raise self.wrong_type(
            f"The body of http.response.body must be a byte string, not {type(body).__name__}."
        )

    def _misplaced(self, kind: Any) -> Exception:
        if kind not in (_START, _BODY, PATH, DESCRIPTOR):
            return self.broke(f"{kind!r} is no message that a server of HTTP requests understands.")
        order = Order(
            start_again=f"{_START} was sent twice.",
            start_missing=f"{kind} was sent before {_START}.",
            after_broken=f"{kind} was sent after the sending of a part of the body had been cancelled.",
            after_end=f"{kind} was sent after the response was complete.",
        )
        return self.misplaced(order, kind == _START)
