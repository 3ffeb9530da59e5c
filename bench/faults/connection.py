"""A keep-alive HTTP/1.1 connection of a client, written for asyncio's protocols: one request at a time."""

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Callable


class BadResponse(Exception):
    """What the server sent is no HTTP response."""


@dataclass(slots=True)
class Response:
    """A complete response."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    # The server ends the connection after it.
    closes: bool = False


@dataclass(slots=True)
class _Partial:
    head: Response
    left: int = 0
    chunked: bool = False
    until_end: bool = False
    pieces: list[bytes] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """Tells its owner of each response and, once, of its end. The event loop's thread uses it."""

    def __init__(self, on_response: Callable[[Response], None], on_end: Callable[[str], None]):
        self._on_response = on_response
        self._on_end = on_end
        self._received = b""
        self._partial: _Partial | None = None
        self._no_body = False
        self._transport: asyncio.Transport | None = None
        # A request was sent whose response is not complete.
        self.waits = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, message: bytes, is_head: bool = False) -> None:
        """Sends a request; the response must not have a body when it is for HEAD."""
        self._no_body = is_head
        self.waits = True
        self._transport.write(message)

    def close(self) -> None:
        """Ends the connection from this side; the owner does not hear of it."""
        self._on_end = lambda reason: None
        self._on_response = lambda response: None
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._received = self._received + data if self._received else data
        try:
            while self._received and self._step():
                pass
        except (BadResponse, ValueError) as error:
            self._end(f"no HTTP: {error}")
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop."""
        if error is None and self._partial and self._partial.until_end:
            self._finish()
            return self._end("closed")
        if self._partial:
            return self._end("cut short" if error is None else "cut short by a reset")
        return self._end("closed" if error is None else "reset")

    def _end(self, reason: str) -> None:
        report, self._on_end = self._on_end, lambda reason: None
        report(reason)

    def _step(self) -> bool:
        if self._partial is None:
            head, mark, rest = self._received.partition(b"\r\n\r\n")
            if not mark:
                return False
            if not self.waits:
                raise BadResponse(f"a response that nobody asked for: {head[:60]!r}")
            self._received = rest
            self._begin(head)
        return self._partial is None or self._read_body()

    def _begin(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status = first.split(" ", 2)[:2]
        if not version.startswith("HTTP/1."):
            raise BadResponse(f"a response that begins with {first[:60]!r}")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        response = Response(int(status), headers, closes=headers.get("connection", "").lower() == "close")
        if 100 <= response.status < 200:
            return
        self._partial = partial = _Partial(response)
        if self._no_body or response.status in (204, 304):
            self._finish()
        elif "chunked" in headers.get("transfer-encoding", ""):
            partial.chunked = True
        elif "content-length" in headers:
            partial.left = int(headers["content-length"])
            if not partial.left:
                self._finish()
        else:
            partial.until_end = True

    def _read_body(self) -> bool:
        partial = self._partial
        if partial.chunked:
            return self._read_chunk()
        if partial.until_end:
            partial.pieces.append(self._received)
            self._received = b""
            return False
        piece = self._received[:partial.left]
        self._received = self._received[partial.left:]
        partial.left -= len(piece)
        partial.pieces.append(piece)
        if partial.left:
            return False
        self._finish()
        return True

    def _read_chunk(self) -> bool:
        line, mark, rest = self._received.partition(b"\r\n")
        if not mark:
            return False
        size = int(line.split(b";")[0], 16)
        if len(rest) < size + 2:
            return False
        if rest[size:size + 2] != b"\r\n":
            raise BadResponse("a chunk without its end")
        self._received = rest[size + 2:]
        if size:
            self._partial.pieces.append(rest[:size])
        else:
            self._finish()
        return True

    def _finish(self) -> None:
        partial, self._partial = self._partial, None
        partial.head.body = b"".join(partial.pieces)
        self.waits = False
        self._on_response(partial.head)


async def connect(port: int, on_response: Callable[[Response], None], on_end: Callable[[str], None]) -> Connection:
    """Opens a connection to the server on this machine."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(on_response, on_end), "127.0.0.1", port)
    return connection


async def fetch(port: int, message: bytes, seconds: float = 30) -> Response:
    """One request on a connection of its own; raises ConnectionError when it is not answered, TimeoutError when not in time."""
    answer = asyncio.get_running_loop().create_future()

    def end(reason: str) -> None:
        if not answer.done():
            answer.set_exception(ConnectionError(reason))

    def respond(response: Response) -> None:
        if not answer.done():
            answer.set_result(response)

    connection = await connect(port, respond, end)
    try:
        connection.request(message, message.startswith(b"HEAD "))
        return await asyncio.wait_for(answer, seconds)
    finally:
        connection.close()
