"""A data link whose hot path is native code: see docs/speedups.md, and link.py for what it does."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Callable

from .. import speedups
from ..framing import FrameReader
from . import registry
from .answer import LoopAnswer
from .link import LinkBase, Serving
from .meter import LoopMeter
from .session import LoopSession
from .stream import LoopStream
from .tasks import starter
from .transports import SocketEvents

registry.quicken()

_native: Any = speedups.module


class NativeLink(SocketEvents, _native.Link, LinkBase):  # type: ignore[misc]
    """The base reads, takes apart, gathers and sends; here is what it calls when something is rare, or the loop is to be told."""

    def __init__(
        self,
        sock: socket.socket,
        loop: asyncio.AbstractEventLoop,
        serving: Serving,
        request_window: int,
        response_window: int,
        lost: Callable[[Any, str], None],
        arm: Callable[[], None],
        meter: LoopMeter,
    ) -> None:
        super().__init__(loop, starter, asyncio.Task, meter, arm, request_window, response_window)
        self.attach(loop, serving, lost)
        meter.add(self.unfinished)
        self.use_socket(sock)
        self.fd = sock.fileno()
        self._on_readable = self.readable
        self._on_writable = self.writable
        self.take_frames_of(self._open_stream)
        self.take_frames_of(self._open_session)
        if serving.quicken is not None:
            serving.quicken(self)

    # What the base calls for requests that it does not serve by itself, and for all frames of other kinds.
    on_request = LinkBase._begin
    _on_other = FrameReader._on_other

    def open_sessions_as(self, kind: Any) -> None:
        """Sessions are of this kind, in the place of Python's."""
        self._open_session = kind
        self.take_frames_of(kind)

    def take_frames_of(self, kind: Any) -> None:
        """Of streams of this kind the base takes in by itself what they take as it does it."""
        if not isinstance(kind, type) or not issubclass(kind, LoopStream) or kind.wake is not LoopStream.wake:
            return
        frames = 0
        if kind.on_body is LoopStream.on_body:
            frames |= _native.TAKES_BODY
        if kind.on_window in (LoopStream.on_window, LoopAnswer.on_window):
            frames |= _native.TAKES_WINDOW
        if issubclass(kind, LoopSession) and kind.on_data is LoopSession.on_data:
            frames |= _native.TAKES_DATA
        self.take_frames(kind, frames)

    def unsent_size(self) -> int:
        return self.unsent

    def after_fork(self) -> None:
        """In a child that the application forked."""
        sock = self._release()
        self.fd = -1
        if sock is not None:
            sock.close()

    def close(self) -> None:
        self.fd = -1
        super().close()

    def finish(self) -> None:
        while self._sock is not None and self.read_now():
            pass
        self.flush()
        self._send_last()

    # ---- called by the base

    def _on_nested(self) -> None:
        # It stays readable, and would be reported in each turn of the inner loop.
        assert self._sock is not None
        self.loop.remove_reader(self._sock.fileno())

    def _on_unnested(self) -> None:
        if self._sock is not None and not self._paused:
            self._expect_readable()

    def _on_blocked(self) -> None:
        self._on_loop(self._expect_writable)

    def _on_crowded(self) -> None:
        if not self._paused:
            self._on_loop(self._pause)

    def _on_unblocked(self) -> None:
        if self._sock is not None:
            self.loop.remove_writer(self._sock.fileno())
            self._unpause()

    def _on_failure(self, reason: str) -> None:
        self._on_loop(self.fail, reason)
