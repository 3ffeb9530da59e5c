"""Values of shared state, as bytes. Numbers travel as numbers, so that they can be counted on; the server looks at nothing else."""

import pickle
from typing import Any, Tuple

_BYTES = b"\x00"
_TEXT = b"\x01"
_PICKLE = b"\x02"
_LEAST = -(1 << 63)
_MOST = (1 << 63) - 1
# Of Python 3.8, the oldest that may read it.
_PROTOCOL = 5


def encode(value: Any) -> Tuple[bool, int, bytes]:
    """Whether the value is a number, that number, and its bytes if it is none. Raises what pickle raises."""
    kind = type(value)
    if kind is int and _LEAST <= value <= _MOST:
        return True, value, b""
    if kind is bytes:
        return False, 0, _BYTES + value
    if kind is str:
        try:
            return False, 0, _TEXT + value.encode()
        except UnicodeEncodeError:
            pass  # a lone surrogate
    return False, 0, _PICKLE + pickle.dumps(value, _PROTOCOL)


def decode(data: bytes) -> Any:
    """The value that was encoded so."""
    kind = data[:1]
    if kind == _BYTES:
        return data[1:]
    if kind == _TEXT:
        return data[1:].decode()
    return pickle.loads(memoryview(data)[1:])


def key_of(prefix: bytes, key: "str | bytes") -> bytes:
    """The bytes of a key. Raises ValueError for one of more than 32 KiB, TypeError for what is neither text nor bytes."""
    data = prefix + (key.encode("utf-8", "surrogatepass") if isinstance(key, str) else bytes(key) if isinstance(key, (bytes, bytearray)) else _no_key(key))
    if len(data) > 0x8000:
        raise ValueError("the key has %d bytes, and may have 32,768" % len(data))
    return data


def _no_key(key: Any) -> bytes:
    raise TypeError("a key is str or bytes, not %s" % type(key).__name__)
