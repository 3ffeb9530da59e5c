"""Where threads wait while another reads the data links: each at a gate of its own. All is guarded by the hub's lock, which a wait lets go."""

from __future__ import annotations

from typing import Any, List

from .. import native
from .stream import WsgiStream


class Gates:
    """See the module's description."""

    def __init__(self) -> None:
        # those that wait for a request, and the requests that wait for body or credit
        self.idle: List[Any] = []
        self.waiting: List[WsgiStream] = []

    def wait_idle(self, lock: Any) -> None:
        """Until there may be a request for this thread."""
        gate = native.Lock()
        gate.acquire()
        self.idle.append(gate)
        _wait_at(gate, lock)

    def wait_stream(self, lock: Any, request: WsgiStream) -> None:
        """Until something has arrived for the request."""
        gate = native.Lock()
        gate.acquire()
        if request.waiting is None:
            request.waiting = [gate]
        else:
            request.waiting.append(gate)
        self.waiting.append(request)
        _wait_at(gate, lock)
        self.waiting.remove(request)

    def wake_idle(self, count: int) -> None:
        """Lets so many threads look for requests. The one that went idle last is the warmest."""
        while count > 0 and self.idle:
            self.idle.pop().release()
            count -= 1

    def wake_all_idle(self) -> None:
        """The worker comes to its end."""
        self.wake_idle(len(self.idle))


def _wait_at(gate: Any, lock: Any) -> None:
    lock.release()
    try:
        gate.acquire()
    finally:
        lock.acquire()
