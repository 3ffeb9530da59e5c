"""Header blocks: a bounded memory of those seen before, and the checks of those that an application makes."""

from __future__ import annotations

from typing import Any, Callable, Dict, Generic, Iterable, List, Optional, Set, Tuple, TypeVar

from . import wire
from .errors import InvalidMessage, RuleViolation

Value = TypeVar("Value")
# A response's header block, and its Content-Length if it has one.
Head = Tuple[bytes, Optional[int]]

# RFC 9110, section 5.6.2: the characters of a token, which a header's name is.
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
# RFC 9110, section 5.5: no control characters in a value but the tab. NUL is also the separator of a block.
CONTROLS = bytes([code for code in range(0x20) if code != 0x09] + [0x7F])

# RFC 9110, sections 6.4.1 and 15.3.6: responses with these have no body, whatever the application says.
BODILESS = frozenset((204, 205, 304))
# RFC 9110, section 8.6: no Content-Length with a 204. With a 205 it could only be 0, which the front says.
LENGTHLESS = frozenset((204, 205))

_PLAIN = 0
_CONTENT_LENGTH = 1
_TRANSFER_ENCODING = 2
_SPECIAL = {b"content-length": _CONTENT_LENGTH, b"transfer-encoding": _TRANSFER_ENCODING}
# Names that passed the check, with what they mean to us. Applications use few; the bound is for those that
# make names up.
_known_names: Dict[bytes, int] = {}
_MOST_NAMES = 1024


class BlockCache(Generic[Value]):
    """
    What was made of a block of bytes, kept from the second time on that the same bytes come: what is another one with each
    request, such as a header with an id, leaves nothing behind but its hash.

    Two generations: what is not asked for while `size` others arrive is forgotten. `young` is public for a
    look-up without a call.
    """

    __slots__ = ("young", "_old", "_seen", "_make", "_size", "_longest")

    def __init__(self, make: Callable[[bytes], Value], size: int = 1024, longest: int = 4096) -> None:
        self.young: Dict[bytes, Value] = {}
        self._old: Dict[bytes, Value] = {}
        self._seen: Set[int] = set()
        self._make = make
        self._size = size
        self._longest = longest

    def get(self, block: bytes) -> Value:
        """The value for the block, made anew if need be."""
        value = self.young.get(block)
        if value is None:
            value = self._old.get(block)
            if value is None:
                value = self._make(block)
                if len(block) > self._longest or not self._came_before(block):
                    return value
            if len(self.young) >= self._size:
                self._old = self.young
                self.young = {}
            self.young[block] = value
        return value

    def _came_before(self, block: bytes) -> bool:
        mark = hash(block)
        if mark in self._seen:
            self._seen.discard(mark)
            return True
        if len(self._seen) >= self._size:
            self._seen.clear()
        self._seen.add(mark)
        return False


class HeadCache:
    """
    Header blocks that were made of what applications gave as headers: most give the same ones again and
    again.

    Where they do not, it is in the way: when `size` others have been kept it forgets them all, and keeps
    nothing for ten times as many responses.
    """

    __slots__ = ("_encode", "_known", "_size", "_longest", "_rest")

    def __init__(self, encode: Callable[[Any, int], Head], size: int = 1024, longest: int = 1024) -> None:
        self._encode = encode
        self._known: Dict[Any, Head] = {}
        self._size = size
        self._longest = longest
        self._rest = 0

    def get(self, headers: Any, status: int) -> Head:
        """What `encode` makes of the headers; raises what it raises."""
        # Of a list of lists no key can be made.
        kind = type(headers)
        if self._rest > 0 or (kind is not list and kind is not tuple) or not headers or type(headers[0]) is not tuple:
            if self._rest > 0:
                self._rest -= 1
            return self._encode(headers, status)
        key = tuple(headers)
        try:
            found = self._known.get(key)
        except TypeError:
            return self._encode(headers, status)
        if found is None or status in LENGTHLESS:
            found = self._encode(headers, status)
            if status not in LENGTHLESS and len(found[0]) <= self._longest:
                self._keep(key, found)
        return found

    def _keep(self, key: Any, head: Head) -> None:
        if len(self._known) >= self._size:
            self._known.clear()
            self._rest = 10 * self._size
        self._known[key] = head


