"""What a worker gives to the one that takes its place: a warm cache, a table of sessions.

On a reload, when a worker is recycled and with ``hydra ctl restart-worker`` the next worker starts before the one before it ends. It asks for what that one has::

    from hydra_server import handover

    cache = {}

    @handover.on_handover
    def give():
        return pickle.dumps(cache)

    async def startup():
        if (data := await handover.areceive()) is not None:
            cache.update(pickle.loads(data))

docs/handover.md says when what is given. Elsewhere than in workers of Hydra there is nothing to receive, and nobody asks.
"""

import asyncio
import inspect
import logging
import sys
import threading
from concurrent.futures import Future
from typing import Any, Callable, Dict, Optional

from ._state_errors import StateError, StateLost, StateUnavailable
from ._state_link import Call, Reply, is_available, links, worker

__all__ = ["StateError", "StateLost", "StateUnavailable", "areceive", "is_available", "on_handover", "receive"]

# Of docs/protocol.md: STATE_…, STATUS_….
_OFFER, _GIVE, _RECEIVE = 26, 27, 28
_DONE, _TIMED_OUT = 0, 7
_LONGEST_NAME = 1024
# What a name may give, in bytes: MAX_STATE_VALUE.
_LARGEST = 64 * 1024 * 1024
_U32 = 0xFFFFFFFF

_log = logging.getLogger("hydra_server.handover")


class _Giver:
    """A function of the application, and where it is called."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._trio: Any = None
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            trio = sys.modules.get("trio")
            try:
                self._trio = trio.lowlevel.current_trio_token() if trio is not None else None
            except RuntimeError:
                pass

    def call(self) -> Any:
        """What it gives, asked for in a thread of its own."""
        loop = self._loop if self._loop is not None and not self._loop.is_closed() else worker().loop
        if self._trio is not None:
            trio = sys.modules["trio"]
            run = trio.from_thread.run if inspect.iscoroutinefunction(self._function) else trio.from_thread.run_sync
            return run(self._function, trio_token=self._trio)
        if loop is not None:
            return self._call_on(loop)
        value = self._function()
        return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value

    def _call_on(self, loop: asyncio.AbstractEventLoop) -> Any:
        """Between two steps of the loop, so that nothing changes meanwhile."""
        done: "Future[Any]" = Future()

        def call() -> None:
            try:
                value = self._function()
            except BaseException as error:
                done.set_exception(error)
                return
            if not inspect.isawaitable(value):
                done.set_result(value)
                return
            task = asyncio.ensure_future(_awaited(value), loop=loop)
            task.add_done_callback(finish)

        def finish(task: "asyncio.Future[Any]") -> None:
            if task.cancelled():
                done.set_exception(RuntimeError("it was cancelled"))
            elif task.exception() is not None:
                done.set_exception(task.exception())
            else:
                done.set_result(task.result())

        loop.call_soon_threadsafe(call)
        return done.result()


_givers: Dict[str, _Giver] = {}


def on_handover(function: Optional[Callable[[], Any]] = None, *, name: str = "") -> Any:
    """Has this function called when another worker takes the place of this one, and asks with ``receive(name)`` for what it returns: bytes, or None for nothing.

    A plain function or a coroutine function. It is called on the worker's event loop where there is one, else (WSGI) in a thread of its own. Under one name it is the last function
    that counts. What it raises goes into the log, and the other one gets nothing. Returns the function; without one it is a decorator.
    """
    _check(name)
    if function is None:
        return lambda decorated: on_handover(decorated, name=name)
    if not callable(function):
        raise TypeError("a function that returns bytes is needed, not %s" % type(function).__name__)
    is_first = not _givers
    _givers[name] = _Giver(function)
    if is_first and is_available():
        worker().when_serving(_begin)
    return function


def receive(name: str = "", *, timeout: float = 30.0, exact: bool = False) -> Optional[bytes]:
    """What the worker gives whose place this one takes; None where there is none, it gives nothing, or not within ``timeout`` seconds.

    To be called while the application starts. With ``exact`` that one first finishes its requests, and gets no further ones: what it gives is its last word, and requests wait
    until this worker is ready. Raises StateLost where the server has gone.
    """
    call = _receive(name, timeout, exact)
    return _value(links.call(call), name, timeout) if is_available() else None


async def areceive(name: str = "", *, timeout: float = 30.0, exact: bool = False) -> Optional[bytes]:
    """As ``receive``."""
    call = _receive(name, timeout, exact)
    return _value(await links.acall(call), name, timeout) if is_available() else None


async def _awaited(value: Any) -> Any:
    return await value


def _check(name: str) -> bytes:
    if not isinstance(name, str):
        raise TypeError("a name is text, not %s" % type(name).__name__)
    key = name.encode()
    if len(key) > _LONGEST_NAME:
        raise ValueError("a name may have %d bytes, and this one has %d" % (_LONGEST_NAME, len(key)))
    return key


def _receive(name: str, timeout: float, exact: bool) -> Call:
    if not isinstance(timeout, (int, float)) or not 0 < timeout <= 86_400:
        raise ValueError("the timeout is more than 0 and at most 86400 seconds, not %r" % (timeout,))
    return (_RECEIVE, 0, int(exact), 0, 0, max(1, int(timeout * 1000)), _check(name), b"")


def _value(reply: Reply, name: str, timeout: float) -> Optional[bytes]:
    if reply[0] == _TIMED_OUT:
        _log.warning("the worker before this one has given nothing within %g s%s", timeout, " for %r" % name if name else "")
    return reply[4] if reply[0] == _DONE else None


def _begin() -> None:
    """This process serves: whoever takes its place may ask from now on."""
    threading.Thread(target=_serve, name="hydra-handover", daemon=True).start()


def _serve() -> None:
    try:
        links.hold_on()
        while True:
            status, token, _, _, name = links.call((_OFFER, 0, 0, 0, 0, 0, b"", b""))
            if status != _DONE:
                return
            data = _data_of(name.decode())
            links.call((_GIVE, 0, token, 0 if data is not None else 1, 0, 0, b"", data or b""))
    except StateError:
        pass  # the worker ends, or the server


def _data_of(name: str) -> Optional[bytes]:
    giver = _givers.get(name)
    try:
        value = giver.call() if giver is not None else None
        if value is None:
            return None
        data = bytes(memoryview(value))
        if len(data) > _LARGEST:
            raise ValueError("it gives %d bytes, and %d are the most" % (len(data), _LARGEST))
        return data
    except BaseException:
        _log.exception("what this worker was to hand over%s was not made", " as %r" % name if name else "")
        return None
