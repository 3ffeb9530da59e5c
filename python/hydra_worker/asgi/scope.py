"""Builds the scope of HTTP requests (ASGI HTTP spec, "HTTP Connection Scope")."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from ..connection import METHODS, decode_path, parse_connection
from ..headers import BlockCache, parse_block
from ..streams import request_start
from ..trailers import are_asked_for

# Of the HTTP spec, as uvicorn and granian have it. From 2.4 on Starlette listens for no disconnect and waits for send() to raise
# instead: a stream that has nothing to say would never end. Ours raises nevertheless.
SPEC_VERSION = "2.3"

# Of the WebSocket spec: closes have reasons (2.3), send() raises when the client has left (2.4), and disconnects have reasons, too (2.5).
SESSION_SPEC_VERSION = "2.5"

# What this server does beyond the HTTP spec (ASGI "Extensions"). Kestrel has nothing below 200 for HTTP/1.0, and RFC 9110 neither; it has
# none for HTTP/2 either. Trailers reach each client of HTTP/2, and those of HTTP/1.1 that say so.
_TRAILERS = "http.response.trailers"
_FILES: Dict[str, Any] = {"http.response.pathsend": {}, "http.response.zerocopysend": {}}
_EXTENSIONS: Dict[str, Dict[str, Any]] = {
    "1.1": {**_FILES, "http.response.early_hint": {}},
    "2": {**_FILES, _TRAILERS: {}},
}
_SESSION_EXTENSIONS: Dict[str, Any] = {"websocket.http.response": {}}


def extensions_of(http_version: str) -> Dict[str, Any]:
    """What a scope of HTTP has: to be copied."""
    return _EXTENSIONS.get(http_version, _FILES)


class ScopeBuilder:
    """Makes scopes for one application; remembers the blocks that repeat from request to request."""

    __slots__ = ("_asgi_version", "_headers", "_connections", "tells_start", "state")

    def __init__(self, asgi_version: str, tells_start: bool = False) -> None:
        self._asgi_version = asgi_version
        self.tells_start = tells_start
        self._headers = BlockCache(parse_block)
        self._connections = BlockCache(parse_connection)
        # The lifespan's namespace; None where the application has no lifespan.
        self.state: Optional[Dict[str, Any]] = None

    def asgi(self) -> Dict[str, str]:
        """The scope's entry."""
        return {"version": self._asgi_version, "spec_version": SPEC_VERSION}

    def build(
        self,
        method: bytes,
        raw_path: bytes,
        query: bytes,
        connection: bytes,
        headers: bytes,
        queued: int = 0,
        extensions: Optional[Dict[str, Any]] = None,
    ) -> Dict[str, Any]:
        """A fresh scope: the application may change it. `queued` is in microseconds; without `extensions` it has those of HTTP."""
        scheme, http_version, client, server, root_path, raw_root_path, tls = self._connections.young.get(
            connection
        ) or self._connections.get(connection)
        pairs = self._headers.young.get(headers)
        if pairs is None:
            pairs = self._headers.get(headers)
        path = raw_path.decode("utf-8", "replace") if b"%" not in raw_path else decode_path(raw_path)
        if root_path and path != root_path and not path.startswith(root_path + "/"):
            # The proxy in front has taken the prefix off, and the application sees it again: ASGI has it in the path.
            path = root_path + path
            raw_path = raw_root_path + raw_path
        scope = {
            "type": "http",
            "asgi": self.asgi(),
            "http_version": http_version,
            "method": METHODS.get(method) or method.decode("latin-1").upper(),
            "scheme": scheme,
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": root_path,
            "headers": pairs[:],
            "client": client,
            "server": server,
            "extensions": (extensions_of(http_version) if extensions is None else extensions).copy(),
        }
        if b"trailers" in headers and http_version == "1.1" and extensions is None and are_asked_for(pairs):
            scope["extensions"][_TRAILERS] = {}
        if tls is not None:
            scope["extensions"]["tls"] = tls.extension()
        if self.state is not None:
            # ASGI lifespan spec, "Lifespan State": each request gets a shallow copy.
            scope["state"] = self.state.copy()
        if queued:
            scope["extensions"]["hydra"] = {"queue_time": queued / 1_000_000}
            if self.tells_start:
                _tell_start(scope["headers"], queued)
        return scope

    def build_session(
        self,
        method: bytes,
        raw_path: bytes,
        query: bytes,
        connection: bytes,
        headers: bytes,
        queued: int = 0,
    ) -> Dict[str, Any]:
        """The scope of a WebSocket (ASGI WebSocket spec, "Websocket Connection Scope")."""
        scope = self.build(method, raw_path, query, connection, headers, queued, _SESSION_EXTENSIONS)
        del scope["method"]
        scope["type"] = "websocket"
        scope["scheme"] = "wss" if scope["scheme"] == "https" else "ws"
        scope["asgi"]["spec_version"] = SESSION_SPEC_VERSION
        scope["subprotocols"] = [
            each.strip().decode("latin-1")
            for name, value in scope["headers"]
            if name == b"sec-websocket-protocol"
            for each in value.split(b",")
            if each.strip()
        ]
        return scope


def _tell_start(headers: List[Tuple[bytes, bytes]], microseconds: int) -> None:
    """
    When the request came that has waited: in the header that proxies send, and tools for monitoring read as
    theirs.
    """
    if not any(name == b"x-request-start" for name, _ in headers):
        headers.append((b"x-request-start", b"t=%d" % request_start(microseconds)))
