"""
A data link of a WSGI worker: a blocking socket, its frames and its streams.

One thread at a time reads (the one that pumps, see hub.py); `handle()` runs under the hub's lock. Any thread
may write; `_out_lock` guards the output.
"""

from __future__ import annotations

import socket
from time import monotonic
from typing import Deque, List, Optional

from .. import forks, native, speedups, wire
from ..framing import FrameReader
from .stream import WsgiStream


# Bytes of deferred output that leave without waiting for more.
_FLUSH_SIZE = 64 * 1024


class DataLink(FrameReader):
    """See the module's description."""

    def __init__(self, sock: socket.socket, request_window: int, response_window: int) -> None:
        super().__init__()
        self._sock: Optional[socket.socket] = sock
        self.fileno = sock.fileno()
        self.request_window = request_window
        self.response_window = response_window
        # input: where new requests go; None when they are refused
        self._ready: Optional[Deque[WsgiStream]] = None
        self._now = 0.0
        # output
        self._out_lock = native.Lock()
        self._out: List[bytes] = []
        self._out_size = 0
        self.out_since = 0.0
        forks.register(self)

    def after_fork(self) -> None:
        """In a child that the application forked."""
        sock, self._sock = self._sock, None
        self._out_lock = native.Lock()
        self._out.clear()
        if sock is not None:
            sock.close()

    # ---- input

    def receive(self) -> int:
        """Reads what has arrived; 0 at the end of the link. The caller knows that there is something."""
        try:
            return self._sock.recv_into(self.free_buffer()) if self._sock is not None else 0
        except OSError:
            return 0

    def handle(self, count: int, ready: Optional[Deque[WsgiStream]]) -> None:
        """Handles the frames that are complete with these bytes. Raises LinkBroken."""
        self._ready = ready
        self._now = monotonic()
        self.take_in(count)

    def on_request(
        self,
        stream: int,
        flags: int,
        method: bytes,
        raw_path: bytes,
        query: bytes,
        connection: bytes,
        headers: bytes,
        body: bytes,
        queued: int,
    ) -> None:
        head = (method, raw_path, query, connection, headers)
        new = WsgiStream(self, stream, flags, head, body, self._now, queued)
        self.streams[stream] = new
        if self._ready is None:
            self.give_back(new, b"The worker is going away.")
            self.flush()
        else:
            self._ready.append(new)

    def give_back(self, request: WsgiStream, reason: bytes) -> None:
        """No thread has taken the request: the front may send it to another worker. The caller flushes."""
        self.streams.pop(request.id, None)
        self.defer(wire.pack_reset(request.id, 0, wire.RESET_NOT_STARTED, reason))

    if speedups.module is not None:

        def _handle(self, data: bytes) -> int:
            # What FrameReader and on_request() do.
            return speedups.module.take_apart(
                data, self, self.streams, WsgiStream, self._ready, self._now, self.request_window, self.response_window
            )

    # ---- output

    @property
    def has_output(self) -> bool:
        """Whether something was deferred."""
        return bool(self._out)

    def defer(self, frame: bytes) -> None:
        """Adds a frame to what leaves next."""
        with self._out_lock:
            if not self._out:
                self.out_since = monotonic()
                self._out_size = 0
            self._out.append(frame)
            self._out_size += len(frame)
            if self._out_size >= _FLUSH_SIZE:
                data = b"".join(self._out)
                self._out.clear()
                self._send(data)

    def write(self, frame: bytes) -> None:
        """Sends a frame, and whatever was deferred before it."""
        with self._out_lock:
            out = self._out
            if out:
                out.append(frame)
                frame = b"".join(out)
                out.clear()
            self._send(frame)

    def flush(self) -> None:
        """Sends what was deferred."""
        if self._out:
            with self._out_lock:
                out = self._out
                if out:
                    data = b"".join(out)
                    out.clear()
                    self._send(data)

    def _send(self, data: bytes) -> None:
        if self._sock is not None:
            try:
                self._sock.sendall(data)
            except OSError:
                # The reading side notices it and ends the worker.
                pass

    def mute(self) -> None:
        """Nothing more is sent: what threads still write goes nowhere, and who reads is woken."""
        if self._sock is not None:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The other side was faster.
                pass

    def close(self) -> None:
        """Closes the socket."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()
