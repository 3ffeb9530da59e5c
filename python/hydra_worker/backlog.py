"""Output of a data link on its way into the socket, and what the socket has not taken yet."""

from __future__ import annotations

import os
import socket
from typing import List

from .frames import Buffer

# Of pieces with fewer bytes than this on average a copy is cheaper than the kernel's work for each.
_SMALL = 1024
# What one system call is given at most. No more fits in a Unix socket's buffer by default, and a larger copy
# would be made in memory that the allocator takes from the system and gives back each time.
_MOST_BYTES = 192 * 1024
try:
    _MOST_PIECES = min(os.sysconf("SC_IOV_MAX"), 1024)
except (AttributeError, OSError, ValueError):
    _MOST_PIECES = 16


class Backlog:
    """Guarded by the link's output lock."""

    __slots__ = ("pieces", "size", "_send", "_send_pieces")

    def __init__(self, sock: socket.socket) -> None:
        self.pieces: List[Buffer] = []
        self.size = 0
        self._send = sock.send
        self._send_pieces = getattr(sock, "sendmsg", None)

    def add(self, pieces: List[Buffer]) -> None:
        """Takes the list over if it has none."""
        if self.pieces:
            self.pieces += pieces
        else:
            self.pieces = pieces
        self.size += sum(map(len, pieces))

    def send(self) -> bool:
        """Sends what the socket takes; says whether that was everything. Raises OSError."""
        while self.pieces:
            pieces, size = self._next()
            try:
                if self._send_pieces is None or size < len(pieces) * _SMALL:
                    sent = self._send(b"".join(pieces))
                else:
                    sent = self._send_pieces(pieces)
            except (BlockingIOError, InterruptedError):
                return False
            self.size -= sent
            if sent < size:
                self._drop(sent)
                return False
            del self.pieces[: len(pieces)]
        return True

    def _next(self) -> "tuple[List[Buffer], int]":
        """The pieces for the next system call, and their size."""
        if self.size <= _MOST_BYTES and len(self.pieces) <= _MOST_PIECES:
            return self.pieces, self.size
        count = size = 0
        for piece in self.pieces[:_MOST_PIECES]:
            if count and size + len(piece) > _MOST_BYTES:
                break
            count += 1
            size += len(piece)
        return self.pieces[:count], size

    def _drop(self, sent: int) -> None:
        """The first `sent` bytes are gone."""
        count = 0
        for piece in self.pieces:
            if sent < len(piece):
                break
            sent -= len(piece)
            count += 1
        del self.pieces[:count]
        if sent:
            self.pieces[0] = memoryview(self.pieces[0])[sent:]
