"""What the front has sent for one request, and what it may be sent. Guarded by the hub's lock."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from .. import speedups
from ..streams import Stream

# method, raw path, query, connection block, header block
Head = Tuple[bytes, bytes, bytes, bytes, bytes]


class PythonFields:
    """As slots."""

    __slots__ = (*Stream.SLOTS, "head", "queued", "opened")


# The same in C, which makes most of them.
Fields: Any = speedups.module.Exchange if speedups.module is not None else PythonFields


class WsgiStream(Stream, Fields):  # type: ignore[misc]
    """See the module's description."""

    __slots__ = ()

    def __init__(
        self, link: Any, number: int, flags: int, head: Head, body: bytes, started: float, queued: int = 0
    ) -> None:
        Stream.__init__(self, link, number, flags, body, started)
        self.head = head
        # microseconds that the request has waited in the front
        self.queued = queued
        # how many bytes the client gets of a file that the front was to open; None until that is known
        self.opened: Optional[int] = None

    def on_opened(self, size: int) -> None:
        """The front has the file."""
        self.opened = size
        self.wake()

    def wake(self) -> None:
        # A lock for each thread that waits, held by it: one may read the body while another sends the response.
        gates, self.waiting = self.waiting, None
        if gates is not None:
            for gate in gates:
                gate.release()
