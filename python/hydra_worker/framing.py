"""Takes the bytes of a data link apart into frames. What both engines' links have in common."""

from __future__ import annotations

from struct import Struct, error as StructError
from typing import Any, Callable, Dict, Tuple

from . import wire
from .errors import LinkBroken

# The most that one read brings, in bytes: more would leave the processor's cache before it is handled.
_READ_SIZE = 128 * 1024
# Room for an incomplete frame of the greatest size, and for one more read.
_BUFFER_SIZE = wire.HEADER_SIZE + wire.MAX_PAYLOAD + _READ_SIZE

_unpack_header = wire.HEADER.unpack_from
# A REQUEST's header and its fixed fields at once.
_REQUEST_START = Struct(wire.HEADER.format + wire.REQUEST_FIELDS.format.lstrip("<"))
_unpack_request = _REQUEST_START.unpack_from
_HEADER_SIZE = wire.HEADER_SIZE
_TYPE_OFFSET = 4
_MAX_PAYLOAD = wire.MAX_PAYLOAD
# The kinds from here on are about streams, those before it about links.
_REQUEST = wire.REQUEST
_REQUEST_FIXED = _REQUEST_START.size
_REQUEST_FLAGS = wire.FROM_FRONT[wire.REQUEST][1]

# Kind of frame → the method that takes it, the flags that it may carry, what takes its payload apart.
FROM_FRONT: Dict[int, Tuple[str, int, Callable[[bytes], Any]]] = wire.FROM_FRONT


def dispatch(target: Any, kind: int, flags: int, payload: bytes) -> None:
    """
    Hands a frame to the method of `target` that wire.FROM_FRONT names: its fields, and the flags where its kind may
    have some. Raises WireError for what may not come, or not there: the target has no such method.
    """
    name, allowed, fields = _take_apart(kind, flags, payload)
    method = getattr(target, name, None)
    if method is None:
        raise wire.WireError(f"a frame of type {kind:#x} may not come here")
    if allowed:
        method(*fields, flags)
    else:
        method(*fields)


def _take_apart(kind: int, flags: int, payload: bytes) -> Tuple[str, int, Any]:
    found = FROM_FRONT.get(kind)
    if found is None:
        raise wire.WireError(f"a frame of type {kind:#x} may not come here")
    name, allowed, unpack = found
    if flags & ~allowed:
        raise wire.WireError(f"a frame of type {kind:#x} has flags {flags:#x}")
    return name, allowed, unpack(payload)


class FrameReader:
    """Keeps the bytes of frames that are not complete; calls a method for each that is."""

    def __init__(self) -> None:
        # The streams that the front knows. Frames of others are late, and dropped (protocol.md, "Streams").
        self.streams: Dict[int, Any] = {}
        self._buffer = bytearray(_BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self._empty = self._view[:_READ_SIZE]
        self._filled = 0
        self._needed = _HEADER_SIZE

    def free_buffer(self) -> memoryview:
        """Where the next bytes go."""
        filled = self._filled
        return self._view[filled : filled + _READ_SIZE] if filled else self._empty

    def take_in(self, count: int) -> None:
        """
        `count` bytes were put into the free part of the buffer: handles the frames that are complete. Raises
        LinkBroken.
        """
        filled = self._filled + count
        self._filled = filled
        if filled < self._needed:
            return
        # Slices of bytes are several times cheaper than slices of a memoryview.
        data = bytes(self._view[:filled])
        try:
            used = self._handle(data)
        except (wire.WireError, StructError) as error:
            raise LinkBroken(f"protocol error on a data link: {error}") from None
        left = filled - used
        self._needed = _HEADER_SIZE
        if left:
            self._view[:left] = data[used:]
            if left >= _HEADER_SIZE:
                self._needed += _unpack_header(data, used)[0]
        self._filled = left

    def _handle(self, data: bytes) -> int:
        """Handles all complete frames; returns how many bytes they took."""
        at = 0
        total = len(data)
        on_request = self.on_request
        streams = self.streams
        while total - at >= _HEADER_SIZE:
            if data[at + _TYPE_OFFSET] != _REQUEST or total - at < _REQUEST_FIXED:
                length, kind, flags, zero, stream = _unpack_header(data, at)
                payload = at + _HEADER_SIZE
                end = payload + length
                if length > _MAX_PAYLOAD or zero or (kind == _REQUEST and end <= total):
                    raise wire.WireError("a frame header is malformed")
                if end > total:
                    break
                self._on_other(kind, data[payload:end], flags, stream)
                at = end
                continue
            (
                length, _, flags, zero, stream,
                queued, method, path, query, connection, headers, body,
            ) = _unpack_request(data, at)  # fmt: skip
            end = at + _HEADER_SIZE + length
            if length > _MAX_PAYLOAD or zero:
                raise wire.WireError("a frame header is malformed")
            if end > total:
                break
            # The lengths become the offsets of what follows them.
            at += _REQUEST_FIXED
            method += at
            path += method
            query += path
            connection += query
            headers += connection
            if headers + body != end or flags & ~_REQUEST_FLAGS or stream in streams:
                raise wire.WireError("a REQUEST is malformed, or for a stream that is open")
            on_request(
                stream,
                flags,
                data[at:method],
                data[method:path],
                data[path:query],
                data[query:connection],
                data[connection:headers],
                data[headers:end],
                queued,
            )
            at = end
        return at

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
        """A REQUEST frame; `queued` is the microseconds that it has waited in the front."""
        raise NotImplementedError

    def _on_other(self, kind: int, payload: bytes, flags: int, number: int) -> None:
        stream = self.streams.get(number)
        if stream is not None:
            dispatch(stream, kind, flags, payload)
        elif kind < _REQUEST:
            raise wire.WireError(f"a frame of type {kind:#x} may not come here")
        else:
            # Late: its stream has ended.
            _take_apart(kind, flags, payload)
