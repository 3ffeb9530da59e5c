"""Makes and ends the event loop."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Callable, Collection

from .. import process
from ..errors import internal
from ..logs import logger
from ..nesting import NESTING
from . import factories

# What tasks that are cancelled at the end have at least, and what is left of the time for that which follows.
LEAST_CANCEL_SECONDS = 1.0
_NESTING_SENTENCE = (
    "The application uses nest_asyncio, which works with no other loop than asyncio's: uvloop is left out. "
    "Say so with --loop asyncio."
)
# As many of those that do not end are named.
_MOST_NAMED = 5


def prepare(kind: str) -> None:
    """Imports what `--loop` needs, so that workers which are forked share it; raises StartError."""
    if factories.is_factory(kind):
        factories.find(kind)
    elif kind != "asyncio":
        try:
            import uvloop  # noqa: F401
        except ImportError:
            # Each worker decides for itself what that means.
            pass


def create(kind: str) -> asyncio.AbstractEventLoop:
    """
    Makes the loop that `--loop` names and makes it current.

    It is current, not running, while the application is imported: what the application makes there with
    asyncio.get_event_loop() belongs to the loop that will run it.
    """
    loop = factories.call(kind) if factories.is_factory(kind) else _create_known(kind)
    _hold_signals(loop)
    asyncio.set_event_loop(loop)
    return loop


def _create_known(kind: str) -> asyncio.AbstractEventLoop:
    if kind not in ("auto", "asyncio", "uvloop"):
        raise internal(f'There is no event loop "{kind}"; there are auto, asyncio, uvloop, trio and module:factory.')
    factory = asyncio.new_event_loop
    if kind != "asyncio":
        try:
            import uvloop

            if kind == "auto" and NESTING in sys.modules:
                logger.warning(_NESTING_SENTENCE)
            else:
                factory = uvloop.new_event_loop
        except ImportError as error:
            if kind == "uvloop":
                raise internal(f"The event loop uvloop cannot be imported: {error}.") from None
    return factory()


def _hold_signals(loop: asyncio.AbstractEventLoop) -> None:
    """
    What the application gives to loop.add_signal_handler() for a signal that is the front's to decide about would be called
    whenever that comes, whoever has the handler: it is kept with the application's other handlers.
    """
    add, remove = loop.add_signal_handler, loop.remove_signal_handler
    kept = process.stopping.applications

    def add_signal_handler(sig: int, callback: Callable[..., object], *args: Any) -> None:
        if process.stopping.holds(sig):
            kept[sig] = lambda number, frame: loop.call_soon_threadsafe(callback, *args)
        else:
            add(sig, callback, *args)

    def remove_signal_handler(sig: int) -> bool:
        return kept.pop(sig, None) is not None if process.stopping.holds(sig) else remove(sig)

    if hasattr(loop, "__dict__"):
        loop.__dict__.update(add_signal_handler=add_signal_handler, remove_signal_handler=remove_signal_handler)


def replace(loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
    """The loop of asyncio in the place of this one, which has not run; itself where it is one."""
    if describe(loop) == "asyncio":
        return loop
    logger.warning(_NESTING_SENTENCE)
    loop.close()
    return create("asyncio")


def describe(loop: asyncio.AbstractEventLoop) -> str:
    """Such as "uvloop 0.17.0", or "shop.loops.CountingLoop" where its package has no version."""
    kind = type(loop)
    package = kind.__module__.partition(".")[0]
    if package == "asyncio":
        return "asyncio"
    version = getattr(sys.modules.get(package), "__version__", "")
    return f"{package} {version}" if version else f"{kind.__module__}.{kind.__qualname__}"


def finish(loop: asyncio.AbstractEventLoop, seconds: float = 0.0) -> None:
    """
    Ends the loop as asyncio.run() does: cancels what is left, closes generators and the executor. Whoever ends
    the process gives it so many seconds.
    """
    try:
        _cancel_all(loop, max(LEAST_CANCEL_SECONDS, seconds - LEAST_CANCEL_SECONDS))
        loop.run_until_complete(loop.shutdown_asyncgens())
        shutdown_executor: Any = getattr(loop, "shutdown_default_executor", None)
        if shutdown_executor is not None:
            loop.run_until_complete(shutdown_executor())
    except Exception:
        logger.exception("The event loop did not end cleanly")
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    tasks = asyncio.all_tasks(loop)
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    # Bounded: a task may swallow its cancellation.
    _, pending = loop.run_until_complete(asyncio.wait(tasks, timeout=seconds))
    if pending:
        logger.warning(
            "%d tasks have not ended %.1f s after they were cancelled: %s", len(pending), seconds, _named(pending)
        )
    for task in tasks:
        if task.done() and not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {
                    "message": "unhandled exception during shutdown",
                    "exception": task.exception(),
                    "task": task,
                }
            )


def _named(tasks: "Collection[asyncio.Task[Any]]") -> str:
    names = sorted(repr(task.get_coro()) for task in tasks)[:_MOST_NAMED]
    return ", ".join(names) + (", …" if len(tasks) > _MOST_NAMED else "")
