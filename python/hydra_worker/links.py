"""Opens links to the front: connects, proves who we are, waits for WELCOME."""

from __future__ import annotations

import os
import socket
from typing import Callable, Tuple

from . import native, wire
from .boot import Boot
from .errors import BootError, LinkBroken

# The front answers at once; only a machine that is badly overloaded takes longer than a few milliseconds.
_HANDSHAKE_SECONDS = 30.0


def connect(address: str, make: Callable[..., socket.socket] = native.Socket) -> socket.socket:
    """Connects a blocking socket, made by `make`, to `unix:PATH`, `abstract:NAME` or `tcp:HOST:PORT`."""
    kind, _, rest = address.partition(":")
    if kind in ("unix", "abstract"):
        if not hasattr(socket, "AF_UNIX"):
            raise BootError(f"this platform has no Unix sockets for {address!r}")
        sock = make(socket.AF_UNIX, socket.SOCK_STREAM)
        target = rest if kind == "unix" else "\0" + rest
    elif kind == "tcp":
        host, _, port = rest.rpartition(":")
        if not port.isdigit():
            raise BootError(f"the address {address!r} has no port")
        sock = make(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        target = (host.strip("[]"), int(port))  # type: ignore[assignment]
    else:
        raise BootError(f"the address {address!r} is of no known kind")
    try:
        sock.settimeout(_HANDSHAKE_SECONDS)
        sock.connect(target)
        if kind == "tcp":
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        sock.close()
        raise BootError(f"cannot connect to the front at {address}: {error}") from None
    return sock


def open_link(boot: Boot, kind: int, index: int = 0, make: Callable[..., socket.socket] = native.Socket) -> Tuple[socket.socket, int, int]:
    """Opens a link. Returns its blocking socket and the windows for request and response bodies."""
    sock = connect(boot.address, make)
    hello = wire.pack_hello(
        0, 0, wire.SCHEMA_HASH, os.getpid() & 0xFFFFFFFF, boot.worker, kind, index, boot.token.encode("ascii")
    )
    try:
        sock.sendall(hello)
        frame, _, _, payload = read_frame(sock)
        if frame != wire.WELCOME:
            raise LinkBroken(f"expected WELCOME, got frame type {frame:#x}")
        request_window, response_window = wire.unpack_welcome(payload)
    except (OSError, EOFError, LinkBroken, wire.WireError) as error:
        sock.close()
        raise BootError(f"the front did not accept the link: {error}") from None
    sock.settimeout(None)
    return sock, request_window, response_window


def read_exactly(sock: socket.socket, size: int) -> bytes:
    """Reads from a blocking socket; raises EOFError when the other side closes first."""
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError("the link was closed")
        data += piece
    return bytes(data)


def read_frame(sock: socket.socket) -> Tuple[int, int, int, bytes]:
    """Reads one frame from a blocking socket: type, flags, stream, payload."""
    length, kind, flags, zero, stream = wire.HEADER.unpack(read_exactly(sock, wire.HEADER_SIZE))
    if length > wire.MAX_PAYLOAD or zero:
        raise LinkBroken("malformed frame header")
    return kind, flags, stream, read_exactly(sock, length)
