"""
A data link on the event loop: takes frames apart, starts their requests, gathers what they answer.

What one read brings is handled as a whole, and what it produced leaves in one write when it is done. Frames
that are made at other times leave once in each turn of the loop.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set

from .. import native, requestnames, resumption, wire
from ..errors import LinkBroken
from ..frames import Buffer
from ..framing import FrameReader
from .meter import LoopMeter
from .stream import LoopStream
from .tasks import starter

# The data links of this process by their numbers.
LINKS: Dict[int, Any] = {}


class Serving(NamedTuple):
    """
    What an interface makes of a REQUEST: `open` makes its stream, of the link, the stream's number, flags, method, body
    and the time that it came; `scope` makes what the application is told of it, of method, raw path, query, connection
    block, header block and the microseconds that it waited. The stream's run(application, scope) gives what is its task,
    whose first step is taken at once, or None where there is nothing more to do. The other two do the same for a REQUEST
    that asks for a session, where the interface has some.
    """

    application: Any
    scope: Callable[[bytes, bytes, bytes, bytes, bytes, int], Any]
    open: Callable[["DataLink", int, int, bytes, bytes, float], LoopStream]
    session_scope: Optional[Callable[[bytes, bytes, bytes, bytes, bytes, int], Any]] = None
    open_session: Optional[Callable[["DataLink", int, int, bytes, bytes, float], LoopStream]] = None
    # what makes a NativeLink serve requests that ask for none by itself, where the interface has that
    quicken: Optional[Callable[[Any], None]] = None


_SESSION = wire.FLAG_SESSION
_RESUME = wire.FLAG_RESUME
# Bytes of output that are not kept until the end of the turn: the front can work on them in the meantime, and
# they are still in the processor's cache when the kernel copies them.
_FLUSH_SIZE = 64 * 1024
# How long a batch may run, in seconds, before the responses that are there leave: none should wait for many
# slow ones behind it.
_FLUSH_TIME = 0.001
# How long a response's head waits for something of its body, in seconds: most often that comes within the same step, and
# both leave in one frame. An event stream may have nothing to say for long, and its client waits for the head.
_HEAD_SECONDS = 0.005


class LinkBase:
    """
    What does not depend on how bytes are moved and frames are taken apart: by DataLink in Python, or by NativeLink. Either has `loop`,
    `streams`, `unfinished`, `draining`, the two windows and the underlined attributes that are used here.
    """

    # Which of the worker's data links this is; set by who opens it.
    index = 0
    # whether requests can be interrupted, and what runs for them is to be known
    interruptible = False
    # seconds that a request has to come to its end when its client has left; 0 for ever
    patience = 0.0

    loop: asyncio.AbstractEventLoop
    streams: Dict[int, Any]
    unfinished: Dict[LoopStream, "asyncio.Task[None]"]
    draining: bool
    request_window: int
    response_window: int
    _closed: bool
    _now: float
    _latest: Optional[LoopStream]
    _meter: LoopMeter
    _start: Any

    def attach(self, loop: asyncio.AbstractEventLoop, serving: Serving, lost: Callable[["DataLink", str], None]) -> None:
        """A part of the constructor."""
        # what a task raises that is cancelled
        self.cancelled: Any = getattr(loop, "cancelled", asyncio.CancelledError)
        self._application, self._build_scope, self._open_stream, self._session_scope, self._open_session, _ = serving
        self._lost = lost
        # heads that wait for their bodies
        self._heads: List[LoopStream] = []
        # what was asked for topics and is not answered, with the answers that nobody has taken yet
        self.asked: Dict[int, Optional[int]] = {}
        self._sequence = 0
        # sessions that go on in other workers, and whether their applications have been told; those that have come from one and are not accepted
        self.leaving: Dict[int, bool] = {}
        self.resumed: Set[int] = set()
        # who is told of a request whose time is over
        self.timed_out: Callable[[LoopStream], None] = lambda stream: None

    async def open(self) -> None:
        """Begins to read."""
        raise NotImplementedError

    def next_sequence(self) -> int:
        """A number that none of what is asked has."""
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        return self._sequence

    def hold_head(self, stream: LoopStream) -> None:
        """The head of this stream's response is to leave by itself when its body does not come soon."""
        if not self._heads:
            self.loop.call_later(_HEAD_SECONDS, self._send_heads)
        self._heads.append(stream)

    def _send_heads(self) -> None:
        heads, self._heads = self._heads, []
        for stream in heads:
            stream.send_head()

    def _begin(
        self,
        stream: int,
        flags: int,
        method: bytes,
        raw_path: bytes,
        query: bytes,
        connection: bytes,
        headers: bytes,
        body: bytes,
        queued: int,
    ) -> None:
        """A REQUEST: its first step is taken."""
        if self.draining:
            self.write(wire.pack_reset(stream, 0, wire.RESET_NOT_STARTED, b"The worker is going away."))
            return
        if requestnames.header:
            requestnames.enter(headers)
        before = b""
        if flags & _RESUME:
            before, body = body, b""
        if flags & _SESSION and self._session_scope is not None and self._open_session is not None:
            scope = self._session_scope(method, raw_path, query, connection, headers, queued)
            new = self._open_session(self, stream, flags, method, body, self._now)
        else:
            scope = self._build_scope(method, raw_path, query, connection, headers, queued)
            new = self._open_stream(self, stream, flags, method, body, self._now)
        if before:
            resumption.tell(scope, before)
            if flags & _SESSION:
                self.resumed.add(stream)
        self.streams[stream] = self._latest = new
        self._meter.requests += 1
        coroutine = new.run(self._application, scope)
        if coroutine is not None:
            task = self._start(coroutine)
            if not task.done():
                self.unfinished[new] = task
                if new.holds_head():
                    self.hold_head(new)
        if requestnames.header:
            # The task has a copy of this context, in which the link goes on.
            requestnames.leave()

    # ---- output

    def write(self, frame: Buffer) -> None:
        """Adds a frame, or a part of one, to what leaves next."""
        raise NotImplementedError

    def flush(self) -> None:
        """Sends what was gathered."""
        raise NotImplementedError

    # ---- streams

    def forget(self, stream: LoopStream) -> None:
        """The stream is complete: nothing more is sent or expected for it."""
        self.streams.pop(stream.id, None)

    # ---- the end

    def fail(self, reason: str) -> None:
        """The link cannot be used any more: all its streams are cancelled."""
        if self._closed:
            return
        self._closed = True
        self.close()
        streams = list(self.streams.values())
        self.streams.clear()
        for stream in streams:
            stream.on_cancel()
        self._lost(self, reason)

    def break_off(self) -> None:
        """Sends what is there and closes, without a word of the requests that run."""
        self.flush()
        self._closed = True
        self.close()

    def close(self) -> None:
        """Closes the socket."""
        raise NotImplementedError

    def finish(self) -> None:
        """
        Takes in what has arrived already, sends what is left and closes; for the orderly end of the worker.
        """
        raise NotImplementedError


