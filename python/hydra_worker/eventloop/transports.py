"""
How a data link's bytes are moved: by the loop's readiness callbacks where it has them, else (Windows'
proactor) by a transport.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any, Callable, List, Optional

from .. import forks, native, speedups
from ..backlog import Backlog
from ..frames import Buffer
from . import factories
from .link import DataLink

# How long the orderly end waits for the front to take the last bytes.
_LAST_SECONDS = 2.0
# Bytes that the front has not taken yet, above which no more requests are read.
MOST_UNSENT = 256 * 1024


class _NoContext:
    """In the place of a handle's context: calls what is to be called where it is."""

    @staticmethod
    def run(callback: Callable[..., object], *arguments: Any) -> None:
        callback(*arguments)


class SocketEvents:
    """What the loop tells of a link's socket, and how it is closed. A part of SocketLink and NativeLink."""

    loop: asyncio.AbstractEventLoop
    # what is called when the socket can be read, and written
    _on_readable: Callable[[], None]
    _on_writable: Callable[[], None]
    _closed: bool

    def use_socket(self, sock: socket.socket) -> None:
        """A part of the constructor."""
        self._sock: Optional[socket.socket] = sock
        self._loop_thread = native.get_ident()
        sock.setblocking(False)
        # while there is much that the socket has not taken nothing is read that would make yet more
        self._paused = False
        forks.register(self)

    async def open(self) -> None:
        assert self._sock is not None
        self._expect_readable()

    def _expect_readable(self) -> None:
        assert self._sock is not None
        self.loop.add_reader(self._sock.fileno(), self._on_readable)
        selector: Any = getattr(self.loop, "_selector", None)
        if selector is not None and isinstance(self.loop, asyncio.SelectorEventLoop):
            # A context cannot be entered twice, and a first step may have the loop run within itself: then asyncio would
            # not come to reenter(), but log an error for each turn.
            handle = selector.get_key(self._sock.fileno()).data[0]
            handle._context = _NoContext

    def _expect_writable(self) -> None:
        if self._sock is not None:
            self.loop.add_writer(self._sock.fileno(), self._on_writable)

    def _on_loop(self, function: Callable[..., None], *arguments: Any) -> None:
        if native.get_ident() == self._loop_thread:
            function(*arguments)
        else:
            self.loop.call_soon_threadsafe(function, *arguments)

    def unsent_size(self) -> int:
        """Bytes that the socket has not taken."""
        raise NotImplementedError

    def _pause(self) -> None:
        """The front takes less than the requests make: they wait where they are, in the socket."""
        if self._sock is not None and self.unsent_size() > MOST_UNSENT and not self._paused:
            self._paused = True
            self.loop.remove_reader(self._sock.fileno())

    def _unpause(self) -> None:
        if self._paused and self._sock is not None and self.unsent_size() <= MOST_UNSENT:
            self._paused = False
            self._expect_readable()

    def _release(self) -> Optional[socket.socket]:
        """In a child that the application forked: the socket is to be closed, and nothing else."""
        sock, self._sock = self._sock, None
        self._closed = True
        return sock

    def close(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            self.loop.remove_reader(sock.fileno())
            self.loop.remove_writer(sock.fileno())
            sock.close()

    def _send_last(self) -> None:
        """Waits until the front has taken the last bytes, but not for long; then closes."""
        deadline = time.monotonic() + _LAST_SECONDS
        while self._sock is not None and self.unsent_size() and time.monotonic() < deadline:
            native.select([], [self._sock], [], 0.1)
            self._on_writable()
        self._closed = True
        self.close()


class SocketLink(SocketEvents, DataLink):
    """Reads and writes the socket itself, when the loop says that it can."""

    def __init__(self, sock: socket.socket, *args: Any) -> None:
        DataLink.__init__(self, *args)
        self.use_socket(sock)
        self._receive_into = sock.recv_into
        self._on_readable = self._readable
        self._on_writable = self._writable
        # what the socket has not taken: while there is some, the loop tells when it takes more
        self._unsent = Backlog(sock)
        # what came while a batch was handled waits; see reenter()
        self._deferred = False

    def unsent_size(self) -> int:
        return self._unsent.size

    def after_fork(self) -> None:
        """In a child that the application forked."""
        sock = self._release()
        self._out_lock = native.Lock()
        if sock is not None:
            sock.close()

    def _readable(self) -> None:
        if not self.reenter():
            # It stays readable, and would be reported in each turn of the inner loop.
            assert self._sock is not None
            self.loop.remove_reader(self._sock.fileno())
            self._deferred = True
            return
        try:
            count = self._receive_into(self.free_buffer())
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.fail(f"a data link failed: {error}")
            return
        if count:
            self.received(count)
        else:
            self.fail("the front closed a data link")
        if self._deferred:
            self._deferred = False
            if self._sock is not None and not self._paused:
                self._expect_readable()

    def transmit(self, pieces: List[Buffer]) -> None:
        unsent = self._unsent
        waits = bool(unsent.pieces)
        unsent.add(pieces)
        if waits:
            if unsent.size > MOST_UNSENT and not self._paused:
                self._on_loop(self._pause)
            return
        try:
            empty = unsent.send()
        except OSError as error:
            self._on_loop(self.fail, f"a data link failed: {error}")
            return
        if not empty:
            self._on_loop(self._expect_writable)

    def _writable(self) -> None:
        if self._sock is None:
            return
        with self._out_lock:
            try:
                empty = self._unsent.send()
            except OSError as error:
                failure = f"a data link failed: {error}"
            else:
                failure = ""
                if empty:
                    self.loop.remove_writer(self._sock.fileno())
        if failure:
            self.fail(failure)
        else:
            self._unpause()

    def finish(self) -> None:
        while self._sock is not None:
            try:
                count = self._receive_into(self.free_buffer())
            except OSError:
                break
            if not count:
                break
            self.received(count)
        self.flush()
        self._send_last()


class ProtocolLink(DataLink, asyncio.BufferedProtocol):
    """Leaves the socket to a transport of the loop."""

    def __init__(self, sock: socket.socket, *args: Any) -> None:
        super().__init__(*args)
        self._sock = sock
        self._transport: Optional[asyncio.Transport] = None

        # A transport belongs to the loop's thread.
        self._arm = lambda: None

    async def open(self) -> None:
        await self.loop.create_connection(lambda: self, sock=self._sock)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.free_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self.received(nbytes)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self.fail(f"a data link failed: {exc}" if exc else "the front closed a data link")

    def transmit(self, pieces: List[Buffer]) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(pieces))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def finish(self) -> None:
        self.flush()
        self._closed = True
        self.close()


def make(sock: socket.socket, loop: asyncio.AbstractEventLoop, *args: Any) -> DataLink:
    """The kind that the loop can serve."""
    if not factories.has_readiness(loop):
        return ProtocolLink(sock, loop, *args)
    if speedups.module is not None and isinstance(loop, asyncio.AbstractEventLoop):
        from .nativelink import NativeLink

        return NativeLink(sock, loop, *args)
    return SocketLink(sock, loop, *args)
