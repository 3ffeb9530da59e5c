"""What the front has sent for one request, and what it may be sent. Guarded by the hub's lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, List, Optional, Tuple

from .. import wire

if TYPE_CHECKING:
    from .link import DataLink

# method, raw path, query, connection block, header block
Head = Tuple[bytes, bytes, bytes, bytes, bytes]


class WsgiStream:
    """See the module's description."""

    __slots__ = (
        "link",
        "id",
        "started",
        "head",
        # request body: what arrived and was not taken, whether it has ended, the front's credit, credit to grant, a waiting client
        "body",
        "chunks",
        "body_ended",
        "window",
        "owed",
        "expects",
        # response
        "credit",
        # the front has ended the stream
        "gone",
        # held by the thread that waits for a change
        "gate",
    )

    def __init__(self, link: "DataLink", stream: int, head: Head, body: bytes, flags: int, started: float) -> None:
        self.link = link
        self.id = stream
        self.started = started
        self.head = head
        self.body = body
        self.chunks: List[bytes] = []
        self.body_ended = bool(flags & wire.FLAG_END)
        self.expects = bool(flags & wire.FLAG_EXPECT_CONTINUE)
        self.window = 0 if self.expects else link.request_window
        self.owed = 0
        self.credit = link.response_window
        self.gone = False
        self.gate: Optional[threading.Lock] = None

    def on_body(self, data: bytes, end: bool) -> None:
        """A BODY frame."""
        if self.body_ended:
            raise wire.WireError("a BODY frame came after the end of its body")
        if len(data) > self.window:
            raise wire.WireError("a BODY frame exceeds the credit of its stream")
        self.window -= len(data)
        if data:
            self.chunks.append(data)
        self.body_ended = end
        self.wake()

    def on_window(self, credit: int) -> None:
        """The front takes more of the response."""
        self.credit += credit
        self.wake()

    def on_cancel(self) -> None:
        """The front has ended the stream."""
        self.gone = True
        self.chunks.clear()
        self.wake()

    def wake(self) -> None:
        """Lets the thread that waits look again."""
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.release()
