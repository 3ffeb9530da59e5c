"""What `--loop module:factory` names: a callable that returns a new event loop, as uvicorn and asyncio.Runner have it."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, List

from .. import loading, wire
from ..errors import StartError
from ..tracebacks import summarize

# What the shim calls of a loop, whatever the application does with it.
_NEEDED = (
    "call_exception_handler",
    "call_later",
    "call_soon",
    "call_soon_threadsafe",
    "close",
    "create_future",
    "create_task",
    "get_task_factory",
    "is_closed",
    "is_running",
    "run_until_complete",
    "shutdown_asyncgens",
)
# A data link is moved by the first four, or where one of them is missing by the last.
_READINESS = ("add_reader", "remove_reader", "add_writer", "remove_writer")
_TRANSPORTS = "create_connection"


def is_factory(kind: str) -> bool:
    """Whether the option is a name, and not one of the words."""
    return ":" in kind


def find(name: str) -> Callable[[], Any]:
    """The factory; raises StartError."""
    module_name, _, path = name.partition(":")
    try:
        _, factory = loading.find_attribute(loading.import_module(module_name), module_name, path)
    except StartError as error:
        raise StartError(error.reason, f"--loop {name}: {error.message}", error.cause, error.trace) from None
    if not callable(factory):
        raise StartError(wire.FAILURE_NOT_CALLABLE, f'--loop {name}: "{name}" is not callable: it is {loading.kind_of(factory)}.')
    return factory


def call(name: str) -> asyncio.AbstractEventLoop:
    """A new loop of the factory's, with all that the shim needs of it; raises StartError."""
    factory = find(name)
    try:
        loop = factory()
    except BaseException as error:
        raise StartError(wire.FAILURE_FACTORY_RAISED, f"--loop {name}: the factory raised {summarize(error)}.", error) from None
    if not isinstance(loop, asyncio.AbstractEventLoop):
        close = getattr(loop, "close", None)
        if hasattr(loop, "__await__") and close is not None:
            # A coroutine function: nobody is to be told that its coroutine was never awaited.
            close()
        raise _refused(name, f"the factory returned {loading.kind_of(loop)}, which is no event loop of asyncio's kind")
    lacking = _lacking(loop, _NEEDED)
    if not has_readiness(loop) and _lacking(loop, (_TRANSPORTS,)):
        lacking += _lacking(loop, _READINESS)
    if lacking:
        raise _refused(name, f"{type(loop).__name__} has no {', '.join(lacking)}, which the worker needs")
    if loop.is_closed() or loop.is_running():
        raise _refused(name, f"the factory returned a loop that is {'closed' if loop.is_closed() else 'running'}; it must return a new one")
    return loop


def has_readiness(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the loop tells when a socket can be read and written; Windows' proactor does not."""
    return not _lacking(loop, _READINESS)


def _lacking(loop: asyncio.AbstractEventLoop, names: Any) -> List[str]:
    kind, base = type(loop), asyncio.AbstractEventLoop
    # What a loop has from the abstract one alone raises NotImplementedError.
    return [name for name in names if getattr(kind, name, None) in (None, getattr(base, name, None)) and name not in getattr(loop, "__dict__", ())]


def _refused(name: str, why: str) -> StartError:
    return StartError(wire.FAILURE_FACTORY_RAISED, f"--loop {name}: {why}.")
