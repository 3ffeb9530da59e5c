"""
The safety net of the fast path.

Where requests take microseconds, the engines put things off: the write of a response, the wake-up of another
reader. A request that takes longer than expected must not hold those up, so a thread of its own looks after
them while there are any, every few milliseconds.
"""

from __future__ import annotations

import threading
import time
from typing import Callable

from . import threads

# Each look takes the interpreter's lock from the requests for a moment.
_PERIOD = 0.005
# Looks without finding anything, after which the thread goes to sleep until it is armed again.
_QUIET_LOOKS = 5


class Watch:
    """
    `check(age)` does what was put off for longer than `age` seconds, and says whether anything is put off
    now.
    """

    def __init__(self, check: Callable[[float], bool]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._gate = threading.Lock()
        self._gate.acquire()
        self._started = False
        self._asleep = True

    def start(self) -> None:
        """
        Makes the thread, before there is anything to put off: later the system may have none to give, and then
        it would be the requests' loss. Raises RuntimeError.
        """
        if not self._started:
            threads.start("hydra-watch", self._run)
            self._started = True

    def arm(self) -> None:
        """Something was put off."""
        if self._asleep:
            with self._lock:
                if not self._asleep:
                    return
                self._asleep = False
            try:
                self.start()
            except RuntimeError:
                # There is no thread to be had; whoever puts something off next tries again.
                self._asleep = True
                return
            self._gate.release()

    def _run(self) -> None:
        while True:
            self._gate.acquire()
            quiet = 0
            while quiet < _QUIET_LOOKS:
                time.sleep(_PERIOD)
                quiet = 0 if self._check(_PERIOD) else quiet + 1
            with self._lock:
                self._asleep = True
            # What was put off just before this thread fell asleep found it still awake.
            if self._check(0.0):
                self.arm()
