"""What the front has sent for one request, and what it may be sent. Guarded by the hub's lock."""

from __future__ import annotations

import threading
from typing import Any, Optional, Tuple

from ..streams import Stream

# method, raw path, query, connection block, header block
Head = Tuple[bytes, bytes, bytes, bytes, bytes]


class WsgiStream(Stream):
    """See the module's description."""

    __slots__ = ("head", "queued", "gate")

    def __init__(
        self, link: Any, number: int, flags: int, head: Head, body: bytes, started: float, queued: int = 0
    ) -> None:
        Stream.__init__(self, link, number, flags, body, started)
        self.head = head
        # microseconds that the request has waited in the front
        self.queued = queued
        # Held by the thread that waits for a change.
        self.gate: Optional[threading.Lock] = None

    def wake(self) -> None:
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.release()
