"""
One WebSocket as an RSGI application has it (RSGI 1.6, "Websocket protocol interface").

Lives on the event loop's thread.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from .. import wire
from ..eventloop.link import DataLink
from ..eventloop.session import LOST, NORMAL, LoopSession, can_close_with
from ..response import IDLE
from .errors import protocol_error
from .protocol import head_of
from .task import RsgiTask

_TEXT = wire.FLAG_TEXT
_CLOSE = 0
_BYTES = 1
_STRING = 2
# The answer where the application closes before it accepts, and names no status.
_FORBIDDEN = 403


class WebsocketMessage(NamedTuple):
    """What receive() returns: `kind` is 0 when the client has closed, 1 for bytes, 2 for text."""

    kind: int
    data: Union[bytes, str, None]


_CLOSED = WebsocketMessage(_CLOSE, None)


class WebsocketProtocol(RsgiTask, LoopSession):
    """See the module's description."""

    __slots__ = (
        # whether the client has said that it closes, and the application was told; whether a receive() waits
        "told",
        "receiving",
    )

    def __init__(self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float) -> None:
        RsgiTask.__init__(self, link, number, flags, method, body, started)
        self.open_session()
        self.told = False
        self.receiving = False

    async def accept(self) -> "WebsocketTransport":
        """Accepts the WebSocket. Raises RSGIProtocolError when it was accepted or closed before, RSGIProtocolClosed when nobody is there."""
        if self.accepted or self.phase != IDLE:
            raise protocol_error("The WebSocket was accepted or closed already.")
        if self.gone:
            raise self.left()
        self.answer_handshake(b"", b"")
        return WebsocketTransport(self)

    def close(self, status: Optional[int] = None) -> None:
        """
        Before accept() it answers with this status of HTTP, or 403. Later it closes the session, with `status` as the code where that is
        one that a close frame may have, else with 1000. Further calls do nothing.
        """
        if not self.accepted:
            if self.phase == IDLE and not self.gone:
                self.respond(head_of, status or _FORBIDDEN, (), b"")
                self._note_denial()
        elif self.code is None:
            self.closed = True
            self._close(status if status is not None and can_close_with(status) else NORMAL, "")
            self.wake()

    async def receive(self) -> WebsocketMessage:
        """For the transport."""
        if self.receiving:
            raise protocol_error("Another receive() waits for a message.")
        self.receiving = True
        try:
            while not self.messages:
                if self.is_over():
                    if self.told or not self.gone or self.code == LOST:
                        raise self.left()
                    self.told = True
                    return _CLOSED
                await self.change()
        finally:
            self.receiving = False
        data = self.take_message()
        return WebsocketMessage(_STRING if type(data) is str else _BYTES, data)

    async def send(self, flags: int, data: bytes) -> None:
        """For the transport."""
        if self.closed:
            raise protocol_error("The WebSocket was closed already.")
        if self.is_over():
            raise self.left()
        if not self.send_now(flags, data):
            await self.send_later(flags, data)

    async def settle(self, error: Optional[BaseException]) -> None:
        if self.accepted:
            self._finish(error)
        elif error is None and self.phase == IDLE and not self.gone:
            # As granian has it: who does not accept denies.
            self.close()
        else:
            await RsgiTask.settle(self, error)


class WebsocketTransport:
    """What accept() returns."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: WebsocketProtocol) -> None:
        self._protocol = protocol

    async def receive(self) -> WebsocketMessage:
        """
        The next message; one of kind 0 when the client has closed. Raises RSGIProtocolClosed when that was told, and when the connection
        is lost; RSGIProtocolError while another receive() waits.
        """
        return await self._protocol.receive()

    async def send_bytes(self, data: bytes) -> None:
        """Sends a message; waits while the client does not take what was sent. Raises RSGIProtocolClosed when it is gone."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise self._protocol.wrong_type(f"send_bytes() takes a byte string, not {type(data).__name__}.")
        await self._protocol.send(0, bytes(data))

    async def send_str(self, data: str) -> None:
        """As send_bytes(), a message that is text."""
        if not isinstance(data, str):
            raise self._protocol.wrong_type(f"send_str() takes a str, not {type(data).__name__}.")
        await self._protocol.send(_TEXT, data.encode())

    def close(self, status: Optional[int] = None) -> None:
        """As the protocol's close()."""
        self._protocol.close(status)
