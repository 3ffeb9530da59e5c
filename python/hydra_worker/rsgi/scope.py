"""What an RSGI application is told of a request (RSGI 1.6, "HTTP connection scope"). Nothing is made before it is asked for."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional

from ..connection import METHODS, Address, decode_path, parse_connection
from ..headers import BlockCache
from ..mapping import Headers, headers_of
from ..streams import request_start

_START = b"x-request-start"


class _Connection(NamedTuple):
    scheme: str
    http_version: str
    client: str
    server: str


def connection_of_block(block: bytes) -> _Connection:
    """What a scope says of its connection."""
    scheme, version, client, server = parse_connection(block)[:4]
    return _Connection(scheme, version[:-2] if version.endswith(".0") else version, _text(client), _text(server))


def _text(address: Address) -> str:
    """`{address}:{port}`; of a Unix socket its path, and nothing for who has connected to one."""
    if address is None:
        return ""
    host, port = address
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_connection_of = BlockCache(connection_of_block).get


class Scope:
    """Of an HTTP request."""

    __slots__ = ("_method", "_path", "_query", "_connection", "_headers")

    proto = "http"
    rsgi_version = "1.6"

    def __init__(self, method: bytes, raw_path: bytes, query: bytes, connection: bytes, headers: bytes, queued: int = 0) -> None:
        self._method = method
        self._path = raw_path
        self._query = query
        self._connection = connection
        self._headers = headers

    @property
    def http_version(self) -> str:
        """1, 1.1 or 2."""
        return _connection_of(self._connection).http_version

    @property
    def server(self) -> str:
        """The address at which the server listens, and its port."""
        return _connection_of(self._connection).server

    @property
    def client(self) -> str:
        """The client's address and port."""
        return _connection_of(self._connection).client

    @property
    def scheme(self) -> str:
        """http or https."""
        return _connection_of(self._connection).scheme

    @property
    def method(self) -> str:
        """In upper case."""
        return METHODS.get(self._method) or self._method.decode("latin-1").upper()

    @property
    def path(self) -> str:
        """Percent-decoded, as it came: RSGI has no word for the path below which an application is shown."""
        raw_path = self._path
        return decode_path(raw_path) if b"%" in raw_path else raw_path.decode("utf-8", "replace")

    @property
    def query_string(self) -> str:
        """As it came, without the question mark."""
        return self._query.decode("latin-1")

    @property
    def headers(self) -> Headers:
        """A mapping with get_all()."""
        return headers_of(self._headers)

    @property
    def authority(self) -> Optional[str]:
        """The pseudo-header of that name, which HTTP/1 has not; the front hands it on as Host."""
        return self.headers.get("host") if self.http_version >= "2" else None  # type: ignore[no-any-return]


class WebsocketScope(Scope):
    """Of a request for a WebSocket."""

    __slots__ = ()

    proto = "ws"


def telling_start(scope: Callable[..., Scope]) -> Callable[..., Scope]:
    """The same scope, with the header that tells when a request came that has waited in the front."""

    def build(method: bytes, raw_path: bytes, query: bytes, connection: bytes, headers: bytes, queued: int) -> Any:
        if queued and _START not in headers.split(b"\0")[::2]:
            started = _START + b"\0t=%d" % request_start(queued)
            headers = headers + b"\0" + started if headers else started
        return scope(method, raw_path, query, connection, headers, queued)

    return build
