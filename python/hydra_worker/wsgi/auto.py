"""
`--threads auto`: a hub whose threads become more and fewer, and the thread that decides about it. The front is told, and gives the worker
no more requests than there are threads.
"""

from __future__ import annotations

import _thread
import os
import time
from typing import Any, Callable, Dict, Optional

from .. import native, wire
from ..logs import logger
from .account import Account
from .hub import Hub
from .scaling import MOST, Look, ThreadScale
from .stream import WsgiStream

# How often it looks while something runs, in seconds.
_LOOK_SECONDS = 0.05
_NANO = 1e-9
# Not on every system; 0 is nobody's number.
_native_id: Callable[[], int] = getattr(_thread, "get_native_id", lambda: 0)


class AutoHub(Hub):
    """No more requests run at the same time than its threads are to be; those beyond wait as idle ones do."""

    def __init__(self, has_gil: bool, on_broken: Callable[[str], None], busy_seconds: float = 0.0) -> None:
        super().__init__(has_gil, on_broken, busy_seconds=busy_seconds)
        self.account = Account(MOST)
        # all threads are at work; set for the one who sleeps until then
        self.alarm = native.Event()

    def _next_ready(self) -> Optional[WsgiStream]:
        if self.running >= self._threads:
            return None
        request = super()._next_ready()
        if request is not None and self.running + 1 >= self._threads and not self.alarm.is_set():
            self.alarm.set()
        return request

    def is_full(self) -> bool:
        """Whether all threads are at work."""
        return self.running >= self._threads

    def become(self, threads: int, start: Callable[[int], int]) -> None:
        """
        From now on so many requests may run. `start` starts threads that are missing, unless the worker is to end, and says how many
        there are.
        """
        with self.lock:
            if self._draining or self._broken:
                return
            self._threads = threads = min(threads, start(threads))
            self.links[0].defer(wire.pack_capacity(0, 0, threads))
            self._wake_all()
        self.links[0].flush()


class AutoThreads:
    """Decides how many threads there are, in a thread of its own."""

    def __init__(self, hub: AutoHub, cores: int, start: Callable[[int], None]) -> None:
        self._hub = hub
        self._scale = ThreadScale(cores)
        # starts the thread of a number; how many there are
        self._start = start
        self._started = 1
        # the system's numbers of the threads that run requests, by those of the interpreter
        self._tasks: Dict[int, int] = {}
        self._stopped = False

    def enter(self) -> None:
        """The calling thread runs requests from now on."""
        self._tasks[native.get_ident()] = _native_id()

    def run(self) -> None:
        """The life of the thread."""
        hub, scale = self._hub, self._scale
        while not self._stopped:
            if scale.is_settled():
                hub.alarm.clear()
                if not hub.is_full():
                    hub.alarm.wait()
            since, used, delayed, full = time.monotonic(), time.process_time(), self._delayed(), hub.is_full()
            native.sleep(_LOOK_SECONDS)
            passed = time.monotonic() - since
            share = (time.process_time() - used) / passed
            full = full and hub.is_full()
            # What it costs to know is paid only where it decides.
            wanted = share + (max(0.0, self._delayed() - delayed) / passed if full else 0.0)
            before = scale.threads
            threads = scale.look(Look(share, wanted, hub.running, full))
            if threads != before and not self._stopped:
                hub.become(threads, self._start_up_to)

    def stop(self) -> None:
        """No more threads are wanted."""
        self._stopped = True
        self._hub.alarm.set()

    def _start_up_to(self, threads: int) -> int:
        while self._started < threads:
            try:
                self._start(self._started)
            except RuntimeError as error:
                # The threads that there are go on; nobody waits for those that are missing.
                logger.warning("--threads auto: there are no more than %d threads to be had: %s", self._started, error)
                self._scale.limit(self._started)
                break
            self._started += 1
        return self._started

    def _delayed(self) -> float:
        """Seconds that the threads have waited for a processor, by Linux's account of them; 0 elsewhere."""
        return sum(_delay_of(task) for task in list(self._tasks.values()))


def _delay_of(task: int) -> float:
    try:
        with open(f"/proc/self/task/{task}/schedstat", "rb") as file:
            # Documentation/scheduler/sched-stats.rst: time on the processor, time waiting for it, time slices.
            return int(file.read().split()[1]) * _NANO
    except (OSError, IndexError, ValueError):
        return 0.0


def cores_of(has_gil: bool) -> int:
    """How many processors threads of this interpreter can use at the same time."""
    if has_gil:
        return 1
    affinity: Any = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
