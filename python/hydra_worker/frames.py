"""
The frames that every request makes, packed faster than the general packers do it. tests/test_units.py
compares the two.
"""

from __future__ import annotations

from struct import Struct
from typing import Union

from . import speedups, wire

Buffer = Union[bytes, memoryview]

_pack_header = wire.HEADER.pack
_pack_response = Struct(wire.HEADER.format + wire.RESPONSE_FIELDS.format.lstrip("<")).pack
_RESPONSE_FIXED = wire.RESPONSE_FIELDS.size


# Bodies up to this size, in bytes, are copied into their frame: that is cheaper than a piece of its own.
COPIED = 2048


def python_response_frame(stream: int, flags: int, status: int, head: bytes, body: Buffer) -> bytes:
    """RESPONSE; the caller has checked the sizes."""
    headers = len(head)
    size = len(body)
    fixed = _pack_response(
        _RESPONSE_FIXED + headers + size, wire.RESPONSE, flags, 0, stream, status, headers, size
    )
    return b"".join((fixed, head, body))


# The same in C.
response_frame = speedups.module.response_frame if speedups.module is not None else python_response_frame


def response_start(stream: int, flags: int, status: int, head: bytes, size: int) -> bytes:
    """RESPONSE up to its body, which is so long and follows."""
    headers = len(head)
    return (
        _pack_response(
            _RESPONSE_FIXED + headers + size, wire.RESPONSE, flags, 0, stream, status, headers, size
        )
        + head
    )


def body_frame(stream: int, flags: int, data: Buffer) -> bytes:
    """BODY; the caller has checked the size."""
    return b"".join((_pack_header(len(data), wire.BODY, flags, 0, stream), data))


def data_frame(stream: int, flags: int, data: Buffer) -> bytes:
    """DATA; the caller has checked the size."""
    return b"".join((_pack_header(len(data), wire.DATA, flags, 0, stream), data))


def data_start(stream: int, flags: int, size: int) -> bytes:
    """DATA up to its bytes, which are so many and follow."""
    return _pack_header(size, wire.DATA, flags, 0, stream)


def body_start(stream: int, flags: int, size: int) -> bytes:
    """BODY up to its data, which is so long and follows."""
    return _pack_header(size, wire.BODY, flags, 0, stream)


def file_frame(stream: int, file: bytes) -> bytes:
    """FILE, for which filerange.payload() has made what it carries."""
    return _pack_header(len(file), wire.FILE, 0, 0, stream) + file
