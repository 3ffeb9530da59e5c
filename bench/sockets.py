"""WebSockets under load: messages that are echoed, one in flight on each connection (ws_load.c, which the machine's compiler builds)."""

import json
import os
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from load import LoadFailure, Request

SOURCE = Path(__file__).resolve().parent / "ws_load.c"
PROGRAM = SOURCE.parent.parent / "artifacts" / "bench" / "ws_load"
HANDSHAKE = ("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
ERRORS = ("connect", "read", "write", "timeout", "status")


@dataclass(frozen=True)
class Echo(Request):
    """A text message of so many bytes, and the same again."""

    size: int = 16

    def burst(self, port: int, connections: int, seconds: int) -> dict:
        """Loads the server for some seconds and returns the figures; the requests are messages."""
        command = [str(_program()), str(port), self.path, str(connections), str(self.size), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
        if done.returncode:
            raise LoadFailure(done.stderr.strip())
        figures = json.loads(done.stdout)
        return {**dict.fromkeys(ERRORS, 0), "bytes": figures["requests"] * self.size, **figures}

    def validate(self, port: int) -> None:
        """Raises unless the server echoes the message."""
        message = b"a" * self.size
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(HANDSHAKE.format(path=self.path).encode())
                stream = connection.makefile("rb")
                if not stream.readline().startswith(b"HTTP/1.1 101"):
                    raise LoadFailure("a handshake was not accepted")
                while stream.readline().strip():
                    pass
                connection.sendall(_frame(message))
                answer = _message(stream)
        except (OSError, struct.error) as error:
            raise LoadFailure(f"no echo: {error}") from error
        if answer != message:
            raise LoadFailure(f"a wrong echo of {len(answer)} bytes")


def _program() -> Path:
    if not PROGRAM.exists() or PROGRAM.stat().st_mtime < SOURCE.stat().st_mtime:
        PROGRAM.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", str(PROGRAM), str(SOURCE)], check=True)
    return PROGRAM


def _frame(message: bytes) -> bytes:
    # Masked with nothing but zeros, which leaves it as it is.
    length = len(message)
    head = struct.pack("!BB", 0x81, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x81, 0x80 | 126, length)
    return head + bytes(4) + message


def _message(stream) -> bytes:
    whole = b""
    while True:
        first, length = struct.unpack("!BB", stream.read(2))
        if length == 126:
            length, = struct.unpack("!H", stream.read(2))
        elif length == 127:
            length, = struct.unpack("!Q", stream.read(8))
        data = stream.read(length)
        if first & 15 <= 2:
            whole += data
            if first & 0x80:
                return whole
