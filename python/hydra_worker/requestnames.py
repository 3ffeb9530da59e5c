"""What requests are called: the value of a header that the front has seen to. Nothing where there is no such header."""

from __future__ import annotations

from contextvars import ContextVar

# The header's name in lower case; empty where requests have no names.
header = b""

# The name of the request that runs in this context: a task's and its children's, or a thread's.
current: ContextVar[str] = ContextVar("hydra_request", default="")


def use(name: str) -> None:
    """Names requests by this header from now on."""
    global header
    header = name.encode("latin-1")


def enter(block: bytes) -> None:
    """A request with this header block begins in this context. Only where there is a `header`."""
    parts = block.split(b"\0")
    for i in range(0, len(parts) - 1, 2):
        if parts[i] == header:
            current.set(parts[i + 1].decode("latin-1"))
            return
    leave()


def leave() -> None:
    """What follows in this context is of no request."""
    current.set("")
