"""
What an RSGI application is told by an exception. The specification names none; these are called as those of granian, which it comes from,
are RuntimeErrors as they are, and are caught as granian's by an application that has imported granian.rsgi.
"""

from __future__ import annotations

import sys
from typing import Any, Dict

from ..errors import Disconnected

_made: Dict[Any, type] = {}


class RSGIProtocolError(RuntimeError):
    """Something was called where it may not be: a body that was taken already, a second accept()."""


class RSGIProtocolClosed(Disconnected, RuntimeError):
    """The other side is gone: nothing can be sent to it, and nothing more will come."""


def protocol_error(text: str) -> Exception:
    """An RSGIProtocolError with this text."""
    return _as_granian(RSGIProtocolError, "ProtocolError")(text)  # type: ignore[no-any-return]


def protocol_closed(text: str = "The client has disconnected.") -> Exception:
    """An RSGIProtocolClosed with this text."""
    return _as_granian(RSGIProtocolClosed, "ProtocolClosed")(text)  # type: ignore[no-any-return]


def _as_granian(own: type, name: str) -> type:
    theirs = getattr(sys.modules.get("granian.rsgi"), name, None)
    if not isinstance(theirs, type) or not issubclass(theirs, RuntimeError):
        return own
    if (own, theirs) not in _made:
        _made[own, theirs] = type(own.__name__, (own, theirs), {"__module__": own.__module__, "__doc__": own.__doc__})
    return _made[own, theirs]
