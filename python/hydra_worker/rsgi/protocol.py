"""
One HTTP request as an RSGI application has it: the protocol (RSGI 1.6, "HTTP protocol interface").

Lives on the event loop's thread.
"""

from __future__ import annotations

import functools
import os
from typing import Any, Awaitable, Optional

from .. import filerange
from ..eventloop.exchange import WHOLE
from ..headers import HeadCache, encode_text
from ..response import IDLE
from .errors import protocol_error
from .task import RsgiTask

# As granian sends text: names of files in other languages go by it.
head_of = HeadCache(functools.partial(encode_text, charset="utf-8")).get


class HTTPProtocol(RsgiTask):
    """
    See the module's description. The first response is the one that counts, as with granian: further ones are passed over, but for
    response_stream(), which has to return something and raises.
    """

    __slots__ = ()

    # ---- the request's body

    def __call__(self) -> Awaitable[bytes]:
        self._take_body()
        return self.read_body()

    def __aiter__(self) -> "HTTPProtocol":
        self._take_body()
        return self

    async def __anext__(self) -> bytes:
        chunk = await self.read_chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def _take_body(self) -> None:
        if self.body_taken:
            raise protocol_error("The body of the request has been taken already.")
        self.body_taken = True

    async def client_disconnect(self) -> None:
        """Returns when the client has left; or when the response is complete, and nobody is told of the connection any more."""
        await self.wait_left()

    # ---- the response

    def response_empty(self, status: int = 200, headers: Any = ()) -> None:
        """A response without a body."""
        if self._may_answer():
            self.respond(head_of, status, headers, b"")

    def response_str(self, status: int = 200, headers: Any = (), body: str = "") -> None:
        """A response whose body is text, sent as UTF-8."""
        if type(body) is not str and not isinstance(body, str):
            raise self.wrong_type(f"The body of response_str() must be a str, not {type(body).__name__}.")
        if self._may_answer():
            self.respond(head_of, status, headers, body.encode())

    def response_bytes(self, status: int = 200, headers: Any = (), body: bytes = b"") -> None:
        """A response whose body is bytes."""
        if type(body) is not bytes:
            body = self._as_bytes("response_bytes", body)
        # As _may_answer() says: most responses are made here.
        if self.phase == IDLE and not self.unseen and self.rest is None:
            self.respond(head_of, status, headers, body)

    def response_file(self, status: int, headers: Any, file: str) -> None:
        """A response whose body is a file. Its headers are the application's affair."""
        self._respond_file(status, headers, file, 0, None)

    def response_file_range(self, status: int, headers: Any, file: str, start: int, end: int) -> None:
        """A response whose body is the part of a file from `start` on and before `end`. Raises ValueError for none."""
        if not 0 <= start < end:
            raise ValueError("Invalid range")
        self._respond_file(status, headers, file, start, end)

    def response_stream(self, status: int = 200, headers: Any = ()) -> "Transport":
        """A response whose body is sent piece by piece, and ends when the application does."""
        if not self._may_answer():
            raise protocol_error("A response was given already.")
        if not self.gone:
            self.begin(head_of, status, headers)
            if self in self.link.unfinished:
                # Not its first step: nobody looks after that.
                self.link.hold_head(self)
        return Transport(self)

    def _may_answer(self) -> bool:
        return self.phase == IDLE and not self.unseen and self.rest is None

    def _respond_file(self, status: int, headers: Any, file: str, start: int, end: Optional[int]) -> None:
        """The front opens the file and sends it; where there is none the client gets 404, as granian has it."""
        path = os.fsencode(os.path.abspath(file))
        if not self._may_answer():
            return
        if self.gone:
            self.unseen = WHOLE
            return
        self.begin(head_of, status, headers)
        self._answer_with_file(filerange.payload(path, start, filerange.ALL if end is None else end - start))

    def _as_bytes(self, method: str, body: Any) -> bytes:
        if isinstance(body, (bytes, bytearray, memoryview)):
            return bytes(body)
        raise self.wrong_type(f"The body of {method}() must be a byte string, not {type(body).__name__}.")


class Transport:
    """What response_stream() returns."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: HTTPProtocol) -> None:
        self._protocol = protocol

    async def send_bytes(self, data: bytes) -> None:
        """Sends these bytes; waits while the client does not take what was sent. Raises RSGIProtocolClosed when it has left."""
        if type(data) is not bytes:
            data = self._protocol._as_bytes("send_bytes", data)
        await self._protocol.send_chunk(data)

    async def send_str(self, data: str) -> None:
        """Sends text as UTF-8, as send_bytes() does."""
        if not isinstance(data, str):
            raise self._protocol.wrong_type(f"send_str() takes a str, not {type(data).__name__}.")
        await self._protocol.send_chunk(data.encode())
