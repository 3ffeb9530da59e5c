"""
Fields behind a body (RFC 9110, section 6.5): which clients may get them, which fields they may be, and the block that they leave in.
"""

from __future__ import annotations

from typing import Any, Iterable, List, Tuple

from . import wire
from .errors import InvalidMessage, RuleViolation
from .headers import CONTROLS, check_token, pairs_of_text

# RFC 9110, section 6.5.1: what has to be known before the body. As src/hydra/Protocol/TrailerFields.cs has it; a test compares the two.
FORBIDDEN = frozenset(
    b"connection content-length keep-alive proxy-connection te trailer transfer-encoding upgrade"
    b" cache-control expect host if-match if-modified-since if-none-match if-range if-unmodified-since max-forwards pragma range"
    b" authorization cookie proxy-authenticate proxy-authorization set-cookie www-authenticate"
    b" age date expires location retry-after vary warning"
    b" content-encoding content-range content-type".split()
)


def are_asked_for(headers: Iterable[Tuple[bytes, bytes]]) -> bool:
    """Whether a client of HTTP/1.1 takes trailers: its TE lists them (RFC 9110, section 10.1.4)."""
    return any(
        name == b"te" and any(part.strip(b" \t").lower() == b"trailers" for part in value.split(b","))
        for name, value in headers
    )


def encode_trailers(fields: Iterable[Any], before: int = 0) -> bytes:
    """
    The block of these pairs of byte strings, to be joined with NUL to `before` bytes that are there already. Raises RuleViolation.
    """
    parts: List[bytes] = []
    try:
        for name, value in fields:
            if type(name) is not bytes or type(value) is not bytes:
                raise TypeError
            check_token(name, "trailer")
            if name.lower() in FORBIDDEN:
                raise RuleViolation(
                    f"{name.decode()} cannot be a trailer (RFC 9110, section 6.5.1): it has to be known before the body."
                )
            if len(value.translate(None, CONTROLS)) != len(value):
                raise RuleViolation(
                    f"The trailer {name.decode()} has a control character (such as CR, LF or NUL) in its value."
                )
            parts += (name, value)
    except RuleViolation:
        raise
    except (TypeError, ValueError):
        raise InvalidMessage("Trailers must be an iterable of [name, value] pairs of byte strings.") from None
    block = b"\0".join(parts)
    if before + len(block) > wire.MAX_HEADERS:
        raise RuleViolation(f"The trailers take {before + len(block)} bytes, more than {wire.MAX_HEADERS}.")
    return block


def encode_text_trailers(fields: Iterable[Any]) -> bytes:
    """What encode_trailers() makes of pairs of text (Latin-1), or of byte strings. Raises RuleViolation."""
    try:
        pairs = pairs_of_text(fields)
    except UnicodeError:
        raise RuleViolation("A trailer has a character in its value that Latin-1 has not.") from None
    except (AttributeError, TypeError, ValueError):
        raise InvalidMessage("Trailers must be an iterable of (name, value) pairs of text.") from None
    return encode_trailers(pairs)
