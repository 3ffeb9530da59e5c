"""
Who reads the data links: leader and followers.

The threads that run requests also read. At any time at most one of them pumps: it waits for bytes, takes the
frames apart and hands them out. The others wait at a gate of their own: for a request (idle), or for body or
credit of theirs (waiting). A thread that stops pumping sees to it that another does; where requests take
microseconds it leaves that to the watch (see ../watch.py), because it will be back before another thread
could take over.

`lock` guards everything here and the streams.
"""

from __future__ import annotations

from collections import deque
from time import monotonic, perf_counter
from typing import Any, Callable, Deque, List, Optional, Tuple

from .. import forks, native, wire
from ..errors import LinkBroken
from ..watch import Watch
from .account import Account
from .gates import Gates
from .guard import Guard
from .link import DataLink
from .poll import Poller
from .stream import WsgiStream

# Requests that take less, in seconds, are not worth a wake-up of another thread or a write of their own.
_FAST = 0.0001
_CANCELLED = b"The request was cancelled because the worker stops."
# When no thread has taken a request for so long, those that wait are given back: another worker may have time.
_STUCK_SECONDS = 0.005
# What has just arrived is kept: a thread that is through with its request may be on its way back.
_ARRIVED_SECONDS = 0.002
# No more than these are few, for --busy-poll.
_FEW = 2
_DRAINING = b"The worker is going away."
_STUCK = b"The worker has not come to it."


