"""What handlers of aiohttp's have for a transport: who is at the other end, whether it is there still, and how to hang up."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Optional

from ..eventloop.facts import Facts
from ..eventloop.written import WrittenStream

_secure: Optional[ssl.SSLContext] = None


def secure() -> ssl.SSLContext:
    """Stands for the front's TLS: aiohttp goes by whether there is one."""
    global _secure
    if _secure is None:
        _secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return _secure


class StreamTransport(asyncio.Transport):
    """One request's, or one session's."""

    def __init__(self, stream: WrittenStream, facts: Facts, protocol: Any) -> None:
        super().__init__()
        self._stream = stream
        self._facts = facts
        self._protocol = protocol
        self._closed = False

    @property
    def _sendfile_compatible(self) -> Any:
        # What loop.sendfile() asks for first: there is no socket, and whoever can do without goes on by this error.
        raise NotImplementedError("The transport has no socket.")

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        connection = self._facts.connection
        if name == "peername":
            return connection.client if connection.client is not None else ""
        if name == "sockname":
            return connection.server if connection.server is not None else ""
        if name == "sslcontext" and connection.scheme in ("https", "wss"):
            return secure()
        return default

    def is_closing(self) -> bool:
        """Also true where the client has closed its sending side: what is written is sent nevertheless."""
        return self._closed or self._stream.gone or self._stream.finished

    def is_dead(self) -> bool:
        """Whether what is written goes nowhere."""
        return self._closed or self._stream.gone

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._stream.hang_up("The application has closed the connection.")

    def abort(self) -> None:
        self.close()

    def get_protocol(self) -> Any:
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def write(self, data: Any) -> None:
        """Bytes of HTTP have no way to the client but through the response."""
        raise RuntimeError("The connection is the server's: write to the response.")

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return self._stream.backlog_size

    def set_write_buffer_limits(self, high: Any = None, low: Any = None) -> None:
        """The limits are the server's."""

    def pause_reading(self) -> None:
        self._protocol.pause_reading()

    def resume_reading(self) -> None:
        self._protocol.resume_reading()