class DataLink(FrameReader, LinkBase):
    """In Python. Who derives from it says how bytes are moved; see transports.py for the two that do."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        serving: Serving,
        request_window: int,
        response_window: int,
        lost: Callable[["DataLink", str], None],
        arm: Callable[[], None],
        meter: LoopMeter,
    ) -> None:
        super().__init__()
        self.attach(loop, serving, lost)
        self.loop = loop
        self.request_window = request_window
        self.response_window = response_window
        self.draining = False
        # tells the watch that responses wait for the end of the batch; whether it knows about this output
        self._arm = arm
        self._watched = False
        # streams whose application did not finish in its first step, with their tasks
        self.unfinished = {}
        # one batch of input: how to start tasks, when it or its last flush was
        self._start = starter(loop)
        self._now = 0.0
        # what requests cost the loop; the latest request of the batch
        self._meter = meter
        meter.add(self.unfinished)
        self._latest = None
        # whether a batch is being handled; whether first steps may be taken within it
        self._handling = False
        self._eager = True
        # output; the lock is for the watch, which flushes while the loop is held up
        self._out_lock = native.Lock()
        self._out: List[Buffer] = []
        self._out_size = 0
        self._flush_expected = False
        self._closed = False

    # ---- input

    def received(self, count: int) -> None:
        """
        `count` bytes were put into the free part of the buffer: handles the frames that are complete now.
        """
        self._start = starter(self.loop) if self._eager else self.loop.create_task
        self._now = self._meter.begin()
        self._flush_expected = True
        self._handling = True
        try:
            self.take_in(count)
            self._tell_taken()
        except LinkBroken as error:
            self.fail(str(error))
        finally:
            self._handling = False
            self.flush()

    def reenter(self) -> bool:
        """
        Something has come. False while a batch is handled: the first step of one of its requests has the loop run within
        (nest_asyncio), and what has come waits until that step is over. From then on requests begin as other tasks do.
        """
        if not self._handling:
            return True
        self._eager = False
        return False

    def expect_more(self) -> None:
        """A response is complete. Its application may go on without giving the loop a turn; the watch sends it then."""
        if not self._watched:
            self._watched = True
            self._arm()

    def _tell_taken(self) -> None:
        """
        The front keeps back what this worker could not begin at once. Responses tell it how far that is; where
        the latest request has none yet, it must be told.
        """
        latest = self._latest
        self._latest = None
        due = self._meter.end()
        if latest is not None and latest.is_silent():
            self.write(wire.pack_taken(latest.id, 0, *self._meter.take(), 0))
        elif due:
            self.write(wire.pack_taken(0, 0, *self._meter.take(), 0))

    def on_request(self, *request: Any) -> None:
        if self._out and not self._watched:
            self._watched = True
            self._arm()
        self._begin(*request)
        now = monotonic()
        if now - self._now > _FLUSH_TIME:
            self._now = now
            if self._out:
                self._send_out()

    # ---- output

    def write(self, frame: Buffer) -> None:
        """Adds a frame, or a part of one, to what leaves next."""
        self._out.append(frame)
        self._out_size += len(frame)
        if not self._flush_expected:
            self._flush_expected = True
            self.loop.call_soon(self.flush)
        elif self._out_size >= _FLUSH_SIZE:
            self._send_out()

    def flush(self) -> None:
        """Sends what was gathered."""
        self._flush_expected = False
        if self._out:
            self._send_out()

    def _send_out(self) -> None:
        with self._out_lock:
            # The loop's thread may add frames while the watch is here.
            pieces = self._out[:]
            del self._out[: len(pieces)]
            self._out_size = 0
            self._watched = False
            if not self._closed:
                self.transmit(pieces)

    def check(self, since: float) -> bool:
        """For the watch: sends what has waited since before that time. Says whether something waits."""
        if not self._out:
            return False
        if self._now < since:
            self._send_out()
        return True

    def transmit(self, pieces: List[Buffer]) -> None:
        """
        Sends the pieces, or keeps what cannot be sent yet. Called with the output's lock, on the loop's
        thread or on that of the watch.
        """
        raise NotImplementedError
