"""
A session as the protocol has it, whatever the interface: whole messages both ways, each as far as there is credit, and an end with a
code and a reason.

Until the application accepts it is a request like any other, and may be answered by a response. What the messages look like on the
wire is the front's affair.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, List, Optional, Tuple, Union

from .. import stateful, wire
from ..errors import RequestInterrupted
from ..frames import COPIED, data_frame, data_start
from ..logs import log_exception
from ..response import DONE
from .exchange import LoopExchange, all_are, is_disconnect

_TEXT = wire.FLAG_TEXT
_MORE = wire.FLAG_MORE
_COST = wire.DATA_COST
_MAX_BODY = wire.MAX_BODY
# Close codes: RFC 6455, section 7.4.1, and "Service Restart" of its registry.
NORMAL = 1000
LOST = 1006
ERROR = 1011
RESTART = 1012
# Codes that stand for a close without one.
_UNSENT = (1004, 1005, 1006)
# Bytes of a close frame's reason (RFC 6455, section 5.5).
_LONGEST_REASON = 123


class SessionFrames(LoopExchange):
    """Messages as frames carry them, whatever becomes of them: whole or in parts, with what they cost. It has no slots of its own."""

    __slots__ = ()

    # the parts of a message that has not come whole; the close code, once there is one
    parts: List[bytes]
    code: Optional[int]

    def _gather(self, data: bytes, flags: int) -> Optional[bytes]:
        """Takes a DATA frame in; returns the message that it makes whole, whose last frame is still owed, or None."""
        cost = len(data) + _COST
        if cost > self.window:
            raise wire.WireError("a DATA frame exceeds the credit of its stream")
        self.window -= cost
        if flags & _MORE:
            # It cannot be received before it is whole: the front has seen to it that it is not too long.
            self.parts.append(data)
            self._owe(cost)
            return None
        if self.parts:
            self.parts.append(data)
            data = b"".join(self.parts)
            self.parts = []
        return data

    def _write_data(self, flags: int, data: bytes) -> None:
        write = self.link.write
        if len(data) <= COPIED:
            write(data_frame(self.id, flags, data))
        else:
            write(data_start(self.id, flags, len(data)))
            write(data)

    def _owe(self, cost: int) -> None:
        self.owed += cost
        if not self.gone and self.code is None and self.owed * 2 >= self.link.request_window:
            self._grant(self.owed)
            self.owed = 0


class LoopSession(SessionFrames):
    """See the module's description. It has no slots of its own, so that an interface's exchange can be one beside it: see fields.py."""

    __slots__ = ()

    accepted: bool
    connected: bool
    messages: Deque[Tuple[Union[str, bytes], int]]
    received: int
    reason: str
    closed: bool

    def open_session(self) -> None:
        """Nothing has happened yet."""
        self.accepted = self.connected = False
        self.messages = deque()
        self.parts = []
        self.received = 0
        self.code = None
        self.reason = ""
        self.closed = False

    def is_silent(self) -> bool:
        return not self.accepted and LoopExchange.is_silent(self)

    # ---- from the front

    def on_data(self, data: bytes, flags: int) -> None:
        """A DATA frame: a message, or a part of one."""
        cost = len(data) + _COST
        whole = self._gather(data, flags)
        if whole is None:
            return
        message: Union[str, bytes] = whole
        if flags & _TEXT:
            try:
                message = whole.decode()
            except UnicodeDecodeError:
                raise wire.WireError("a DATA frame has text that is not UTF-8") from None
        self.messages.append((message, cost))
        if self.waiting is not None:
            self.wake()

    def on_close(self, code: int, reason: bytes) -> None:
        """The client has closed, or has left."""
        self._end(code, reason.decode("utf-8", "replace"))
        self.on_cancel(wire.CANCEL_CLIENT_LEFT)

    def on_cancel(self, reason: int = 0) -> None:
        self._end(LOST, "")
        LoopExchange.on_cancel(self, reason)

    def end_session(self) -> None:
        # Its client may come again, to another worker.
        if self.accepted and self.code is None:
            self._close(RESTART, "")
            self.wake()

    def on_leave(self, kept: int) -> None:
        """
        It goes on in another worker, which is given what came behind the first `kept` messages: nobody receives that here. The application can
        send until it has been told.
        """
        if self.code is None and self.accepted:
            while self.messages and self.received + len(self.messages) > kept:
                self.messages.pop()
            self.parts = []
            self._end(RESTART, "")
            self.link.leaving[self.id] = False
            self.wake()

    # ---- for the application

    def answer_handshake(self, subprotocol: bytes, head: bytes) -> None:
        """Answers the handshake. The caller has seen that this may be done."""
        self.accepted = True
        self.link.write(wire.pack_accept(self.id, wire.FLAG_RESUME if stateful.resumes else 0, subprotocol, head))

    def take_message(self) -> Union[str, bytes]:
        """The next of the messages that are here."""
        message, cost = self.messages.popleft()
        self.received += 1
        self._owe(cost)
        return message

    def count_received(self) -> int:
        return self.received

    def tell_end(self) -> None:
        """The application is about to hear that no further messages will come."""
        leaving = self.link.leaving
        if leaving and self.id in leaving:
            leaving[self.id] = True

    def can_send(self) -> bool:
        """Whether its client still gets what is sent: also where the session goes on elsewhere, until the application has been told."""
        return self.code is None or (not self.gone and self.link.leaving.get(self.id) is False)

    def is_over(self) -> bool:
        """Whether no further messages will come."""
        return self.code is not None or self.phase == DONE

    def send_now(self, flags: int, data: bytes) -> bool:
        """Sends a message, with wire.FLAG_TEXT or 0. False where that takes send_later()."""
        cost = len(data) + _COST
        if self.sending or len(data) > _MAX_BODY or cost > self.credit:
            return False
        self.credit -= cost
        self._write_data(flags, data)
        return True

    async def send_later(self, flags: int, data: bytes) -> None:
        """Sends a message behind those that wait, as there is credit. Raises what left() gives when the session is over first."""
        if self.sending:
            await self._wait_session_turn()
        if not self.send_now(flags, data):
            await self._send_parts(flags, data)

    async def close_session(self, code: int, reason: str) -> None:
        """Ends it from here, behind what is being sent. Raises what left() gives when the session is over."""
        if self.sending:
            await self._wait_session_turn()
        self.closed = True
        self._close(code, reason)

    async def _send_parts(self, flags: int, data: bytes) -> None:
        """A message that takes more than one frame, or more credit than there is. Once begun it is sent to its end."""
        self.sending = True
        at = 0
        try:
            while True:
                while self.credit <= _COST:
                    await self.change()
                    if not self.can_send():
                        raise self.left()
                end = min(at + _MAX_BODY, at + self.credit - _COST, len(data))
                self.credit -= end - at + _COST
                self._write_data(flags if end == len(data) else flags | _MORE, data[at:end])
                at = end
                if at == len(data):
                    return
        except BaseException:
            if at and self.can_send():
                # Half a message is out, and nothing can come behind it.
                self._close(ERROR, "")
            raise
        finally:
            self.sending = False
            self.wake()

    async def _wait_session_turn(self) -> None:
        while self.sending:
            await self.change()
        if not self.can_send():
            raise self.left()

    # ---- its end

    def _finish(self, error: Optional[BaseException]) -> None:
        """The application is through with a session."""
        if error is not None and not self._is_expected(error):
            log_exception(f"Exception in {self.interface} application", error)
        told = self.link.leaving.pop(self.id, None)
        if self.gone or told:
            self._end_cancelled()
        elif told is not None and self.phase != DONE:
            # It has come to its end by itself, or was stopped: only then another one goes on.
            if error is not None and self._is_expected(error):
                self._end_cancelled()
            else:
                self._close(NORMAL if error is None else ERROR, "")
        elif self.code is None:
            self._close(NORMAL if error is None else RESTART if self.link.draining else ERROR, "")

    def _is_expected(self, error: BaseException) -> bool:
        """Whether it comes of an end that the application has not made."""
        if all_are(error, RequestInterrupted):
            return True
        if all_are(error, self.link.cancelled):
            return self.code is not None or self.link.draining
        return self.code is not None and is_disconnect(error)

    def _close(self, code: int, reason: str) -> None:
        """Ends the session from here."""
        self._end(code, reason)
        self.link.write(wire.pack_close(self.id, 0, code, clip(reason)))
        self._complete()

    def _end(self, code: int, reason: str) -> None:
        if self.code is None:
            self.code = code
            self.reason = reason

    def _note_denial(self) -> None:
        if self.phase == DONE:
            self._end(LOST, "")


def can_close_with(code: Any) -> bool:
    """Whether it is a code that a close frame may carry (RFC 6455, section 7.4)."""
    return isinstance(code, int) and (1000 <= code <= 1014 or 3000 <= code <= 4999) and code not in _UNSENT


def clip(reason: str) -> bytes:
    """As much of it as a close frame has room for, without half a character."""
    return reason.encode("utf-8", "replace")[:_LONGEST_REASON].decode("utf-8", "ignore").encode()
