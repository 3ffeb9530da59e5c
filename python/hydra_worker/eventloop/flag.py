"""Something that has happened or not, for the one who waits for it. Lives on the event loop's thread."""

from __future__ import annotations

from typing import Any, List


class Flag:
    """As asyncio.Event, of any loop that has create_future()."""

    __slots__ = ("_loop", "_set", "_waiting")

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self._set = False
        self._waiting: List[Any] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        """It has happened: who waits goes on."""
        self._set = True
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def clear(self) -> None:
        """It may happen again."""
        self._set = False

    async def wait(self) -> None:
        """Returns when it has happened, at once where it has already."""
        while not self._set:
            future = self._loop.create_future()
            self._waiting.append(future)
            await future
