"""A stream whose request is run by a task of the event loop. Lives on the loop's thread."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional

from .. import wire
from ..streams import Stream


class LoopStream(Stream):
    """
    What an interface derives its streams from. It adds a coroutine function `run`, whose frame is the outermost of
    the stream's task: the task of an overdue request is recognised by it, and `title` is given its variables.
    """

    __slots__ = (
        # the task, if the application did not finish in its first step
        "task",
        # coroutines that wait for something to arrive
        "waiters",
    )

    def __init__(self, link: Any, number: int, flags: int, body: bytes, started: float) -> None:
        Stream.__init__(self, link, number, flags, body, started)
        self.task: Optional["asyncio.Task[None]"] = None
        self.waiters: Optional[List["asyncio.Future[None]"]] = None

    def wake(self) -> None:
        waiters = self.waiters
        if waiters:
            self.waiters = None
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def change(self) -> None:
        """
        Waits until something has arrived for this stream. Each caller has a future of its own, so that it can
        be cancelled.
        """
        waiter = self.link.loop.create_future()
        if self.waiters is None:
            self.waiters = [waiter]
        else:
            self.waiters.append(waiter)
        await waiter

    def on_cancel(self, reason: int = 0) -> None:
        if reason == wire.CANCEL_TIMEOUT:
            self.link.timed_out(self)
        Stream.on_cancel(self)

    def is_silent(self) -> bool:
        """Whether no frame of this stream has told the front yet that its request is taken."""
        raise NotImplementedError

    def title(self, variables: Dict[str, Any]) -> str:
        """What the log calls the request."""
        return "A request"
