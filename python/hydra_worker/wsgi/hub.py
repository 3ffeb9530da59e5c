"""
Who reads the data links: leader and followers.

The threads that run requests also read. At any time at most one of them pumps: it waits for bytes, takes the frames apart and hands
them out. The others wait at a gate of their own: for a request (idle), or for body or credit of theirs (waiting). A thread that
stops pumping sees to it that another does, or, where requests take microseconds, leaves that to the watch (see watch.py).

`lock` guards everything here and the streams.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, List, Optional

from ..errors import LinkBroken
from .link import DataLink
from .stream import WsgiStream

_new_gate = threading.Lock


class Hub:
    """See the module's description."""

    def __init__(self, has_gil: bool, on_broken: Callable[[str], None]) -> None:
        self.lock = threading.Lock()
        self.ready: Deque[WsgiStream] = deque()
        self.links: List[DataLink] = []
        self.draining = False
        self.broken = False
        # requests that a thread has taken and not finished
        self.running = 0
        # Seconds that a request takes, a moving average. Pessimistic until something was measured.
        self.cost = 1.0
        self._on_broken = on_broken
        self._has_gil = has_gil
        self._pumping = False
        self._idle: List[Any] = []
        self._waiting: List[WsgiStream] = []
        self._waker, self._wake_end = socket.socketpair()
        self._waker.setblocking(False)
        self._wake_end.setblocking(False)
        self._poll: Callable[[Optional[float]], List[DataLink]] = self._select

    def open(self, links: List[DataLink]) -> None:
        """The links are there. Called once, before any thread runs."""
        self.links = links
        if hasattr(select, "poll"):
            poller = select.poll()
            for link in links:
                poller.register(link.fileno, select.POLLIN)
            poller.register(self._wake_end.fileno(), select.POLLIN)
            by_number = {link.fileno: link for link in links}

            def poll(timeout: Optional[float]) -> List[DataLink]:
                found = poller.poll(timeout)
                return [by_number[number] for number, _ in found if number in by_number]

            self._poll = poll

    def _select(self, timeout: Optional[float]) -> List[DataLink]:
        watched: List[Any] = [link.fileno for link in self.links]
        watched.append(self._wake_end.fileno())
        found, _, _ = select.select(watched, [], [], timeout if timeout is None else timeout / 1000)
        return [link for link in self.links if link.fileno in found]

    # ---- for the threads that run requests

    @property
    def batching(self) -> bool:
        """Whether a response may wait for the next one, which is about to follow it."""
        return bool(self.ready) and self.cost < 0.0001

    def take(self) -> Optional[WsgiStream]:
        """The next request for this thread; None when the worker is to end."""
        with self.lock:
            while True:
                if self.ready:
                    request = self.ready.popleft()
                    self.running += 1
                    self._leave()
                    return request
                if self.broken or self.draining and not self.running and not self._pump_once():
                    self._wake_idle(len(self._idle))
                    return None
                if self.ready:
                    continue
                if self._pumping:
                    self._wait_idle()
                else:
                    self._pump(None)

    def _pump_once(self) -> bool:
        """At the end: whether there is still something to read."""
        before = self.running
        if not self._pumping:
            self._pump(0)
        return bool(self.ready) or self.running != before

    def finished(self) -> None:
        """The thread is through with the request that it took."""
        with self.lock:
            self.running -= 1
            if self.draining and not self.running:
                self.wake()

    def wait(self, request: WsgiStream, done: Callable[[], bool]) -> None:
        """Blocks the thread that runs the request until `done` says yes. The caller holds the lock."""
        while not done():
            if self.broken:
                request.gone = True
            elif self._pumping:
                request.gate = gate = _new_gate()
                gate.acquire()
                self._waiting.append(request)
                self.lock.release()
                try:
                    gate.acquire()
                finally:
                    self.lock.acquire()
                    self._waiting.remove(request)
            else:
                self._pump(None)
                self._wake_idle(len(self.ready))
        self._leave()

    def look(self) -> None:
        """Takes in what has arrived, without waiting: a CANCEL may be among it."""
        with self.lock:
            if not self._pumping and not self.broken:
                self._pump(0)
                self._wake_idle(len(self.ready))

    # ---- who pumps; the caller holds the lock

    def _leave(self) -> None:
        """This thread goes off to run something: another must pump."""
        if self._pumping:
            return
        if self._waiting:
            self._waiting[0].wake()
        elif self._idle:
            self._wake_idle(1)

    def _wait_idle(self) -> None:
        gate = _new_gate()
        gate.acquire()
        self._idle.append(gate)
        self.lock.release()
        try:
            gate.acquire()
        finally:
            self.lock.acquire()

    def _wake_idle(self, count: int) -> None:
        # The one that went idle last is the warmest.
        while count > 0 and self._idle:
            self._idle.pop().release()
            count -= 1

    def _pump(self, timeout: Optional[float]) -> None:
        """Waits for bytes and hands out what they say. Releases the lock while it waits."""
        self._pumping = True
        self.lock.release()
        arrived: List[DataLink] = []
        closed = False
        try:
            for link in self.links:
                link.flush()
            for link in self._poll(timeout):
                if link.receive():
                    arrived.append(link)
                else:
                    closed = True
            self._drain_waker()
        finally:
            self.lock.acquire()
            self._pumping = False
        try:
            for link in arrived:
                link.handle(self.ready, self.draining)
            if closed:
                raise LinkBroken("the front closed a data link")
        except LinkBroken as error:
            self._break(str(error))
        if len(self.ready) > 1:
            self._wake_idle(len(self.ready) - 1)

    def _drain_waker(self) -> None:
        try:
            self._wake_end.recv(64)
        except OSError:
            pass

    # ---- the end

    def wake(self) -> None:
        """Lets the pumping thread look again. Takes no lock: a signal handler calls it, too."""
        try:
            self._waker.send(b"\0")
        except OSError:
            pass

    def begin_drain(self) -> None:
        """Refuses what no thread has taken; the threads end when the others are finished."""
        with self.lock:
            self.draining = True
            while self.ready:
                request = self.ready.popleft()
                request.link.refuse(request)
            self._wake_idle(len(self._idle))
        self.wake()

    def cancel_running(self) -> int:
        """The grace is over: reads and writes of the requests that still run raise. Returns how many there are."""
        with self.lock:
            for link in self.links:
                for request in list(link.streams.values()):
                    request.on_cancel()
            return self.running

    def _break(self, reason: str) -> None:
        if self.broken:
            return
        self.broken = True
        self.ready.clear()
        for link in self.links:
            for request in list(link.streams.values()):
                request.on_cancel()
            link.streams.clear()
        self._wake_idle(len(self._idle))
        self._on_broken(reason)

    def oldest(self) -> float:
        """Seconds since the oldest request that is not answered arrived."""
        now = time.monotonic()
        age = 0.0
        for link in self.links:
            try:
                first = next(iter(link.streams.values()), None)
            except RuntimeError:
                # Another thread has just changed it.
                continue
            if first is not None:
                age = max(age, now - first.started)
        return age
