"""What the front tells of a request, for interfaces that are told it as it came: with what repeats made once."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ..connection import Connection, parse_connection
from ..headers import BlockCache
from ..streams import request_start


class Facts(NamedTuple):
    """One request. `headers` is what the interface has made of the header block: requests with the same block share it."""

    method: bytes
    raw_path: bytes
    query: bytes
    connection: Connection
    headers: Any


class FactsBuilder:
    """Makes them for one application."""

    __slots__ = ("_make_headers", "_headers", "_connections", "_tells_start")

    def __init__(self, make_headers: Callable[[bytes], Any], tells_start: bool) -> None:
        self._make_headers = make_headers
        self._headers = BlockCache(make_headers)
        self._connections = BlockCache(parse_connection)
        self._tells_start = tells_start

    def build(
        self, method: bytes, raw_path: bytes, query: bytes, connection: bytes, headers: bytes, queued: int = 0
    ) -> Facts:
        """`queued` is in microseconds: what has waited is told so as proxies tell it, where that is wanted."""
        if queued and self._tells_start and b"x-request-start" not in headers.lower():
            field = b"x-request-start\0t=%d" % request_start(queued)
            made = self._make_headers(headers + b"\0" + field if headers else field)
        else:
            made = self._headers.young.get(headers) or self._headers.get(headers)
        return Facts(method, raw_path, query, self._connections.get(connection), made)
