"""
One WebSocket as the application sees it: receive() and send() (ASGI WebSocket spec 2.5).

Until the application accepts it is a request like any other, and may be answered by a response. From then on whole
messages go both ways; what they look like on the wire is the front's affair.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple

from .. import forks, wire
from ..errors import ClientDisconnected, RequestInterrupted
from ..eventloop.link import DataLink
from ..eventloop.relatives import REQUEST
from ..frames import COPIED, data_frame, data_start
from ..headers import encode
from ..logs import log_exception, warn_once
from ..response import DONE, IDLE
from .stream import HttpStream, is_disconnect

_TEXT = wire.FLAG_TEXT
_MORE = wire.FLAG_MORE
_COST = wire.DATA_COST
_MAX_BODY = wire.MAX_BODY
_ACCEPT = "websocket.accept"
_SEND = "websocket.send"
_CLOSE = "websocket.close"
_DENY = "websocket.http."
# Close codes: RFC 6455, section 7.4.1, and "Service Restart" of its registry.
_NORMAL = 1000
_LOST = 1006
_ERROR = 1011
_RESTART = 1012
# Codes that stand for a close without one.
_UNSENT = (1004, 1005, 1006)
# Bytes of a close frame's reason (RFC 6455, section 5.5).
_LONGEST_REASON = 123


class WebSocketStream(HttpStream):
    """See the module's description."""

    __slots__ = (
        # whether the application has had websocket.connect, and has accepted
        "connected",
        "accepted",
        # messages that have come and were not received, with what they have cost of the credit; the parts of one that has not
        # come whole
        "messages",
        "parts",
        # what the application is told of the end, once there is one; whether it has made it itself
        "code",
        "reason",
        "closed",
    )

    def __init__(
        self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        HttpStream.__init__(self, link, number, flags, method, body, started)
        self.connected = False
        self.accepted = False
        self.messages: Deque[Tuple[Dict[str, Any], int]] = deque()
        self.parts: List[bytes] = []
        self.code: Optional[int] = None
        self.reason = ""
        self.closed = False

    def is_silent(self) -> bool:
        return not self.accepted and HttpStream.is_silent(self)

    # ---- from the front

    def on_data(self, data: bytes, flags: int) -> None:
        """A DATA frame: a message, or a part of one."""
        cost = len(data) + _COST
        if cost > self.window:
            raise wire.WireError("a DATA frame exceeds the credit of its stream")
        self.window -= cost
        if flags & _MORE:
            # It cannot be received before it is whole: the front has seen to it that it is not too long.
            self.parts.append(data)
            self._owe(cost)
            return
        if self.parts:
            self.parts.append(data)
            data = b"".join(self.parts)
            self.parts = []
        if flags & _TEXT:
            message: Dict[str, Any] = {"type": "websocket.receive", "text": data.decode()}
        else:
            message = {"type": "websocket.receive", "bytes": data}
        self.messages.append((message, cost))
        if self.waiting is not None:
            self.wake()

    def on_close(self, code: int, reason: bytes) -> None:
        """The client has closed, or has left."""
        self._end(code, reason.decode("utf-8", "replace"))
        self.on_cancel(wire.CANCEL_CLIENT_LEFT)

    def on_cancel(self, reason: int = 0) -> None:
        self._end(_LOST, "")
        HttpStream.on_cancel(self, reason)

    def end_session(self) -> None:
        # Its client may come again, to another worker.
        if self.accepted and self.code is None:
            self._close(_RESTART, "")
            self.wake()

    # ---- for the application

    async def receive(self) -> Dict[str, Any]:
        """ASGI's receive()."""
        if not self.connected:
            self.connected = True
            return {"type": "websocket.connect"}
        while True:
            if self.messages:
                message, cost = self.messages.popleft()
                self._owe(cost)
                return message
            if self.code is not None or self.phase == DONE:
                return {"type": "websocket.disconnect", "code": self.code or _LOST, "reason": self.reason}
            await self.change()

    async def send(self, message: Dict[str, Any]) -> None:
        """ASGI's send()."""
        kind = message["type"]
        if self.accepted:
            if self.code is not None:
                self._late(kind)
            elif kind == _SEND:
                flags, data = self._payload(message)
                if self.sending:
                    await self._wait_session_turn()
                cost = len(data) + _COST
                if len(data) <= _MAX_BODY and cost <= self.credit:
                    self.credit -= cost
                    self._write_data(flags, data)
                else:
                    await self._send_parts(flags, data)
            elif kind == _CLOSE:
                if self.sending:
                    await self._wait_session_turn()
                self.closed = True
                self._close(*self._end_of(message))
            else:
                raise self.broke(f"{kind!r} was sent after {_ACCEPT}.")
        elif kind.startswith(_DENY):
            await HttpStream.send(self, dict(message, type=kind[len("websocket.") :]))
            self._note_denial()
        elif self.phase != IDLE:
            raise self.broke(f"{kind!r} was sent after the WebSocket was denied.")
        elif self.gone:
            self._late(kind)
        elif kind == _ACCEPT:
            self._accept(message)
        elif kind == _CLOSE:
            # ASGI: before accept it is an answer with status 403.
            await HttpStream.send(self, {"type": "http.response.start", "status": 403, "headers": []})
            await HttpStream.send(self, {"type": "http.response.body", "body": b""})
            self._note_denial()
        else:
            raise self.broke(f"{kind!r} was sent before {_ACCEPT}.")

    def _accept(self, message: Dict[str, Any]) -> None:
        subprotocol = message.get("subprotocol") or ""
        if not isinstance(subprotocol, str):
            raise self.wrong_type(f"The subprotocol of {_ACCEPT} must be a str, not {subprotocol!r}.")
        head, _ = encode(message.get("headers") or (), 200)
        self.accepted = True
        self.link.write(wire.pack_accept(self.id, 0, subprotocol.encode("latin-1", "replace"), head))

    def _late(self, kind: Any) -> None:
        """Something is sent to a session that is over."""
        if self.closed:
            raise self.broke(f"{kind!r} was sent after {_CLOSE}.")
        if kind != _CLOSE:
            # Who closes what is closed already has what was wanted.
            raise ClientDisconnected("The client has disconnected.")

    def _end_of(self, message: Dict[str, Any]) -> Tuple[int, str]:
        code = message.get("code", _NORMAL)
        reason = message.get("reason") or ""
        if not isinstance(code, int) or not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in _UNSENT:
            raise self.wrong_type(f"The code of {_CLOSE} must be one that can be sent (RFC 6455, section 7.4), not {code!r}.")
        if not isinstance(reason, str):
            raise self.wrong_type(f"The reason of {_CLOSE} must be a str, not {reason!r}.")
        return code, reason

    def _payload(self, message: Dict[str, Any]) -> Tuple[int, bytes]:
        data = message.get("bytes")
        if data is None:
            text = message.get("text")
            if type(text) is not str:
                raise self.wrong_type(f"{_SEND} must have bytes or text; it has {text!r}.")
            return _TEXT, text.encode()
        if type(data) is bytes:
            return 0, data
        if isinstance(data, (bytearray, memoryview)):
            return 0, bytes(data)
        raise self.wrong_type(f"The bytes of {_SEND} must be a byte string, not {type(data).__name__}.")

    def _write_data(self, flags: int, data: bytes) -> None:
        write = self.link.write
        if len(data) <= COPIED:
            write(data_frame(self.id, flags, data))
        else:
            write(data_start(self.id, flags, len(data)))
            write(data)

    async def _send_parts(self, flags: int, data: bytes) -> None:
        """A message that takes more than one frame, or more credit than there is. Once begun it is sent to its end."""
        self.sending = True
        at = 0
        try:
            while True:
                while self.credit <= _COST:
                    await self.change()
                    if self.code is not None:
                        raise ClientDisconnected("The client has disconnected.")
                end = min(at + _MAX_BODY, at + self.credit - _COST, len(data))
                self.credit -= end - at + _COST
                self._write_data(flags if end == len(data) else flags | _MORE, data[at:end])
                at = end
                if at == len(data):
                    return
        except BaseException:
            if at and self.code is None:
                # Half a message is out, and nothing can come behind it.
                self._close(_ERROR, "")
            raise
        finally:
            self.sending = False
            self.wake()

    async def _wait_session_turn(self) -> None:
        while self.sending:
            await self.change()
        if self.code is not None:
            raise ClientDisconnected("The client has disconnected.")

    # ---- its end

    async def run(self, application: Any, scope: Dict[str, Any]) -> None:
        if self.link.interruptible:
            REQUEST.set(self)
        error: Optional[BaseException] = None
        try:
            result = await application(scope, self.receive, self.send)
            if result is not None:
                warn_once("result", "The ASGI application should return None, but it returned %r", result)
        except BaseException as raised:
            error = raised
        if forks.is_child:
            forks.leave(error)
        if not self.accepted:
            if error is not None:
                self._failed(error)
            elif self.phase != DONE:
                self._unfinished()
        else:
            self._finish(error)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)

    def _finish(self, error: Optional[BaseException]) -> None:
        """The application is through with a session."""
        if error is not None and not self._is_expected(error):
            log_exception("Exception in ASGI application", error)
        if self.gone:
            self._end_cancelled()
        elif self.code is None:
            self._close(_NORMAL if error is None else _RESTART if self.link.draining else _ERROR, "")

    def _is_expected(self, error: BaseException) -> bool:
        """Whether it comes of an end that the application has not made."""
        if isinstance(error, RequestInterrupted):
            return True
        if isinstance(error, asyncio.CancelledError):
            return self.code is not None or self.link.draining
        return self.code is not None and is_disconnect(error)

    def _close(self, code: int, reason: str) -> None:
        """Ends the session from here."""
        self._end(code, reason)
        self.link.write(wire.pack_close(self.id, 0, code, _clip(reason)))
        self.complete()

    def _end(self, code: int, reason: str) -> None:
        if self.code is None:
            self.code = code
            self.reason = reason

    def _note_denial(self) -> None:
        if self.phase == DONE:
            self._end(_LOST, "")

    def _owe(self, cost: int) -> None:
        self.owed += cost
        if not self.gone and self.code is None and self.owed * 2 >= self.link.request_window:
            self._grant(self.owed)
            self.owed = 0


def _clip(reason: str) -> bytes:
    """As much of it as a close frame has room for, without half a character."""
    return reason.encode("utf-8", "replace")[:_LONGEST_REASON].decode("utf-8", "ignore").encode()
