"""
What this worker's threads are worth to the front: what requests cost them, and which of them work on behind responses that the front
has. The hub's lock guards it, but for what a thread says of itself.
"""

from __future__ import annotations

from typing import Any, List

from .. import wire

# The weight of the latest request in the moving average: a few slow ones are enough to be careful again.
_WEIGHT = 0.1
# When the front is told what requests cost: after so many of them, or so many seconds.
_REPORT_REQUESTS = 64
_REPORT_SECONDS = 0.002
_U32 = 0xFFFFFFFF


class Account:
    """See the module's description."""

    def __init__(self, threads: int) -> None:
        # seconds that a request takes, a moving average; pessimistic until something was measured
        self.cost = 1.0
        # what the front has not been told: seconds, and the requests that took them
        self._busy = 0.0
        self._done = 0
        # what each thread runs, as it says itself; those that the watch has last seen at work behind their complete
        # responses, and those that it saw there twice: the front knows how many these are
        self.places: List[Any] = [None] * threads
        self._behind: List[Any] = []
        self._held: List[Any] = []
        # when a thread last took a request; written without the lock, and read by the watch
        self.taken_at = 0.0

    def finished(self, cost: float) -> bool:
        """A thread is through with a request that took so many seconds. Says whether a report is due."""
        self.cost += (cost - self.cost) * _WEIGHT
        self._busy += cost
        self._done += 1
        held = len(self._held)
        if held:
            # Perhaps it was this one that was held.
            self._held = [each for each in self._held if each in self.places]
        return held != len(self._held) or self._done >= _REPORT_REQUESTS or self._busy >= _REPORT_SECONDS

    def report(self) -> bytes:
        """
        The frame that tells the front what requests cost: it sends no more of them than this worker comes to soon. And how many
        threads are not to be had although the front has all of their responses.
        """
        busy = min(int(self._busy * 1_000_000), _U32)
        frame = wire.pack_taken(0, 0, busy, self._done, len(self._held))
        self._busy = 0.0
        self._done = 0
        return frame

    def behind(self) -> List[Any]:
        """The responses that are complete, and whose threads are still at work, in the iterable's close() or behind the last of its bytes."""
        return [each for each in self.places if each is not None and each.is_through]

    def has_behind(self) -> bool:
        """Whether there were any at the last look."""
        return bool(self._behind)

    def look(self, behind: List[Any]) -> bool:
        """
        One that is still there one look later is held: the front must not count on its thread. Says whether a report is due.
        """
        held = [each for each in behind if each in self._behind and each in self.places]
        self._behind = behind
        due = len(held) != len(self._held)
        self._held = held
        return due
