"""aiohttp's handling of requests, with a stream in the place of a connection."""

from __future__ import annotations

from typing import Any, Optional

from aiohttp.http import HttpVersion, HttpVersion10, HttpVersion11
from aiohttp.web_protocol import RequestHandler

from ..eventloop.facts import Facts
from ..eventloop.written import Peer, WrittenStream
from .body import Inlet
from .transport import StreamTransport

# Bytes that were written and not sent, above which handlers wait; as asyncio's transports have it.
MOST_UNSENT = 64 * 1024


def version_of(text: str) -> HttpVersion:
    """The version as handlers are told it: for those that have no chunks of their own what has them, which aiohttp asks about."""
    return HttpVersion10 if text == "1.0" else HttpVersion11


class StreamProtocol(RequestHandler, Peer):
    """
    One for each request. What belongs to a connection (parsing, keep-alive, its timers, the loop over requests) is never begun;
    the handling of one request is aiohttp's own.
    """

    __slots__ = ("stream", "inlet", "__dict__")

    def __init__(self, server: Any, stream: WrittenStream, facts: Facts) -> None:
        RequestHandler.__init__(self, server, loop=stream.link.loop, **server._kwargs)
        self.stream = stream
        self.inlet: Optional[Inlet] = None
        # One request has come on this connection; and it is the last.
        self._request_count = 1
        self.transport = self.make_transport(stream, facts)

    def make_transport(self, stream: WrittenStream, facts: Facts) -> Any:
        """What handlers have for a transport."""
        return StreamTransport(stream, facts, self)

    def end(self) -> None:
        """The request is over: nothing of the application's may use its connection any more."""
        self.stream.peer = Peer()
        self._manager = None
        self._request_handler = None
        self._request_factory = None

    def log_exception(self, *args: Any, **named: Any) -> None:
        """aiohttp's, but that a client has left, whoever hears of it by writing, is no error of the application's."""
        if self.stream.gone and isinstance(named.get("exc_info"), ConnectionError):
            self.log_debug(*args, **named)
        else:
            super().log_exception(*args, **named)

    # ---- flow control

    def pause_reading(self) -> None:
        self._reading_paused = True
        if self.inlet is not None:
            self.inlet.hold(True)

    def resume_reading(self, *args: Any, **named: Any) -> None:
        self._reading_paused = False
        if self.inlet is not None:
            self.inlet.hold(False)

    def written(self) -> None:
        """Something was written."""
        if self.stream.backlog_size > MOST_UNSENT and not self._paused:
            self.pause_writing()

    def room_came(self) -> None:
        if self._paused:
            self.resume_writing()

    # ---- from the stream

    def body_came(self) -> None:
        if self.inlet is not None:
            self.inlet.feed()

    def client_left(self) -> None:
        error = ConnectionResetError("Connection lost")
        if self.inlet is not None:
            # What came of the body before that is there still.
            self.inlet.hold(False)
            self.inlet.break_off(error)
        if self._manager is not None:
            self.connection_lost(error)
