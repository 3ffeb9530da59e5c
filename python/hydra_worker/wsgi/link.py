"""
A data link of a WSGI worker: a blocking socket, its frames and its streams.

One thread at a time reads (the one that pumps, see hub.py); `handle()` runs under the hub's lock. Any thread may write; `_out_lock`
guards the output.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from struct import error as StructError
from typing import Deque, Dict, List, Optional

from .. import forks, wire
from ..errors import LinkBroken
from .stream import WsgiStream

_BUFFER_SIZE = 512 * 1024

_unpack_header = wire.HEADER.unpack_from
_unpack_request = wire.REQUEST_FIELDS.unpack_from
_HEADER_SIZE = wire.HEADER_SIZE
_MAX_PAYLOAD = wire.MAX_PAYLOAD
_REQUEST_FIXED = wire.REQUEST_FIELDS.size
_REQUEST_FLAGS = wire.FLAG_END | wire.FLAG_EXPECT_CONTINUE


class DataLink:
    """See the module's description."""

    def __init__(self, sock: socket.socket, request_window: int, response_window: int) -> None:
        self._sock: Optional[socket.socket] = sock
        self.fileno = sock.fileno()
        self.request_window = request_window
        self.response_window = response_window
        self.streams: Dict[int, WsgiStream] = {}
        # input: the pumping thread's alone
        self._buffer = bytearray(_BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._needed = _HEADER_SIZE
        # output
        self._out_lock = threading.Lock()
        self._out: List[bytes] = []
        self.out_since = 0.0
        forks.register(self)

    def after_fork(self) -> None:
        """In a child that the application forked."""
        sock, self._sock = self._sock, None
        self._out_lock = threading.Lock()
        self._out.clear()
        if sock is not None:
            sock.close()

    # ---- input

    def receive(self) -> int:
        """Reads what has arrived; 0 at the end of the link. The caller knows that there is something."""
        if self._sock is None:
            return 0
        try:
            count = self._sock.recv_into(self._view[self._filled :] if self._filled else self._view)
        except OSError:
            return 0
        self._filled += count
        return count

    def handle(self, ready: Deque[WsgiStream], draining: bool) -> None:
        """Handles the frames that are complete; new requests go to `ready`. Raises LinkBroken."""
        filled = self._filled
        if filled < self._needed:
            return
        data = bytes(self._view[:filled])
        try:
            used = self._handle(data, ready, draining)
        except (wire.WireError, StructError) as error:
            raise LinkBroken(f"protocol error on a data link: {error}") from None
        left = filled - used
        self._needed = _HEADER_SIZE
        if left:
            self._view[:left] = data[used:]
            if left >= _HEADER_SIZE:
                self._needed += _unpack_header(data, used)[0]
        self._filled = left

    def _handle(self, data: bytes, ready: Deque[WsgiStream], draining: bool) -> int:
        at = 0
        total = len(data)
        now = time.monotonic()
        while total - at >= _HEADER_SIZE:
            length, kind, flags, zero, stream = _unpack_header(data, at)
            payload = at + _HEADER_SIZE
            end = payload + length
            if length > _MAX_PAYLOAD or zero:
                raise wire.WireError("a frame header is malformed")
            if end > total:
                break
            if kind == wire.REQUEST and not flags & ~_REQUEST_FLAGS:
                request = self._read_request(data, payload, end, flags, stream, now)
                if draining:
                    self.refuse(request)
                else:
                    ready.append(request)
            else:
                self._on_other(kind, data[payload:end], flags, stream)
            at = end
        return at

    def _read_request(self, data: bytes, payload: int, end: int, flags: int, stream: int, now: float) -> WsgiStream:
        _, size1, size2, size3, size4, size5, size6 = _unpack_request(data, payload)
        at0 = payload + _REQUEST_FIXED
        at1 = at0 + size1
        at2 = at1 + size2
        at3 = at2 + size3
        at4 = at3 + size4
        at5 = at4 + size5
        if at5 + size6 != end:
            raise wire.WireError("the lengths in a REQUEST do not add up")
        if stream in self.streams:
            raise wire.WireError("a REQUEST came for a stream that is open")
        head = (data[at0:at1], data[at1:at2], data[at2:at3], data[at3:at4], data[at4:at5])
        request = WsgiStream(self, stream, head, data[at5:end], flags, now)
        self.streams[stream] = request
        return request

    def _on_other(self, kind: int, payload: bytes, flags: int, stream: int) -> None:
        if flags & ~(wire.FLAG_END if kind == wire.BODY else 0):
            raise wire.WireError(f"a frame of type {kind:#x} has flags {flags:#x}")
        request = self.streams.get(stream)
        if kind == wire.BODY:
            if len(payload) > wire.MAX_BODY:
                raise wire.WireError("a BODY frame is too long")
            if request is not None:
                request.on_body(payload, bool(flags))
        elif kind == wire.WINDOW:
            credit = wire.unpack_window(payload)[0]
            if request is not None:
                request.on_window(credit)
        elif kind == wire.CANCEL:
            wire.unpack_cancel(payload)
            if request is not None:
                self.streams.pop(stream, None)
                request.on_cancel()
        else:
            raise wire.WireError(f"a frame of type {kind:#x} may not come here")

    def refuse(self, request: WsgiStream) -> None:
        """The worker is going away: the front may send the request to another."""
        self.streams.pop(request.id, None)
        request.gone = True
        self.write(wire.pack_reset(request.id, 0, wire.RESET_NOT_STARTED, b"The worker is going away."))

    # ---- output

    def defer(self, frame: bytes) -> None:
        """Adds a frame to what leaves next."""
        with self._out_lock:
            if not self._out:
                self.out_since = time.monotonic()
            self._out.append(frame)

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

    def forget(self, request: WsgiStream) -> None:
        """The response is complete, or will not be."""
        self.streams.pop(request.id, None)

    def close(self) -> None:
        """Closes the socket."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()


Ready = deque
