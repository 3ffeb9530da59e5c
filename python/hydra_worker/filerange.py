"""What the front sends by itself: files that responses have in the place of bytes."""

from __future__ import annotations

import os
import stat
from typing import Any, Optional

from . import wire

# All up to the end of the file.
ALL = 0xFFFF_FFFF_FFFF_FFFF

# Where a descriptor of this process has a name by which the front can open the same file, also one that was removed.
_DESCRIPTORS = "/proc/self/fd"

_FIELDS = wire.FILE_FIELDS.pack


def payload(path: bytes, offset: int = 0, length: int = ALL) -> bytes:
    """FILE without its header: what a RESPONSE with wire.FLAG_FILE has as its body."""
    return _FIELDS(offset, length, len(path)) + path


def name_of(descriptor: int) -> Optional[bytes]:
    """A path by which the front can open the file of a descriptor; None where there is none, or it is no file with an end."""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not os.path.isdir(_DESCRIPTORS):
            return None
    except (OSError, ValueError):
        return None
    return b"/proc/%d/fd/%d" % (os.getpid(), descriptor)


def descriptor_of(file: Any) -> Optional[int]:
    """The descriptor of a file-like object, or of a number that is one; None where it has none."""
    if type(file) is int:
        return file
    try:
        number = file.fileno()
    except Exception:
        # io.UnsupportedOperation, and whatever an object of the application's raises.
        return None
    return number if type(number) is int and number >= 0 else None
