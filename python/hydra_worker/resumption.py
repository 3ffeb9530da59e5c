"""What an application is told that goes on where another worker has left off. docs/resume.md says what it means."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from . import wire

# Where a scope has it, among its extensions; as what JSON has.
KEY = "hydra.resume"

_REASONS = {
    wire.RESUME_CRASH: "crash",
    wire.RESUME_RELOAD: "reload",
    wire.RESUME_RECYCLE: "recycle",
    wire.RESUME_RESTART: "restart",
    wire.RESUME_SCALE: "scale",
    wire.RESUME_HANG: "hang",
}


def tell(scope: Any, payload: bytes) -> None:
    """Puts what a RESUME says into the scope of ASGI. Raises WireError."""
    sent, reason, subprotocol, state = wire.unpack_resume(payload)
    if isinstance(scope, dict):
        scope["extensions"][KEY] = {
            "state": b64encode(state).decode(),
            "reason": _REASONS.get(reason, "crash"),
            "sent": sent,
            "subprotocol": subprotocol.decode("latin-1") or None,
        }
