"""
A stream as the protocol sees it: the body that arrives, and credit in both directions. The engines' streams
add the rest.
"""

from __future__ import annotations

import time
from typing import Any, List, Optional

from . import wire

_END = wire.FLAG_END
_EXPECT_CONTINUE = wire.FLAG_EXPECT_CONTINUE


def request_id(link: int, stream: int) -> str:
    """A request's name in the logs of both sides: data link, slot and generation."""
    return f"{link}.{stream & 0xFFFFFFFF}.{stream >> 32}"


def request_start(microseconds: int) -> int:
    """When a request came that has waited for so long in the front, in microseconds since the epoch."""
    return time.time_ns() // 1000 - microseconds


class Stream:
    """
    Guarded by whatever guards its link's input. Frames come by the names of wire.FROM_FRONT: a stream of another kind
    takes other ones when it has methods for them.
    """

    __slots__ = ()

    # The slots that who derives from it has: this class has none, so that a stream's fields may be those of another type.
    SLOTS = (
        # identity; `started` is a time of the monotonic clock
        "link",
        "id",
        "started",
        # request: what came with its head, what came after that and was not taken, whether all of it is here
        "body",
        "chunks",
        "body_ended",
        # request: bytes that the front may still send, bytes taken and not granted again, a client that waits
        # for 100
        "window",
        "owed",
        "expects",
        # response: bytes that may still be sent
        "credit",
        # the front has ended the stream; the client has closed its sending side, and may have left
        "gone",
        "finished",
        # who waits for a change of this stream, as its engine has it; None for nobody
        "waiting",
    )

    def __init__(self, link: Any, number: int, flags: int, body: bytes, started: float) -> None:
        self.link = link
        self.id = number
        self.started = started
        self.body = body
        self.chunks: Optional[List[bytes]] = None
        self.body_ended = flags & _END
        self.expects = flags & _EXPECT_CONTINUE
        self.window = 0 if flags & _EXPECT_CONTINUE else link.request_window
        self.owed = 0
        self.credit = link.response_window
        self.gone = False
        self.finished = False
        self.waiting: Any = None

    def wake(self) -> None:
        """Something has changed: whoever waits for this stream must look again."""
        raise NotImplementedError

    def on_body(self, data: bytes, flags: int) -> None:
        """A BODY frame."""
        if self.body_ended:
            raise wire.WireError("a BODY frame came after the end of its body")
        if len(data) > self.window:
            raise wire.WireError("a BODY frame exceeds the credit of its stream")
        self.window -= len(data)
        if data:
            if self.chunks is None:
                self.chunks = [data]
            else:
                self.chunks.append(data)
        if flags & _END:
            self.body_ended = _END
        self.wake()

    def on_window(self, credit: int) -> None:
        """The front takes more of the response."""
        self.credit += credit
        self.wake()

    def on_finished(self, is_complete: int) -> None:
        """The client has closed its sending side: it has left, or waits for nothing but the answer."""
        self.finished = True
        self.wake()

    def on_cancel(self, reason: int = 0) -> None:
        """The front has ended the stream, for one of wire.CANCEL_*; or its link is gone."""
        self.link.streams.pop(self.id, None)
        self.gone = True
        if reason != wire.CANCEL_CLIENT_LEFT or self.body_ended:
            self.body = b""
            self.chunks = None
        self.wake()

    def ask_for_body(self) -> None:
        """Where the client waits for "100 Continue", asking for the body is what tells it to go on."""
        if self.expects:
            self.expects = 0
            self._grant(self.link.request_window)

    def take_chunks(self) -> bytes:
        """
        What has arrived since the last time. Grants the front new credit when half of the window was used up.
        """
        chunks = self.chunks
        if chunks is None:
            return b""
        self.chunks = None
        data = b"".join(chunks) if len(chunks) > 1 else chunks[0]
        self.owed += len(data)
        if not self.body_ended and not self.gone and self.owed * 2 >= self.link.request_window:
            self._grant(self.owed)
            self.owed = 0
        return data

    def _grant(self, credit: int) -> None:
        self.window += credit
        self.link.write(wire.pack_window(self.id, 0, credit))