class Hub:
    """See the module's description."""

    def __init__(self, has_gil: bool, on_broken: Callable[[str], None], threads: int = 1, busy_seconds: float = 0.0) -> None:
        self.lock = native.Lock()
        self.ready: Deque[WsgiStream] = deque()
        self.links: List[DataLink] = []
        # requests that a thread has taken and not finished
        self.running = 0
        # what requests cost, and threads that are kept behind their responses
        self.account = Account(threads)
        # who waits, and whether one reads; since when none does although threads are idle (0: that is not so)
        self._gates = Gates()
        self._pumping = False
        self._unattended = 0.0
        # without the interpreter's lock other threads run truly beside this one
        self._alone_is_faster = has_gil
        self._watch = Watch(self.check)
        # A thread goes off to run a request, and may not be back soon.
        self.watch = self._watch.arm
        self._threads = threads
        # the end
        self.drained = native.Event()
        self._draining = False
        self._broken = False
        self._on_broken = on_broken
        # where requests can be interrupted
        self.guard: Optional[Guard] = None
        self._waker, wake_end = native.socket_pair()
        self._waker.setblocking(False)
        self._poller = Poller(wake_end, busy_seconds)
        # whether what came last was little: more is soon followed by more
        self._few = True
        forks.register(self)

    def after_fork(self) -> None:
        """
        In a child that the application forked: should it come back from the application, its requests are
        over, and it is given no others.
        """
        self.lock = native.Lock()
        self._broken = True
        self.ready.clear()
        self._cancel_streams()

    def open(self, links: List[DataLink]) -> None:
        """The links are there. Called once, before any thread runs."""
        self.links = links
        self._poller.open(links)
        self._watch.start()

    # ---- for the threads that run requests

    def take(self, cost: float = -1.0) -> Optional[WsgiStream]:
        """
        The next request for this thread, which took `cost` seconds for the last; None when the worker is to
        end.
        """
        with self.lock:
            if cost >= 0.0:
                if self.account.finished(cost):
                    self._report()
                self._finished()
            if cost > _FAST and self.ready and not self._pumping and not self._broken:
                # In that time some of those that wait may have been cancelled.
                self._pump(wait=False)
            while True:
                request = self._next_ready()
                if request is not None:
                    self.running += 1
                    if not self._pumping:
                        self._leave()
                    return request
                if self._broken or self._draining and not self.running:
                    return None
                if not self._pumping:
                    self._pump(wait=True)
                elif not self._flush():
                    self._gates.wait_idle(self.lock)

    def _next_ready(self) -> Optional[WsgiStream]:
        """The first that waits, but for those whose client has left: nobody would see their responses."""
        while self.ready:
            request = self.ready.popleft()
            if not request.gone:
                return request
            # The front keeps its place until it hears of it.
            request.link.defer(wire.pack_reset(request.id, 0, wire.RESET_CANCELLED, b""))
            self._watch.arm()
        return None

    def _finished(self) -> None:
        self.running -= 1
        if self._draining and not self.running:
            self.drained.set()
            self._wake_all()

    def _report(self) -> None:
        self.links[0].defer(self.account.report())
        self._watch.arm()

    def deliver(self, request: WsgiStream, frame: bytes) -> None:
        """
        Sends the last frame of a response, together with those of its successors where that costs it no time.
        """
        if self.ready and self.account.cost < _FAST:
            request.link.defer(frame)
            self._watch.arm()
        else:
            request.link.write(frame)

    def wait(self, request: WsgiStream, done: Callable[[], bool]) -> None:
        """Blocks the thread that runs the request until `done` says yes. The caller holds the lock."""
        while not done():
            if self._broken:
                request.gone = True
                return
            if not self._pumping:
                self._pump(wait=True)
                self._gates.wake_idle(len(self.ready))
            elif not self._flush():
                self._gates.wait_stream(self.lock, request)
        if not self._pumping:
            self._leave()

    def end_body(self, request: WsgiStream) -> None:
        """
        The response is complete, and with it the stream: no more of the request's body comes. Whoever reads it, the
        iterable's close() or a thread of the application's own, finds what has come, and then its end.
        """
        with self.lock:
            request.body_ended = wire.FLAG_END
            request.wake()
        # One that waits for it may be the thread that pumps.
        self.wake()

    def look(self) -> None:
        """Takes in what has arrived, without waiting: a CANCEL may be among it."""
        with self.lock:
            if not self._pumping and not self._broken:
                self._pump(wait=False)
                self._gates.wake_idle(len(self.ready))
                self._leave()

    def shielded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs code of the shim that the application has called, so that nothing interrupts it."""
        guard = self.guard
        return function(*arguments) if guard is None else guard.shielded(function, *arguments)

    def cancel(self, request: WsgiStream) -> None:
        """The front has ended the stream, and whoever waits for something of it is to notice."""
        with self.lock:
            request.on_cancel()
        self.wake()

    # ---- who pumps; the caller holds the lock

    def _leave(self) -> None:
        """Nobody pumps, and this thread goes off to run something."""
        gates = self._gates
        if gates.waiting:
            gates.waiting[0].wake()
        elif gates.idle:
            if self.account.cost < _FAST and self._alone_is_faster:
                self._unattended = monotonic()
                self._watch.arm()
            else:
                self._gates.wake_idle(max(1, len(self.ready)))

    def _pump(self, wait: bool) -> None:
        """Reads what has arrived, and waits for it if need be. Lets the lock go for that time."""
        self._pumping = True
        self._unattended = 0.0
        self.lock.release()
        arrived: List[Tuple[DataLink, int]] = []
        try:
            for link in self.links:
                link.flush()
            arrived = self._receive(wait)
        finally:
            self.lock.acquire()
            self._pumping = False
        self._handle(arrived)

    def _receive(self, wait: bool) -> List[Tuple[DataLink, int]]:
        # Where another thread runs a request the interpreter's lock is its.
        return [(link, link.receive()) for link in self._poller.poll(wait, self._few and not self.running)]

    def _handle(self, arrived: List[Tuple[DataLink, int]]) -> None:
        try:
            for link, count in arrived:
                link.handle(count, None if self._draining else self.ready)
            self._few = len(self.ready) <= _FEW
            if not all(count for _, count in arrived):
                raise LinkBroken("the front closed a data link")
        except LinkBroken as error:
            self._break(str(error))

    def _flush(self) -> bool:
        """
        Sends what was deferred, before this thread waits. False when there was nothing, and the lock was not
        let go.
        """
        waiting = [link for link in self.links if link.has_output]
        if not waiting:
            return False
        self.lock.release()
        try:
            for link in waiting:
                link.flush()
        finally:
            self.lock.acquire()
        return True

    def _wake_all(self) -> None:
        self._gates.wake_all_idle()
        self.wake()

    def check(self, age: float) -> bool:
        """
        For the watch: does what was put off for longer than `age` seconds. Says whether something is still
        put off.
        """
        since = monotonic() - age
        busy = False
        for link in self.links:
            if link.has_output:
                busy = True
                if link.out_since < since:
                    link.flush()
        if self._look_behind():
            busy = True
        if self.running >= self._threads:
            busy = True
            if perf_counter() - self.account.taken_at > _STUCK_SECONDS:
                self._give_back()
        if self._unattended:
            busy = True
            with self.lock:
                if 0.0 < self._unattended < since and not self._pumping:
                    self._unattended = 0.0
                    self._gates.wake_idle(1 + len(self.ready))
        return busy

    def _look_behind(self) -> bool:
        """Looks for threads that are kept behind their responses. Says whether there are any to look at."""
        behind = self.account.behind()
        if behind or self.account.has_behind():
            with self.lock:
                if self.account.look(behind):
                    self._report()
                    self.links[0].flush()
        return bool(behind)

    def _give_back(self) -> None:
        """
        All threads are held up: takes in what has arrived, and lets the front send it elsewhere. Not those
        whose bodies are still coming.
        """
        with self.lock:
            if not (self._pumping or self._broken or self._draining):
                # Under the lock: a thread that becomes free meanwhile takes nothing before it is known what was cancelled.
                self._handle(self._receive(wait=False))
            if self._broken or self._draining or self.running < self._threads:
                return
            since = monotonic() - _ARRIVED_SECONDS
            waiting = list(self.ready)
            self.ready.clear()
            for request in waiting:
                whole = request.body_ended and request.chunks is None
                if whole and not request.gone and request.started <= since:
                    request.link.give_back(request, _STUCK)
                else:
                    self.ready.append(request)
            for link in self.links:
                link.flush()

    # ---- the end

    def wake(self) -> None:
        """Lets the thread that pumps look again."""
        try:
            self._waker.send(b"\0")
        except OSError:
            pass

    def begin_drain(self) -> None:
        """Refuses what no thread has taken; the threads end when the others are finished."""
        with self.lock:
            self._draining = True
            while self.ready:
                request = self.ready.popleft()
                if not request.gone:
                    request.link.give_back(request, _DRAINING)
                    request.link.flush()
            if not self.running:
                self.drained.set()
            self._wake_all()

    def cancel_running(self) -> int:
        """
        The grace is over: reads and writes of the requests that still run raise. Returns how many there are.
        """
        with self.lock:
            for link in self.links:
                for request in list(link.streams.copy().values()):
                    link.write(wire.pack_reset(request.id, 0, wire.RESET_APPLICATION_ERROR, _CANCELLED))
            self._cancel_streams()
            return self.running

    def fail(self, reason: str) -> None:
        """The front broke the protocol in a way that shows only when a request is run."""
        with self.lock:
            self._break(reason)

    def finish(self) -> None:
        """All threads have ended: refuses what has arrived in the meantime, and closes the links."""
        with self.lock:
            if not self._broken:
                self._pump(wait=False)
        for link in self.links:
            link.close()
        self._waker.close()
        self._poller.close()

    def abandon(self) -> None:
        """The front is gone, or will hear no more of this worker: nothing is said of the requests that run."""
        with self.lock:
            for link in self.links:
                link.mute()
            self._close_off()

    def _break(self, reason: str) -> None:
        if not self._broken:
            self._close_off()
            self._on_broken(reason)

    def _close_off(self) -> None:
        self._broken = True
        self.ready.clear()
        self._cancel_streams()
        self._wake_all()

    def _cancel_streams(self) -> None:
        for link in self.links:
            for request in list(link.streams.copy().values()):
                request.on_cancel()
            link.streams.clear()
