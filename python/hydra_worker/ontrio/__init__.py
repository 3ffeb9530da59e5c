"""ASGI over trio (`--loop trio`): the rooms of eventloop/ and asgi/, on a loop that is trio's."""

from __future__ import annotations

from .. import wire
from ..errors import StartError, internal

# As `--loop` has it.
NAME = "trio"


def find() -> None:
    """Sees to it that trio is there. Raises StartError."""
    try:
        import trio  # noqa: F401
    except ImportError as error:
        raise internal(f"--loop trio: trio cannot be imported: {error}.") from None


def refusal(app: str, interface: str) -> StartError:
    """For interfaces that are asyncio's."""
    return StartError(
        wire.FAILURE_INTERFACE_MISMATCH,
        f'"{app}" is served as {interface.upper()}, which needs an event loop of asyncio\'s kind: leave out --loop trio, which is for ASGI.',
    )
