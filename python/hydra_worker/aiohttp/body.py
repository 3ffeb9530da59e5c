"""Feeds a request's body to what aiohttp's handlers read it from."""

from __future__ import annotations

from typing import Any, Optional

from aiohttp.http_parser import DeflateBuffer

from ..eventloop.written import WrittenStream


class Inlet:
    """From the stream to the payload, as far as its reader keeps up: for what waits here the client is given no credit."""

    __slots__ = ("_stream", "_payload", "_out", "_compressed", "_held", "_more", "_ended")

    def __init__(self, stream: WrittenStream, payload: Any, compression: Optional[str]) -> None:
        self._stream = stream
        self._payload = payload
        self._compressed = compression is not None
        self._held = False
        # whether the decoder has more to give of what it has got
        self._more: Any = False
        self._ended = False
        self._out = payload
        if compression is not None:
            try:
                self._out = DeflateBuffer(payload, compression)
            except Exception as error:
                # The package for this coding is missing.
                self._fail(error)

    def hold(self, hold: bool) -> None:
        """Whether the payload has enough for now."""
        self._held = hold
        if not hold:
            self.feed()

    def feed(self) -> None:
        """Hands on what has come."""
        stream = self._stream
        if stream.expects and not self._ended:
            # Nothing comes before the client has been asked.
            return
        while not self._held and not self._ended:
            if self._more:
                self._give(b"")
                continue
            data = stream.take_body()
            if data:
                self._give(data)
            elif stream.body_ended:
                self._ended = True
                self._finish()
            else:
                return

    def break_off(self, error: BaseException) -> None:
        """No more of the body comes."""
        if not self._ended:
            self._fail(error)

    def _give(self, data: bytes) -> None:
        try:
            self._more = self._out.feed_data(data, len(data)) if self._compressed else self._out.feed_data(data)
            if not self._compressed:
                self._more = False
        except Exception as error:
            self._fail(error)

    def _finish(self) -> None:
        try:
            self._out.feed_eof()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._ended = True
        self._payload.set_exception(error)
