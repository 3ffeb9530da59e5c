"""A body of known bytes, as large as one likes: blocks of 64 KiB that begin with their number."""

import hashlib
import struct

BLOCK = 64 * 1024
_FILLING = bytes(i * 7 % 251 for i in range(BLOCK - 8))


def blocks(total: int):
    """The blocks of a body of this many bytes, a multiple of the block's size."""
    for i in range(total // BLOCK):
        yield struct.pack("<Q", i) + _FILLING


def digest(total: int) -> str:
    """What a complete body hashes to."""
    sha = hashlib.sha256()
    for block in blocks(total):
        sha.update(block)
    return sha.hexdigest()
