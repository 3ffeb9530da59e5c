"""tornado's WebSockets over a session: whole messages, for the frames on the wire are the front's, and so are compression and pings."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import Any, Deque, Optional, Tuple

from tornado import escape
from tornado.iostream import StreamClosedError
from tornado.log import gen_log
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol

from ..eventloop.written import Peer
from ..eventloop.session import ERROR, NORMAL
from ..eventloop.written_session import WrittenSession
from .connection import StreamConnection

# Codes that stand for a close without one (RFC 6455, section 7.4.1), and that for a message too big.
_UNSENT = (1005, 1006)
_TOO_BIG = 1009
_installed = False


def install() -> None:
    """Has handlers of WebSockets take the protocol that fits their connection."""
    global _installed
    if _installed:
        return
    _installed = True
    usual = WebSocketHandler.get_websocket_protocol

    def get_websocket_protocol(self: WebSocketHandler) -> Optional[WebSocketProtocol]:
        connection = self.request.connection
        if isinstance(connection, StreamConnection):
            return SessionProtocol(self, connection) if connection.is_session else None
        return usual(self)

    WebSocketHandler.get_websocket_protocol = get_websocket_protocol  # type: ignore[method-assign]


class SessionProtocol(WebSocketProtocol, Peer):
    """See the module's description."""

    def __init__(self, handler: WebSocketHandler, connection: StreamConnection) -> None:
        super().__init__(handler)
        session = connection._stream
        assert isinstance(session, WrittenSession)
        self.close_code: Optional[int] = None
        self.close_reason: Optional[str] = None
        self._subprotocol: Optional[str] = None
        self._connection = connection
        self._session = session
        self._max_message = handler.max_message_size
        # What the handler has not come to; at most one message, for the others wait where they are.
        self._messages: Deque[Tuple[bytes, bool]] = deque()
        self._ended = False
        self._changed = asyncio.Event()

    @property
    def selected_subprotocol(self) -> Optional[str]:
        return self._subprotocol

    async def accept_connection(self, handler: WebSocketHandler) -> None:
        asked = handler.request.headers.get("Sec-WebSocket-Protocol")
        offered = [each.strip() for each in asked.split(",")] if asked else []
        self._subprotocol = handler.select_subprotocol(offered)
        if self._subprotocol:
            assert self._subprotocol in offered
            handler.set_header("Sec-WebSocket-Protocol", self._subprotocol)
        handler.clear_header("Content-Type")
        handler.set_status(101)
        self._connection.session = self
        self._session.hold_messages(True)
        # Its head is what accepts the session; see StreamConnection.write_headers().
        handler.finish()
        self.stream = handler._detach_stream()
        if self._session.gone:
            self.client_left()
        try:
            opened = handler.open(*handler.open_args, **handler.open_kwargs)
            if opened is not None:
                await opened
        except Exception:
            handler.log_exception(*sys.exc_info())
            self._abort()
        except asyncio.CancelledError:
            self._abort()
            self._connection.end()
            raise
        try:
            await self._receive_frame_loop()
        finally:
            self._connection.end()

    async def _receive_frame_loop(self) -> None:
        try:
            while True:
                if self._messages:
                    data, is_text = self._messages.popleft()
                    if len(data) > self._max_message:
                        self.close(_TOO_BIG, "message too big")
                        break
                    message: Any = data.decode("utf-8") if is_text else data
                    # One after the other: the next one comes when this one is through.
                    handled = self._run_callback(self.handler.on_message, message)
                    if handled is not None:
                        await handled
                    continue
                # What came before the end is handled before it.
                self._session.hold_messages(False)
                if self._messages:
                    continue
                if self._ended:
                    break
                self._changed.clear()
                await self._changed.wait()
        finally:
            self.client_terminated = True
            self.handler.on_ws_connection_close(self.close_code, self.close_reason)

    # ---- from the session

    def message_came(self, data: bytes, is_text: bool) -> None:
        self._messages.append((data, is_text))
        self._session.hold_messages(True)
        self._changed.set()

    def session_closed(self, code: int, reason: str) -> None:
        self.close_code = None if code in _UNSENT else code
        self.close_reason = reason or None
        self.client_left()

    def client_left(self) -> None:
        self._ended = True
        self._changed.set()

    # ---- for the handler

    def write_message(self, message: Any, binary: bool = False) -> "asyncio.Future[None]":
        if self.is_closing() or self._session.gone:
            raise WebSocketClosedError()
        if isinstance(message, dict):
            message = escape.json_encode(message)
        self._session.write_message(escape.utf8(message), not binary)
        return asyncio.ensure_future(_translated(self._connection._written()))

    def write_ping(self, data: bytes) -> None:
        # The front has pings of its own: that the session is open is as much as its client's answer would say.
        asyncio.get_running_loop().call_soon(self._run_callback, self.handler.on_pong, data)

    def close(self, code: Optional[int] = None, reason: Optional[str] = None) -> None:
        if self.server_terminated:
            return
        self.server_terminated = True
        if self._session.code is None:
            if code is not None or reason is not None:
                self.close_code, self.close_reason = code or NORMAL, reason
            self._session.close(_sendable(code), reason or "")
        self.client_left()

    def is_closing(self) -> bool:
        return self.client_terminated or self.server_terminated or self._session.code is not None

    def start_pinging(self) -> None:
        """The front does."""

    def set_nodelay(self, x: bool) -> None:
        """The socket is the front's."""

    def _process_server_headers(self, key: Any, headers: Any) -> None:
        raise NotImplementedError("That is a client's.")

    def _abort(self) -> None:
        self._session.close(ERROR)
        super()._abort()
        self.client_left()


def _sendable(code: Optional[int]) -> int:
    if code is None:
        return NORMAL
    if 1000 <= code <= 4999 and code not in _UNSENT:
        return code
    gen_log.warning("%r cannot be the code of a close", code)
    return ERROR


async def _translated(written: "asyncio.Future[None]") -> None:
    try:
        await written
    except StreamClosedError:
        raise WebSocketClosedError() from None
