"""An event loop beside the main thread's, in a thread of its own: --worker-loops."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any, Callable, Coroutine, Optional

from .. import forks, native
from . import loops
from .lane import Lane


class LoopThread:
    """Made and asked on the main loop's thread."""

    def __init__(
        self,
        number: int,
        kind: str,
        make: Callable[[asyncio.AbstractEventLoop], Lane],
        failed: Callable[[BaseException], None],
        seconds: Callable[[], float],
    ) -> None:
        """
        `make` makes the lane, and `failed` hears of what has ended the loop, both in the new thread; `seconds` is how long what
        is left at the end may take.
        """
        self.number = number
        self.ident: Optional[int] = None
        self._kind = kind
        self._make = make
        self._failed = failed
        self._seconds = seconds
        self._loop: Any = None
        self._lane: "Future[Lane]" = Future()
        self._ended: Any = None

    async def start(self) -> Lane:
        """Starts thread and loop. Raises StartError, and RuntimeError where the system has no thread to give."""
        self._ended = native.start_visible(f"hydra-loop-{self.number}", self._run)
        return await asyncio.wrap_future(self._lane)

    async def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs it in a task of that loop; returns what it returns."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def post(self, function: Callable[..., None], *arguments: Any) -> None:
        """Has that loop call the function soon, unless it has ended. Any thread."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except (AttributeError, RuntimeError):
            # It could not be made, or is closed.
            pass

    def stop(self) -> None:
        """The loop is to end; wait() says when it has."""
        self.post(lambda: self._loop.stop())

    def wait(self, seconds: float) -> bool:
        """Until loop and thread have ended, or for so long."""
        return self._ended is None or bool(self._ended.wait(seconds))

    # ---- the thread itself

    def _run(self) -> None:
        self.ident = native.get_ident()
        try:
            loop = self._loop = loops.create(self._kind)
            lane = self._make(loop)
        except BaseException as error:
            self._lane.set_exception(error)
            return
        loop.call_soon(self._lane.set_result, lane)
        try:
            loop.run_forever()
        except BaseException as error:
            # SystemExit or KeyboardInterrupt, from a task or a callback of the application's.
            if forks.is_child:
                forks.leave(error)
            lane.break_off()
            self._failed(error)
        finally:
            loops.finish(loop, self._seconds())
