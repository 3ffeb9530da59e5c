"""
One WebSocket as a raw application has it: a request until it is accepted, a session from then on.

Lives on the event loop's thread.
"""

from __future__ import annotations

from typing import Any, AsyncIterator, Optional, Union

from .. import forks, wire
from ..errors import ClientDisconnected
from ..eventloop.link import DataLink
from ..eventloop.relatives import REQUEST
from ..eventloop.session import LoopSession, can_close_with
from ..headers import encode_text
from ..response import IDLE
from .request import Request

_TEXT = wire.FLAG_TEXT


class Socket(Request, LoopSession):
    """See the module's description. The request is its own WebSocket."""

    __slots__ = ()

    is_websocket = True

    def __init__(self, link: DataLink, number: int, flags: int, method: bytes, body: bytes, started: float) -> None:
        Request.__init__(self, link, number, flags, method, body, started)
        self.open_session()

    # ---- for the application

    async def accept(self, subprotocol: str = "", headers: Any = ()) -> "Socket":
        if self.accepted or self.phase != IDLE:
            raise self.broke("The WebSocket was accepted already.")
        if self.gone:
            raise self.left()
        head, _ = encode_text(headers, 200)
        self.answer_handshake(subprotocol.encode("latin-1", "replace"), head)
        return self

    async def receive(self) -> Union[bytes, str, None]:
        while not self.messages:
            if self.is_over():
                return None
            await self.change()
        return self.take_message()

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            message = await self.receive()
            if message is None:
                return
            yield message

    async def send(self, message: Union[bytes, str]) -> None:
        flags = _TEXT if isinstance(message, str) else 0
        data = self.as_bytes(message)
        if self.is_over():
            if self.closed:
                raise self.broke("A message was sent after the WebSocket had been closed.")
            raise ClientDisconnected("The client has disconnected.")
        if not self.accepted:
            raise self.broke("A message was sent before the WebSocket was accepted.")
        if not self.send_now(flags, data):
            await self.send_later(flags, data)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if not can_close_with(code):
            raise self.wrong_type(f"The code of a close must be one that can be sent (RFC 6455, section 7.4), not {code!r}.")
        if self.accepted and self.code is None:
            await self.close_session(code, reason)

    # ---- its task

    async def run(self, application: Any, facts: Any) -> None:  # type: ignore[override]
        """Calls the application and sees to it that the session ends with it."""
        self.facts = facts
        if self.link.interruptible:
            REQUEST.set(self)
        error: Optional[BaseException] = None
        try:
            result = application(self)
            if hasattr(result, "__await__"):
                result = await result
            if not self.accepted and not self.answer(result):
                await self.answer_later(result)
        except BaseException as raised:
            error = raised
        if not self.accepted:
            await self.end(error)
            return
        if forks.is_child:
            forks.leave(error)
        self._finish(error)
        if self.link.unfinished:
            self.link.unfinished.pop(self, None)
