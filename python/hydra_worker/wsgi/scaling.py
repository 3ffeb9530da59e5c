"""
How many threads a WSGI worker is to have with `--threads auto`: more while all of them are at work and mostly wait, fewer where they
compete for the interpreter's lock. It knows no clock and no thread: see auto.py, which has both.
"""

from __future__ import annotations

from typing import NamedTuple

# As many as there are at most.
MOST = 64
# The processor's share above which threads only compete, and below which more of them have use for it. Between them nothing changes, so
# that what is near a limit does not swing.
_CONTENDED = 0.9
_ROOM = 0.7
# What is aimed at by one step; no step does more than double them.
_AIM = 0.85
_LEAST_SHARE = 0.01
# Looks that must say the same before there are fewer: threads that compete, and threads that nobody needs (0.5 s and 10 s).
_CONTENDED_LOOKS = 10
_SPARE_LOOKS = 200


class Look(NamedTuple):
    """What was seen between two looks."""

    # Seconds of processor time that the process has had, divided by those that have passed.
    used: float
    # The same, with the time in which its threads could have run and had no processor: that is no waiting of theirs.
    wanted: float
    # Requests that ran at the end, and whether all threads were at work at both ends.
    running: int
    full: bool


class ThreadScale:
    """See the module's description. Belongs to one thread."""

    def __init__(self, cores: int = 1, most: int = MOST) -> None:
        # How many processors the threads can use at the same time: one where they share the interpreter's lock.
        self._cores = cores
        self._most = most
        self.threads = 1
        self._contended = 0
        self._spare = 0
        self._peak = 0

    def limit(self, threads: int) -> None:
        """The system gives no more threads than these."""
        self.threads = self._most = threads

    def is_settled(self) -> bool:
        """Whether nothing changes until all threads are at work again."""
        return self.threads == 1

    def look(self, look: Look) -> int:
        """Returns how many threads there are to be."""
        used, wanted = look.used / self._cores, look.wanted / self._cores
        self._contended = self._contended + 1 if used >= _CONTENDED and self.threads > 1 else 0
        self._peak = max(self._peak, look.running)
        self._spare += 1
        if look.full and wanted < _ROOM:
            enough = int(self.threads * _AIM / max(wanted, _LEAST_SHARE))
            self._become(min(self._most, self.threads * 2, max(self.threads + 1, enough)))
        elif self._contended >= _CONTENDED_LOOKS:
            self._become(self.threads - max(1, self.threads // 4))
        elif self._spare >= _SPARE_LOOKS:
            self._become(max(1, self.threads // 2) if self._peak <= self.threads // 2 else self.threads)
        return self.threads

    def _become(self, threads: int) -> None:
        self.threads = threads
        self._contended = self._spare = self._peak = 0
