"""
The session of a framework that has a connection of its own: whole messages are written by calls which never wait. Until it is
accepted it is a request like any other, and may be answered by a response.

Lives on the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Deque, Iterable, List, Optional, Tuple

from .. import wire
from ..errors import RequestInterrupted
from ..headers import encode
from ..logs import log_exception
from ..response import DONE, IDLE
from .link import DataLink
from .session import ERROR, LOST, NORMAL, RESTART, SessionFrames, clip
from .written import WrittenStream, as_bytes

# What a handshake in HTTP/1.1 has, and one in HTTP/2 has not (RFC 8441, section 5): frameworks look for it. The key proves nothing here: it is any
# 16 bytes, and what is made of it goes nowhere.
HANDSHAKE = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="))
_TEXT = wire.FLAG_TEXT
_MORE = wire.FLAG_MORE
_COST = wire.DATA_COST
_MAX_BODY = wire.MAX_BODY


class WrittenSession(WrittenStream, SessionFrames):
    """See the module's description."""

    # Its messages are not those of a LoopSession: (bytes, whether they are text, cost), which wait until they are handed on.
    __slots__ = (
        "held",
        # messages that wait for credit, and the close that comes behind them
        "outgoing",
        "closing",
    )

    def __init__(
        self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        WrittenStream.__init__(self, link, number, flags, method, body, started)
        self.accepted = False
        self.messages: Deque[Tuple[bytes, bool, int]] = deque()
        self.parts: List[bytes] = []
        self.held = False
        self.outgoing: Deque[Tuple[bytes, int]] = deque()
        self.closing: Optional[Tuple[int, str]] = None
        self.code: Optional[int] = None

    def is_silent(self) -> bool:
        return not self.accepted and WrittenStream.is_silent(self)

    def is_answered(self) -> bool:
        return not self.accepted and WrittenStream.is_answered(self)

    # ---- from the front

    def on_data(self, data: bytes, flags: int) -> None:
        """A DATA frame: a message, or a part of one."""
        cost = len(data) + _COST
        whole = self._gather(data, flags)
        if whole is not None:
            self.messages.append((whole, bool(flags & _TEXT), cost))
            self.hand_on()

    def on_window(self, credit: int) -> None:
        WrittenStream.on_window(self, credit)
        if self.outgoing:
            self._send_messages()

    def on_close(self, code: int, reason: bytes) -> None:
        """The client has closed, or has left."""
        if self.code is None:
            self.code = code
            self.hold_messages(False)
            self.peer.session_closed(code, reason.decode("utf-8", "replace"))
        self.on_cancel(wire.CANCEL_CLIENT_LEFT)

    def on_cancel(self, reason: int = 0) -> None:
        self.outgoing.clear()
        lost = self.accepted and self.code is None
        if lost:
            self.code = LOST
        WrittenStream.on_cancel(self, reason)
        if lost:
            self.peer.session_closed(LOST, "")

    def end_session(self) -> None:
        # Its client may come again, to another worker.
        if self.accepted and self.code is None:
            self._close(RESTART, "")
            self.peer.session_closed(RESTART, "")

    # ---- for the framework

    def accept(self, subprotocol: str, headers: Iterable[Tuple[bytes, bytes]]) -> None:
        """Accepts the session. Raises RuleViolation."""
        if self.gone or self.accepted:
            return
        if self.phase != IDLE:
            raise self.broke("The session was accepted after it had been answered.")
        head, _ = encode(headers, 200)
        self.accepted = True
        self.link.write(wire.pack_accept(self.id, 0, subprotocol.encode("latin-1", "replace"), head))
        self.hand_on()

    def hold_messages(self, hold: bool) -> None:
        """Whether messages are to wait; the client is given no credit for those that do."""
        self.held = hold
        self.hand_on()

    def hand_on(self) -> None:
        """Gives the peer what has come."""
        while self.messages and not self.held and self.accepted:
            data, is_text, cost = self.messages.popleft()
            self._owe(cost)
            self.peer.message_came(data, is_text)

    def write_message(self, data: bytes, is_text: bool) -> None:
        """A message. What comes behind a close is dropped."""
        if self.code is not None or self.gone or self.closing is not None:
            return
        self.outgoing.append((as_bytes(data, "a message"), _TEXT if is_text else 0))
        self.backlog_size += len(data)
        self._send_messages()

    def close(self, code: int, reason: str = "") -> None:
        """Closes the session behind all that was written."""
        if self.code is not None or self.gone or self.closing is not None or not self.accepted:
            return
        if self.outgoing:
            self.closing = code, reason
        else:
            self._close(code, reason)

    def hang_up(self, text: str) -> None:
        if self.accepted:
            self.close(ERROR)
        else:
            WrittenStream.hang_up(self, text)

    # ---- sending

    def _send_messages(self) -> None:
        """As many as there is credit for, the last of them perhaps in part."""
        had = self.backlog_size
        while self.outgoing and self.credit > _COST:
            data, flags = self.outgoing.popleft()
            size = min(len(data), _MAX_BODY, self.credit - _COST)
            self.credit -= size + _COST
            self.backlog_size -= size
            if size == len(data):
                self._write_data(flags, data)
            else:
                self._write_data(flags | _MORE, data[:size])
                self.outgoing.appendleft((data[size:], flags))
        if self.outgoing:
            return
        if self.closing is not None:
            self._close(*self.closing)
        self.wake()
        if had:
            self.peer.room_came()

    def _close(self, code: int, reason: str) -> None:
        self.code = code
        self.link.write(wire.pack_close(self.id, 0, code, clip(reason)))
        self.outgoing.clear()
        self._drop_backlog()
        self._complete()

    # ---- its end

    def _settle(self, error: Optional[BaseException]) -> None:
        if not self.accepted:
            WrittenStream._settle(self, error)
            return
        if error is not None and not self._is_end(error):
            log_exception("Exception in the application", error)
        if self.gone:
            self._end_cancelled()
        elif self.code is None:
            self.closing = None
            self._close(NORMAL if error is None else RESTART if self.link.draining else ERROR, "")
        assert self.phase == DONE

    def _is_end(self, error: BaseException) -> bool:
        if isinstance(error, asyncio.CancelledError):
            return self.code is not None or self.link.draining
        return isinstance(error, RequestInterrupted)
