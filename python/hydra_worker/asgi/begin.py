"""What becomes of a REQUEST: a scope, a stream, and the coroutine that calls the application with them."""

from __future__ import annotations

from typing import Any, Coroutine, Tuple

from ..eventloop.link import Begin, DataLink
from .scope import ScopeBuilder
from .stream import HttpStream


def beginner(application: Any, scopes: ScopeBuilder) -> Begin:
    """What the data links of this application call for each request."""
    build = scopes.build

    def begin(
        link: DataLink,
        stream: int,
        flags: int,
        method: bytes,
        raw_path: bytes,
        query: bytes,
        connection: bytes,
        headers: bytes,
        body: bytes,
        queued: int,
    ) -> Tuple[HttpStream, Coroutine[Any, Any, None]]:
        scope = build(method, raw_path, query, connection, headers, queued)
        http = HttpStream(link, stream, flags, method, body, link.now)
        return http, http.run(application, scope)

    return begin
