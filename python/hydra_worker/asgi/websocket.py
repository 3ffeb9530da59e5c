"""
One WebSocket as the application sees it: receive() and send() (ASGI WebSocket spec 2.5). Until the application accepts it is a
request like any other, and may be answered by a response.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from .. import forks, wire
from ..errors import ClientDisconnected
from ..eventloop.exchange import CONNECTION
from ..eventloop.link import DataLink
from ..eventloop.relatives import REQUEST
from ..eventloop.session import LOST, NORMAL, LoopSession, can_close_with
from ..headers import encode
from ..logs import warn_once
from ..response import DONE, IDLE
from .stream import HttpStream

_TEXT = wire.FLAG_TEXT
_ACCEPT = "websocket.accept"
_SEND = "websocket.send"
_CLOSE = "websocket.close"
_DENY = "websocket.http."


class WebSocketStream(HttpStream, LoopSession):
    """See the module's description."""

    __slots__ = ()

    def __init__(
        self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float
    ) -> None:
        HttpStream.__init__(self, link, number, flags, method, body, started)
        self.open_session()

    # ---- for the application

    async def receive(self) -> Dict[str, Any]:
        """ASGI's receive()."""
        if not self.connected:
            self.connected = True
            return {"type": "websocket.connect"}
        while True:
            if self.messages:
                data = self.take_message()
                return {"type": "websocket.receive", "text" if type(data) is str else "bytes": data}
            if self.is_over():
                self.tell_end()
                return {"type": "websocket.disconnect", "code": self.code or LOST, "reason": self.reason}
            await self.change()

    async def send(self, message: Dict[str, Any]) -> None:
        """ASGI's send()."""
        kind = message["type"]
        if self.accepted:
            if not self.can_send():
                self._late(kind)
            elif kind == _SEND:
                flags, data = self._payload(message)
                if not self.send_now(flags, data):
                    await self.send_later(flags, data)
            elif kind == _CLOSE:
                await self.close_session(*self._end_of(message))
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
            if self.id in self.link.resumed:
                # The client knows it as one that was accepted.
                self.closed = True
                self._close(*self._end_of(message))
                return
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
        self.answer_handshake(subprotocol.encode("latin-1", "replace"), head)

    def _late(self, kind: Any) -> None:
        """Something is sent to a session that is over."""
        if self.closed:
            raise self.broke(f"{kind!r} was sent after {_CLOSE}.")
        if kind != _CLOSE:
            # Who closes what is closed already has what was wanted.
            raise ClientDisconnected("The client has disconnected.")

    def _end_of(self, message: Dict[str, Any]) -> Tuple[int, str]:
        code = message.get("code", NORMAL)
        reason = message.get("reason") or ""
        if not can_close_with(code):
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

    # ---- its end

    async def run(self, application: Any, scope: Dict[str, Any]) -> None:
        if self.link.interruptible:
            REQUEST.set(self)
        scope[CONNECTION] = self.link.index, self.id
        error: Optional[BaseException] = None
        try:
            result = await application(scope, self.receive, self.send)
            if result is not None:
                warn_once("result", "The ASGI application should return None, but it returned %r", result)
        except BaseException as raised:
            error = raised
        if forks.is_child:
            forks.leave(error)
        if self.link.resumed:
            self.link.resumed.discard(self.id)
        if not self.accepted:
            if error is not None:
                self._failed(error)
            elif self.phase != DONE:
                self._unfinished()
        else:
            self._finish(error)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)
