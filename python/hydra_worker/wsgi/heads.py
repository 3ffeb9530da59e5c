"""The head of a WSGI response: checks the status and the headers, and makes the header block."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from ..errors import InvalidMessage, RuleViolation
from ..headers import LENGTHLESS, check_block, check_token, parse_content_length
from ..logs import warn_once

_PLAIN, _CONTENT_LENGTH, _HOP_BY_HOP = 0, 1, 2
# PEP 3333, "Other HTTP Features": these belong to the connection, which is the server's.
_SPECIAL = {
    name: _HOP_BY_HOP
    for name in (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
    )
}
_SPECIAL["content-length"] = _CONTENT_LENGTH
_known_names: Dict[str, int] = {}
_known_statuses: Dict[str, Tuple[int, bytes]] = {}
# The phrases that the front has for these as well, and need not be told; of others it is told always.
_USUAL = frozenset(
    (
        "200 OK",
        "201 Created",
        "202 Accepted",
        "204 No Content",
        "206 Partial Content",
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "304 Not Modified",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "406 Not Acceptable",
        "409 Conflict",
        "410 Gone",
        "415 Unsupported Media Type",
        "422 Unprocessable Entity",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "501 Not Implemented",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    )
)
_MOST_KNOWN = 1024


def parse_status(status: Any) -> Tuple[int, bytes]:
    """
    The code of "299 My Reason", and what stands before the fields in the header block: nothing where the
    phrase is the usual one. Raises RuleViolation.
    """
    if type(status) is not str:
        raise InvalidMessage(f"The status must be a str, not {type(status).__name__}.")
    known = _known_statuses.get(status)
    if known is not None:
        return known
    code = status[:3]
    if not (
        len(code) == 3
        and code.isascii()
        and code.isdigit()
        and status[3:4] in ("", " ")
        and status.isprintable()
    ):
        raise RuleViolation(
            f'The status must be three digits and a reason, such as "200 OK", not {status!r}.'
        )
    phrase = status[4:]
    reason = b""
    if phrase and status not in _USUAL:
        # What is not Latin-1 cannot be sent, and is worth no error.
        reason = b":reason\0" + phrase.encode("latin-1", "replace")
    known = int(code), reason
    if len(_known_statuses) < _MOST_KNOWN:
        _known_statuses[status] = known
    return known


def encode(headers: Any, status: int) -> Tuple[bytes, Optional[int]]:
    """Makes the header block. Returns it with the Content-Length, if there is one. Raises RuleViolation."""
    parts: List[str] = []
    length: Optional[int] = None
    try:
        for name, value in headers:
            kind = _known_names.get(name)
            if kind is None:
                kind = _classify(name)
            if kind:
                if kind == _HOP_BY_HOP:
                    warn_once(
                        name.lower(),
                        "The WSGI application sets the header %s, which belongs to the server: dropped",
                        name,
                    )
                    continue
                if status in LENGTHLESS:
                    continue
                length = parse_content_length(value.encode("latin-1"), length)
            parts.append(name)
            parts.append(value)
        block = "\0".join(parts).encode("latin-1")
    except RuleViolation:
        raise
    except UnicodeEncodeError:
        raise RuleViolation("A response header has a character that is not in latin-1.") from None
    except (TypeError, ValueError, AttributeError):
        raise InvalidMessage("The headers must be a list of (name, value) tuples of str.") from None
    check_block(block, len(parts))
    return block, length


def _classify(name: Any) -> int:
    if type(name) is not str:
        raise InvalidMessage(f"The name of a response header must be a str, not {type(name).__name__}.")
    check_token(name.encode("latin-1"))
    kind = _SPECIAL.get(name.lower(), _PLAIN)
    if len(_known_names) < _MOST_KNOWN:
        _known_names[name] = kind
    return kind