def parse_block(block: bytes) -> List[Tuple[bytes, bytes]]:
    """The (name, value) pairs of a header block."""
    if not block:
        return []
    parts = block.split(b"\0")
    if len(parts) % 2:
        raise wire.WireError("a header block has a name without a value")
    return list(zip(parts[::2], parts[1::2]))


def encode(headers: Iterable[Any], status: int) -> Head:
    """
    Makes the header block of an ASGI response. Returns it with the Content-Length, if there is one.

    ASGI HTTP, "Response Start": Transfer-Encoding is the server's business and is ignored. Raises
    RuleViolation.
    """
    parts: List[bytes] = []
    length: Optional[int] = None
    try:
        for name, value in headers:
            kind = _known_names.get(name)
            if kind is None:
                kind = _classify(name)
            if kind:
                if kind == _TRANSFER_ENCODING or status in LENGTHLESS:
                    continue
                length = parse_content_length(value, length)
            parts.append(name)
            parts.append(value)
        block = b"\0".join(parts)
    except RuleViolation:
        raise
    except (TypeError, ValueError):
        raise InvalidMessage(
            "The headers of http.response.start must be an iterable of [name, value] pairs of byte strings."
        ) from None
    check_block(block, len(parts))
    return block, length


def pairs_of_text(fields: Any, charset: str = "latin-1") -> List[Tuple[bytes, bytes]]:
    """Names and values as byte strings, values that are text in this charset. Raises UnicodeError, or AttributeError, TypeError or ValueError for what are no pairs of text or byte strings."""
    pairs: List[Tuple[bytes, bytes]] = []
    for pair in fields:
        name, value = pair
        if type(pair) is str:
            # One of two letters is two things as well, and so may be each key of a dictionary.
            raise TypeError
        pairs.append((name if type(name) is bytes else name.encode(), value if type(value) is bytes else value.encode(charset)))
    return pairs


def encode_text(headers: Any, status: int, charset: str = "latin-1") -> Head:
    """What encode() makes of headers whose names and values are text, or byte strings. Raises RuleViolation."""
    try:
        pairs = pairs_of_text(headers, charset)
    except UnicodeError:
        raise RuleViolation(f"A response header has a character in its value that {'Latin-1' if charset == 'latin-1' else 'UTF-8'} has not.") from None
    except (AttributeError, TypeError, ValueError):
        raise InvalidMessage("The headers of a response must be an iterable of (name, value) pairs of text.") from None
    return encode(pairs, status)


def check_block(block: bytes, parts: int) -> None:
    """
    Raises RuleViolation for control characters in a block of so many names and values, and for one that is
    too long.
    """
    # Deleting what is forbidden must take away the separators and nothing else.
    if parts and len(block.translate(None, CONTROLS)) != len(block) - parts + 1:
        raise RuleViolation("A response header has a control character (such as CR, LF or NUL) in its value.")
    if len(block) > wire.MAX_HEADERS:
        raise RuleViolation(f"The response headers take {len(block)} bytes, more than {wire.MAX_HEADERS}.")


def _classify(name: Any) -> int:
    if type(name) is not bytes:
        raise InvalidMessage(
            f"The name of a response header must be a byte string, not {type(name).__name__}."
        )
    check_token(name)
    kind = _SPECIAL.get(name.lower(), _PLAIN)
    if len(_known_names) < _MOST_NAMES:
        _known_names[name] = kind
    return kind


def check_token(name: bytes, what: str = "response header") -> None:
    """Raises RuleViolation for what cannot be a field's name."""
    if not name or not _TOKEN.issuperset(name):
        raise RuleViolation(f"{name!r} cannot be the name of a {what}.")


def parse_content_length(value: bytes, before: Optional[int]) -> int:
    """The number; raises RuleViolation for what is none, or differs from the one `before` it."""
    text = value.strip(b" \t") if type(value) is bytes else value
    if type(text) is not bytes or not text.isdigit():
        raise RuleViolation(f"The Content-Length of a response must be a number, not {value!r}.")
    length = int(text)
    if before is not None and before != length:
        raise RuleViolation("The response has two different Content-Length headers.")
    return length
