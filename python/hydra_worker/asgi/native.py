"""ASGI on a NativeLink: what that is told once, and what it asks of Python when something is rare."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Tuple

from .. import requestnames, speedups
from ..connection import parse_connection
from ..headers import parse_block
from ..trailers import are_asked_for
from .messages import HttpMessages
from .scope import ScopeBuilder, extensions_of
from .stream import HttpStream
from .websocket import WebSocketStream


class NativeHttpStream(HttpStream):
    """receive() and send() return what is awaited like a coroutine, and do what most requests do without one."""

    __slots__ = ()

    receive = speedups.module.Exchange.receive  # type: ignore[union-attr]
    send = speedups.module.Exchange.send  # type: ignore[union-attr]
    receive_slowly = HttpMessages.receive
    send_slowly = HttpMessages.send


class NativeWebSocketStream(WebSocketStream):
    """The same for a WebSocket."""

    __slots__ = ()

    receive = speedups.module.Exchange.receive_message  # type: ignore[union-attr]
    send = speedups.module.Exchange.send_message  # type: ignore[union-attr]
    receive_slowly = WebSocketStream.receive
    send_slowly = WebSocketStream.send


def quicken_with(application: Any, scopes: ScopeBuilder) -> Callable[[Any], None]:
    """What makes a NativeLink serve an application's HTTP requests, and its sessions."""

    def quicken(link: Any) -> None:
        link.open_sessions_as(NativeWebSocketStream)
        if requestnames.header:
            # Each request has a name in its context: Python's part gives it.
            return
        link.take_frames_of(NativeHttpStream)
        link.serve_http(
            application, scopes, NativeHttpStream, NativeHttpStream.run, _connection, _headers, _TEMPLATE, scopes.asgi(), scopes.tells_start
        )

    return quicken


# The keys of a scope in the order that ScopeBuilder.build() has, with what is the same for all that the native part makes.
_TEMPLATE = {
    "type": "http",
    "asgi": None,
    "http_version": "",
    "method": "",
    "scheme": "",
    "path": "",
    "raw_path": b"",
    "query_string": b"",
    "root_path": "",
    "headers": None,
    "client": None,
    "server": None,
    "extensions": None,
}


def _connection(block: bytes) -> Optional[Tuple[Any, ...]]:
    """Of a connection block what goes into scopes as it is; None where the scope has more of it than that."""
    connection = parse_connection(block)
    if connection.tls is not None or connection.root_path:
        return None
    return connection.scheme, connection.http_version, connection.client, connection.server, extensions_of(connection.http_version)


def _headers(block: bytes) -> Optional[List[Tuple[bytes, bytes]]]:
    """The pairs of a header block; None where the scope depends on them."""
    pairs = parse_block(block)
    return None if b"trailers" in block and are_asked_for(pairs) else pairs
