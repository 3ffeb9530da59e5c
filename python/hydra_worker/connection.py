"""What a REQUEST says of its connection, its method and its path, as interfaces with text want it."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import wire

Address = Optional[Tuple[str, Optional[int]]]
# The usual methods as text, which is not made for each request.
METHODS = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
}


class Tls(NamedTuple):
    """What a connection block says of TLS. Version and cipher suite are numbers as on the wire."""

    version: int
    suite: int
    # of the client's certificate: its name (RFC 4514), and itself in PEM; empty where it has shown none
    client_name: str
    client_certificate: str

    def extension(self) -> Dict[str, Any]:
        """The entry "tls" of the extensions of a scope (ASGI TLS extension)."""
        chain: List[str] = [self.client_certificate] if self.client_certificate else []
        return {
            "server_cert": None,
            "client_cert_chain": chain,
            "client_cert_name": self.client_name or None,
            "client_cert_error": None,
            "tls_version": self.version or None,
            "cipher_suite": self.suite or None,
        }


class Connection(NamedTuple):
    """What a connection block says."""

    scheme: str
    http_version: str
    client: Address
    server: Address
    # The path below which the application is shown, as text and percent-encoded.
    root_path: str
    raw_root_path: bytes
    tls: Optional[Tls] = None


def parse_connection(block: bytes) -> Connection:
    """
    scheme, HTTP version, client host, client port, server host, server port, root path, and of TLS the version, the cipher suite, the
    name of the client's certificate and that itself, with NUL between them.
    """
    parts = split_connection(block.decode("utf-8", "replace"))
    scheme, version, client_host, client_port, server_host, server_port, root_path = parts[:7]
    tls = parse_tls(parts)
    try:
        client = (client_host, int(client_port)) if client_host and client_port else None
        server = (server_host, int(server_port) if server_port else None) if server_host else None
    except ValueError:
        raise wire.WireError("a connection block has a port that is no number") from None
    return Connection(scheme or "http", version, client, server, root_path, encode_path(root_path), tls)


def split_connection(text: str) -> List[str]:
    """The parts of a connection block: seven, or eleven with TLS."""
    parts = text.split("\0")
    if len(parts) not in (7, 11):
        raise wire.WireError("a connection block has neither seven parts nor eleven")
    return parts


def parse_tls(parts: List[str]) -> Optional[Tls]:
    """What the last four of eleven parts say."""
    if len(parts) == 7:
        return None
    version, suite, name, certificate = parts[7:]
    if not (version.isdigit() and suite.isdigit()):
        raise wire.WireError("a connection block has a version of TLS that is no number")
    return Tls(int(version), int(suite), name, certificate)


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
