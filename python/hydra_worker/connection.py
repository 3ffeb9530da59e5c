"""What the front tells of a request's connection, and how paths are written."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from . import wire

Address = Optional[Tuple[str, Optional[int]]]


class Connection(NamedTuple):
    """What a connection block says."""

    scheme: str
    http_version: str
    client: Address
    server: Address
    # The path below which the application is shown, as text and percent-encoded.
    root_path: str
    raw_root_path: bytes


def parse_connection(block: bytes) -> Connection:
    """scheme, HTTP version, client host, client port, server host, server port, root path, with NUL between them."""
    parts = block.decode("utf-8", "replace").split("\0")
    if len(parts) != 7:
        raise wire.WireError("a connection block does not have seven parts")
    scheme, version, client_host, client_port, server_host, server_port, root_path = parts
    try:
        client = (client_host, int(client_port)) if client_host and client_port else None
        server = (server_host, int(server_port) if server_port else None) if server_host else None
    except ValueError:
        raise wire.WireError("a connection block has a port that is no number") from None
    return Connection(scheme or "http", version, client, server, root_path, encode_path(root_path))


# urllib is not imported at the start: it brings along more than all of the shim has.


def encode_path(path: str) -> bytes:
    """The text as percent-encoded UTF-8."""
    if not path:
        return b""
    from urllib.parse import quote

    return quote(path).encode("ascii")


def decode_path(raw_path: bytes) -> str:
    """Percent-encoded UTF-8 to text; what is not UTF-8 becomes U+FFFD."""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(raw_path).decode("utf-8", "replace")
