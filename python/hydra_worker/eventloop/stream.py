"""A stream whose request is run by a task of the event loop. Lives on the loop's thread."""

from __future__ import annotations

from typing import Any, Coroutine, Dict, Optional

from .. import wire
from ..streams import Stream
from .fields import Fields


class LoopStream(Stream, Fields):  # type: ignore[misc]
    """
    What an interface derives its streams from. The frame of outermost() is that of the stream's task: the task of an
    overdue request is recognised by it, and title() is given its variables.
    """

    __slots__ = ()

    def wake(self) -> None:
        waiting = self.waiting
        if waiting:
            self.waiting = None
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def change(self) -> None:
        """
        Waits until something has arrived for this stream. Each caller has a future of its own, so that it can
        be cancelled.
        """
        future = self.link.loop.create_future()
        if self.waiting is None:
            self.waiting = [future]
        else:
            self.waiting.append(future)
        try:
            await future
        except BaseException:
            # A receive() that is polled with a timeout comes here again and again while its request waits.
            waiting = self.waiting
            if waiting is not None and future in waiting:
                waiting.remove(future)
            raise

    def on_cancel(self, reason: int = 0) -> None:
        if reason == wire.CANCEL_TIMEOUT:
            self.link.timed_out(self)
        elif reason == wire.CANCEL_CLIENT_LEFT and not self.finished:
            self._begin_patience()
        Stream.on_cancel(self, reason)

    def on_finished(self, is_complete: int) -> None:
        self._begin_patience()
        Stream.on_finished(self, is_complete)

    def _begin_patience(self) -> None:
        """The client has left, or waits for nothing but the answer: --cancel-on-disconnect."""
        if self.link.patience:
            self.link.loop.call_later(self.link.patience, self._abandon)

    def _abandon(self) -> None:
        task = self.link.unfinished.get(self)
        if task is not None and not self.is_answered():
            task.cancel()

    def is_answered(self) -> bool:
        """Whether the response is complete, and its application does something else."""
        return False

    def run(self, application: Any, scope: Any) -> Optional[Coroutine[Any, Any, None]]:
        """
        Calls the application, raises nothing, and in the end takes the stream out of `link.unfinished`, where it is if
        this took more than one step. Most are coroutine functions; one that is not returns its coroutine, or None where it has
        done all that there is to do.
        """
        raise NotImplementedError

    @classmethod
    def outermost(cls) -> Any:
        """The coroutine function that is the outermost of the stream's task."""
        return cls.run

    def on_part(self) -> None:
        """The worker is to go: what has no end of its own comes to its end."""

    def end_session(self) -> None:
        """The worker is to go, and its sessions have had their time."""

    def is_silent(self) -> bool:
        """Whether no frame of this stream has told the front yet that its request is taken."""
        raise NotImplementedError

    def holds_head(self) -> bool:
        """Whether the response's head is here, and waits for its body."""
        return False

    def send_head(self) -> None:
        """Sends the response's head if it is held still: it has waited long enough for its body."""

    def title(self, variables: Dict[str, Any]) -> str:
        """What the log calls the request."""
        return "A request"
