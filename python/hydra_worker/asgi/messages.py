"""
One HTTP request as the application sees it: receive() and send() (ASGI HTTP spec 2.4).

Lives on the event loop's thread. Its link feeds it with what the front sends, and takes the frames that it
makes.
"""

from __future__ import annotations

from typing import Any, Dict

from .. import wire
from ..eventloop.exchange import BEGUN, WHOLE, LoopExchange
from ..frames import COPIED, response_frame
from ..headers import HeadCache, encode
from ..response import BROKEN, DONE, HELD, IDLE, SENT, TRAILING, Order
from .extensions import DESCRIPTOR, HINT, PATH, TRAILERS, Extensions

_START = "http.response.start"
_BODY = "http.response.body"
_MAX_BODY = wire.MAX_BODY
_END = wire.FLAG_END
_head_of = HeadCache(encode).get


class HttpMessages(Extensions, LoopExchange):
    """See the module's description."""

    __slots__ = ()

    interface = "ASGI"

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
            if self.trailers is not None and not more:
                await self._send_before_trailers(body)
            elif size <= COPIED and not more and phase == HELD:
                # What most responses are.
                self.link.write(response_frame(self.id, _END, self.status, self.head, body))
                self._complete()
            elif size <= _MAX_BODY and phase == HELD:
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
        elif kind == _START and phase == IDLE:
            status = message.get("status")
            if type(status) is not int:
                status = self._as_status(status)
            self.hold(_head_of, message.get("headers", ()), status)
            if message.get("trailers"):
                self.trailers = []
            unfinished = self.link.unfinished
            if unfinished and self in unfinished:
                # Not its first step: nobody looks after that.
                self.link.hold_head(self)
        elif kind == PATH and phase == HELD:
            await self.send_path(message)
        elif kind == DESCRIPTOR and (phase == HELD or phase == SENT):
            await self.send_descriptor(message)
        elif kind == TRAILERS and phase == TRAILING:
            self.take_trailers(message)
        elif kind == HINT:
            self.hint(message)
        elif kind != _BODY or phase < TRAILING or not self.overrun:
            raise self._misplaced(kind)

    def _is_for_nobody(self, message: Dict[str, Any]) -> bool:
        """
        The client has left. A response that ends by itself is swallowed: its application goes on to its background tasks,
        and is not made to roll back what it has done. One that streams hears of it (spec 2.4, "Disconnected Client").
        """
        kind = message["type"]
        if self.phase == DONE:
            return False
        if kind == PATH or kind == TRAILERS:
            self.unseen = WHOLE
        elif kind == _BODY or kind == DESCRIPTOR:
            if not message.get("more_body", False):
                self.unseen = WHOLE
            elif self.phase >= SENT or self.unseen:
                raise self.left()
            else:
                # It may be all that there is: middleware hands on whole responses like this.
                self.unseen = BEGUN
        return True

    def _as_status(self, status: Any) -> int:
        if not isinstance(status, int) or isinstance(status, bool):
            raise self.wrong_type(f"The status of http.response.start must be an int, not {status!r}.")
        return status

    def _as_bytes(self, body: Any) -> bytes:
        if isinstance(body, (bytes, bytearray, memoryview)):
            # A copy: the application may change its buffer as soon as send() has returned.
            return bytes(body)
        raise self.wrong_type(
            f"The body of http.response.body must be a byte string, not {type(body).__name__}."
        )

    def _misplaced(self, kind: Any) -> Exception:
        if kind not in (_START, _BODY, PATH, DESCRIPTOR, TRAILERS):
            return self.broke(f"{kind!r} is no message that a server of HTTP requests understands.")
        if self.phase == TRAILING:
            return self.broke(f"{kind} was sent where {TRAILERS} is due: the body was complete.")
        if kind == TRAILERS and IDLE < self.phase < BROKEN:
            return self.broke(
                f'{kind} was sent, but {_START} had no "trailers": True.'
                if self.trailers is None
                else f"{kind} was sent before the end of the body."
            )
        if kind == _START and self.finished and self.phase != DONE:
            # It was told of a disconnect, and has another response where nobody waits for one: an endpoint that returns behind the
            # stream that it has sent by itself (MCP's events). Other servers pass it over.
            return self.left()
        if kind == PATH and self.phase == SENT:
            return self.broke(f"{kind} was sent behind a part of the body: a response that is a file has nothing else.")
        order = Order(
            start_again=f"{_START} was sent twice.",
            start_missing=f"{kind} was sent before {_START}.",
            after_broken=f"{kind} was sent after the sending of a part of the body had been cancelled.",
            after_end=f"{kind} was sent after the response was complete.",
        )
        return self.misplaced(order, kind == _START)
