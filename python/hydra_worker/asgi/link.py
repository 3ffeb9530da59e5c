"""
A data link on the event loop: takes frames apart, starts their requests, gathers what they answer.

What one read brings is handled as a whole, and what it produced leaves in one write when it is done. Frames that are made at other
times leave once in each turn of the loop.
"""

from __future__ import annotations

import asyncio
import time
from struct import error as StructError
from typing import Any, Callable, Dict, List, Set

from .. import wire
from .scope import ScopeBuilder
from .stream import HttpStream
from .tasks import Start, starter

# More than one frame of the greatest size, so that the rest of an incomplete one always leaves room for the next.
BUFFER_SIZE = 512 * 1024
# Output that is not kept until the end of the turn.
_FLUSH_SIZE = 256 * 1024

_unpack_header = wire.HEADER.unpack_from
_unpack_request = wire.REQUEST_FIELDS.unpack_from
_HEADER_SIZE = wire.HEADER_SIZE
_MAX_PAYLOAD = wire.MAX_PAYLOAD
_REQUEST_FIXED = wire.REQUEST_FIELDS.size
_REQUEST_FLAGS = wire.FLAG_END | wire.FLAG_EXPECT_CONTINUE


class DataLink:
    """The part that does not depend on how bytes are moved; see transports.py for the two that do."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        application: Any,
        scopes: ScopeBuilder,
        request_window: int,
        response_window: int,
        lost: Callable[["DataLink", str], None],
    ) -> None:
        self.loop = loop
        self.request_window = request_window
        self.response_window = response_window
        self.draining = False
        self._application = application
        self._scopes = scopes
        self._lost = lost
        # streams that the front knows, and those whose application did not finish in its first step
        self.streams: Dict[int, HttpStream] = {}
        self.unfinished: Set[HttpStream] = set()
        # input: frames that have not arrived as a whole
        self._buffer = bytearray(BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._needed = _HEADER_SIZE
        # output
        self._out: List[bytes] = []
        self._out_size = 0
        self._flush_expected = False
        self._closed = False

    # ---- input

    def free_buffer(self) -> memoryview:
        """Where the next bytes go."""
        return self._view[self._filled :] if self._filled else self._view

    def received(self, count: int) -> None:
        """`count` bytes were put into the free part of the buffer: handles the frames that are complete now."""
        filled = self._filled + count
        if filled < self._needed:
            self._filled = filled
            return
        data = bytes(self._view[:filled])
        self._flush_expected = True
        try:
            used = self._handle(data)
        except (wire.WireError, StructError) as error:
            self.fail(f"protocol error on a data link: {error}")
            return
        left = filled - used
        if left:
            self._view[:left] = data[used:]
            self._needed = _HEADER_SIZE
            if left >= _HEADER_SIZE:
                self._needed += _unpack_header(data, used)[0]
        else:
            self._needed = _HEADER_SIZE
        self._filled = left
        self.flush()

    def _handle(self, data: bytes) -> int:
        """Handles all complete frames; returns how many bytes they took."""
        at = 0
        total = len(data)
        start = starter(self.loop)
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
                self._on_request(data, payload, end, flags, stream, start, now)
            else:
                self._on_other(kind, data[payload:end], flags, stream)
            at = end
        return at

    def _on_request(
        self, data: bytes, payload: int, end: int, flags: int, stream: int, start: Start, now: float
    ) -> None:
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
        if self.draining:
            self.write(wire.pack_reset(stream, 0, wire.RESET_NOT_STARTED, b"The worker is going away."))
            return
        method = data[at0:at1]
        scope = self._scopes.build(method, data[at1:at2], data[at2:at3], data[at3:at4], data[at4:at5])
        http = HttpStream(self, stream, method, data[at5:end], flags, now)
        self.streams[stream] = http
        task = start(http.run(self._application, scope))
        if not task.done():
            http.task = task
            self.unfinished.add(http)

    def _on_other(self, kind: int, payload: bytes, flags: int, stream: int) -> None:
        if flags & ~(wire.FLAG_END if kind == wire.BODY else 0):
            raise wire.WireError(f"a frame of type {kind:#x} has flags {flags:#x}")
        http = self.streams.get(stream)
        if kind == wire.BODY:
            if len(payload) > wire.MAX_BODY:
                raise wire.WireError("a BODY frame is too long")
            if http is not None:
                http.on_body(payload, bool(flags))
        elif kind == wire.WINDOW:
            credit = wire.unpack_window(payload)[0]
            if http is not None:
                http.on_window(credit)
        elif kind == wire.CANCEL:
            wire.unpack_cancel(payload)
            if http is not None:
                del self.streams[stream]
                http.on_cancel()
        else:
            raise wire.WireError(f"a frame of type {kind:#x} may not come here")

    # ---- output

    def write(self, frame: bytes) -> None:
        """Adds a frame to what leaves next."""
        self._out.append(frame)
        self._out_size += len(frame)
        if not self._flush_expected:
            self._flush_expected = True
            self.loop.call_soon(self.flush)
        elif self._out_size >= _FLUSH_SIZE:
            self._send_out()

    def flush(self) -> None:
        """Sends what was gathered."""
        self._flush_expected = False
        if self._out:
            self._send_out()

    def _send_out(self) -> None:
        out = self._out
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        self._out_size = 0
        if not self._closed:
            self.transmit(data)

    def transmit(self, data: bytes) -> None:
        """Sends the bytes, or keeps what cannot be sent yet."""
        raise NotImplementedError

    # ---- streams

    def forget(self, http: HttpStream) -> None:
        """The response is complete: nothing more is sent or expected for the stream."""
        self.streams.pop(http.id, None)

    def tasks_done(self, http: HttpStream) -> None:
        """The application is through with a request that took more than one step."""
        self.unfinished.discard(http)

    # ---- the end

    def fail(self, reason: str) -> None:
        """The link cannot be used any more: all its streams are cancelled."""
        if self._closed:
            return
        self._closed = True
        self.close()
        streams = list(self.streams.values())
        self.streams.clear()
        for http in streams:
            http.on_cancel()
        self._lost(self, reason)

    def close(self) -> None:
        """Closes the socket."""
        raise NotImplementedError

    def finish(self) -> None:
        """Takes in what has arrived already, sends what is left and closes; for the orderly end of the worker."""
        raise NotImplementedError
