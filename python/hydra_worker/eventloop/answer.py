"""
What interfaces have in common whose applications call for a response, and read the body of their request, without messages: the body is
read in pieces or whole, and a response is given whole by a call that does not wait, or in pieces by one that does.
"""

from __future__ import annotations

import asyncio
from typing import Any, Callable, List, Optional

from .. import wire
from ..errors import RequestInterrupted
from ..frames import COPIED, body_frame, response_frame
from ..headers import BODILESS, Head
from ..logs import log_exception
from ..response import BROKEN, DONE, HELD, IDLE, SENT
from .exchange import WHOLE, LoopExchange, is_disconnect

_END = wire.FLAG_END
_MAX_BODY = wire.MAX_BODY


class LoopAnswer(LoopExchange):
    """See the module's description. Whoever awaits one of the coroutines may be any task of the application's."""

    __slots__ = ()

    # ---- the request

    async def read_chunk(self) -> bytes:
        """The next piece of the request's body, empty at its end. Raises what left() gives where it breaks off."""
        if self.expects and not self.gone and self.phase != DONE:
            self.ask_for_body()
        while True:
            body = self.body
            if self.chunks is not None:
                taken = self.take_chunks()
                body = body + taken if body else taken
            if body:
                self.body = b""
                return body
            if self.body_ended:
                return b""
            if self.gone or self.finished or self.phase == DONE:
                raise self.left()
            await self.change()

    async def read_body(self) -> bytes:
        """What is left of the request's body. Raises what left() gives where it breaks off."""
        if self.body_ended and self.chunks is None:
            # What most bodies are.
            body, self.body = self.body, b""
            return body
        pieces: List[bytes] = []
        while True:
            piece = await self.read_chunk()
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)

    async def wait_left(self) -> None:
        """Until the client has left, or the response is complete: nobody is told of the connection after that."""
        while not (self.gone or self.finished or self.phase == DONE):
            await self.change()

    # ---- the response, given whole

    def respond(self, head_of: Callable[[Any, int], Head], status: Any, headers: Any, body: bytes) -> None:
        """
        A whole response. What there is no credit for follows as that comes, without a task: see wait_sent(). Raises RuleViolation for
        what cannot be a response; another may be given then.
        """
        if self.gone:
            # Its application goes on to what it does beside.
            self.unseen = WHOLE
            return
        if type(status) is int:
            self.hold(head_of, headers, status)
        else:
            self.begin(head_of, status, headers)
        if self.bodiless:
            if body and self.remaining is None and self.status not in BODILESS:
                # The answer to HEAD (RFC 9110, section 9.3.2).
                self._say_length(len(body))
            body = b""
        elif self.remaining is not None:
            if len(body) > self.remaining:
                body = self.cut(body)
            elif len(body) < self.remaining:
                self.phase = IDLE
            self.count(len(body), False)
        size = len(body)
        if size <= COPIED:
            self.link.write(response_frame(self.id, _END, self.status, self.head, body))
            self._complete()
        elif size <= _MAX_BODY:
            self._write_response(_END, body)
            self._complete()
        else:
            if self.remaining is None:
                self._say_length(size)
            view = memoryview(body)
            self._write_response(0, view[:_MAX_BODY])
            self.phase = SENT
            self.rest = view[_MAX_BODY:]
            self._push()

    def _say_length(self, size: int) -> None:
        """Of what is complete in its frame the front says it."""
        length = b"content-length\0%d" % size
        self.head = self.head + b"\0" + length if self.head else length

    def begin(self, head_of: Callable[[Any, int], Head], status: Any, headers: Any) -> None:
        """The head of a response. Raises RuleViolation for what cannot be one."""
        if type(status) is not int:
            if not isinstance(status, int) or isinstance(status, bool):
                raise self.wrong_type(f"The status of a response must be an int, not {status!r}.")
            # http.HTTPStatus
            status = int(status)
        self.hold(head_of, headers, status)

    def on_window(self, credit: int) -> None:
        LoopExchange.on_window(self, credit)
        if type(self.rest) is memoryview:
            self._push()

    def _push(self) -> None:
        rest = self.rest
        at = 0
        while self.credit > 0 and at < len(rest):
            end = min(at + _MAX_BODY, at + self.credit, len(rest))
            self.credit -= end - at
            self._write_body(_END if end == len(rest) else 0, rest[at:end])
            at = end
        if at == len(rest):
            self.rest = None
            self._complete()
        else:
            self.rest = rest[at:]

    async def wait_sent(self) -> None:
        """Until a response that was given whole has left, or its client."""
        while type(self.rest) is memoryview and not self.gone:
            await self.change()
        rest, self.rest = self.rest, None
        if isinstance(rest, asyncio.Task):
            await rest

    # ---- the response, given in pieces

    async def send_chunk(self, body: bytes) -> None:
        """A piece of the response's body, when its head is here. Raises what left() gives when nobody takes it any more."""
        if self.sending:
            await self._wait_turn()
        phase = self.phase
        if self.gone or phase == DONE or phase == BROKEN:
            raise self.left()
        if self.bodiless:
            return
        if self.remaining is not None:
            if len(body) > self.remaining:
                body = self.cut(body)
            self.count(len(body), True)
        size = len(body)
        if not size and phase != HELD:
            # An empty first piece lets the head leave.
            return
        if size > _MAX_BODY or (phase != HELD and size > self.credit):
            await self._send_body(body, True)
        elif phase == HELD:
            self._write_response(0, body)
            self.phase = SENT
        else:
            self.credit -= size
            self._write_body(0, body)

    async def end_body(self) -> None:
        """The body is complete. Raises RuleViolation where it is shorter than promised."""
        if not await self._may_end():
            return
        if self.phase == HELD:
            self.link.write(response_frame(self.id, _END, self.status, self.head, b""))
        else:
            self.link.write(body_frame(self.id, _END, b""))
        self._complete()

    async def end_body_with(self, trailers: bytes) -> None:
        """The body is complete, and these fields are behind it: a block that is checked. Raises as end_body()."""
        if not await self._may_end():
            return
        if self.phase == HELD:
            self._write_response(0, b"")
        self.trailers = [trailers] if trailers else []
        self._end_with_trailers()

    async def _may_end(self) -> bool:
        """Whether somebody waits for the end of the body. Raises RuleViolation where it is shorter than promised."""
        if self.sending:
            await self._wait_turn()
        if self.gone or self.phase == DONE:
            self._end_cancelled()
            return False
        if self.remaining is not None and not self.bodiless:
            self.count(0, False)
        return True

    # ---- the end of its task

    async def finish(self, error: Optional[BaseException]) -> None:
        """
        The application has ended, with this error or none, and its response is not complete. Raises nothing.
        """
        try:
            if self.rest is not None:
                if error is not None:
                    # What the client gets is settled.
                    self._note(error)
                await self.wait_sent()
                if self.gone:
                    self._end_cancelled()
            elif error is not None:
                self._failed(error)
            elif self.phase in (IDLE, BROKEN, DONE):
                self._unfinished()
            else:
                await self.end_body()
        except BaseException as raised:
            self._failed(raised)

    def _note(self, error: BaseException) -> None:
        stopped = isinstance(error, (asyncio.CancelledError, RequestInterrupted))
        if not stopped and not ((self.gone or self.finished) and is_disconnect(error)):
            log_exception(f"Exception in {self.interface} application", error)
