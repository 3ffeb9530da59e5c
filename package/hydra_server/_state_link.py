"""Calls on the shared state: over links to the server, one for each thread that waits and one for each event loop.

A call is a frame, as is its reply (docs/state.md). Nothing is read by anybody else: a thread that asks waits for its own answer, and an event loop reads when
something has come.
"""

import asyncio
import os
import socket
import sys
import threading
import weakref
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from . import _state_errors as errors

# status, number, other, whether the value is the number, value
Reply = Tuple[int, int, int, bool, bytes]
# operation, options, number, other, milliseconds, wait, key, value
Call = Tuple[int, int, int, int, int, int, bytes, bytes]
# What is to be called when an answer has come for nobody.
Undo = Optional[Callable[[Reply], Optional[Call]]]

_WORKER = "_hydra.hydra_worker.stateful"
_HEADER = 16
# STATUS_OFF of docs/protocol.md.
_OFF = 9
_U64 = (1 << 64) - 1
_SIGN = 1 << 63
_U32 = 0xFFFFFFFF
_RECEIVE = 256 * 1024
# So many bytes of calls are sent before their answers are read: both sides have room for them.
_BATCH = 128 * 1024
# Seconds for which a thread waits for a lock at a time.
_SLICE = 0.2
# Seconds that the server may take to hear that nobody waits any more.
_FAREWELL = 2.0


def worker() -> Any:
    """The worker's side of it. Raises StateUnavailable where this process is no worker."""
    if not is_available():
        raise errors.StateUnavailable("hydra_server.state works in the workers of Hydra, and this process is none: it was not started by the server")
    return sys.modules[_WORKER]


def is_available() -> bool:
    """Whether this process is a worker of the server, or one that a worker has forked."""
    module = sys.modules.get(_WORKER)
    return module is not None and module.is_there()


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value


class _Frames:
    """Makes the frames of calls, and takes those of replies apart."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._sequence = 0
        self._rest = b""
        self._parts: List[bytes] = []

    def pack(self, call: Call) -> Tuple[int, bytes]:
        operation, options, number, other, milliseconds, wait, key, value = call
        wire = self._wire
        self._sequence = sequence = (self._sequence + 1) & _U32
        if len(value) <= wire.MAX_STATE_PART:
            return sequence, wire.pack_state_call(
                0, 0, number & _U64, other & _U64, milliseconds, sequence, wait, operation, options, key, value
            )
        frames = []
        view = memoryview(value)
        end = len(value) - len(value) % wire.MAX_STATE_PART
        for start in range(0, end, wire.MAX_STATE_PART):
            frames.append(wire.pack_state_part(0, 0, sequence, view[start : start + wire.MAX_STATE_PART]))
        frames.append(
            wire.pack_state_call(0, 0, number & _U64, other & _U64, milliseconds, sequence, wait, operation, options, key, view[end:])
        )
        return sequence, b"".join(frames)

    def abandon(self, sequence: int) -> Tuple[int, bytes]:
        """Nobody waits for the answer to that call any more."""
        return self.pack((self._wire.STATE_ABANDON, 0, sequence, 0, 0, 0, b"", b""))

    def take(self, data: bytes) -> List[Tuple[int, Reply]]:
        """The replies that have come whole."""
        if self._rest:
            data = self._rest + data
        wire = self._wire
        header, fields = wire.HEADER, wire.STATE_REPLY_FIELDS
        replies = []
        start, size = 0, len(data)
        while size - start >= _HEADER:
            length, kind, _, _, _ = header.unpack_from(data, start)
            end = start + _HEADER + length
            if end > size:
                break
            if kind == wire.STATE_REPLY:
                number, other, sequence, status, is_number, count = fields.unpack_from(data, start + _HEADER)
                value = data[end - count : end]
                if self._parts:
                    value = b"".join((*self._parts, value))
                    self._parts = []
                replies.append((sequence, (status, _signed(number), _signed(other), is_number != 0, value)))
            else:
                _, part = wire.unpack_state_part(data[start + _HEADER : end])
                self._parts.append(part)
            start = end
        self._rest = data[start:]
        return replies


class _Line:
    """A link of a thread that waits for its answers. It belongs to one thread at a time."""

    def __init__(self, side: Any) -> None:
        # The class of now: where an application has patched it, others go on while this waits.
        self._sock = _open(side, socket.socket)
        self._frames = _Frames(side.wire)

    def call(self, call: Call) -> Reply:
        sequence, frame = self._frames.pack(call)
        try:
            self._sock.sendall(frame)
            if call[5]:
                self._await_readable()
            while True:
                for answered, reply in self._frames.take(self._receive()):
                    if answered == sequence:
                        return reply
        except OSError as error:
            self.close()
            raise errors.StateLost("the link to the server has broken: %s" % error) from error
        except BaseException:
            # Something has interrupted it, and the answer may still come: what it brings is to be given back.
            self._give_up(sequence)
            raise

    async def call_in_trio(self, trio: Any, calls: List[Call]) -> List[Reply]:
        """The answers, while other tasks go on. A task that is cancelled leaves nothing behind: what is quick is done first, who waits for a lock gives up."""
        packed = [self._frames.pack(call) for call in calls]
        waits = any(call[5] for call in calls)
        replies: List[Reply] = []
        try:
            self._sock.sendall(b"".join(frame for _, frame in packed))
            while len(replies) < len(calls):
                with trio.CancelScope(shield=not waits):
                    await trio.lowlevel.wait_readable(self._sock)
                replies.extend(reply for _, reply in self._frames.take(self._receive()))
        except OSError as error:
            self.close()
            raise errors.StateLost("the link to the server has broken: %s" % error) from error
        except BaseException:
            self._give_up(packed[-1][0])
            raise
        return replies

    def call_many(self, calls: List[Call]) -> List[Reply]:
        replies: List[Reply] = []
        packed = [self._frames.pack(call) for call in calls]
        try:
            at = 0
            while at < len(packed):
                batch, size = [], 0
                while at < len(packed) and (not batch or size + len(packed[at][1]) <= _BATCH):
                    batch.append(packed[at][1])
                    size += len(packed[at][1])
                    at += 1
                self._sock.sendall(b"".join(batch))
                while len(replies) < at:
                    replies.extend(reply for _, reply in self._frames.take(self._receive()))
        except OSError as error:
            self.close()
            raise errors.StateLost("the link to the server has broken: %s" % error) from error
        except BaseException:
            self.close()
            raise
        return replies

    def close(self) -> None:
        self._sock.close()

    def _receive(self) -> bytes:
        data = self._sock.recv(_RECEIVE)
        if not data:
            raise ConnectionResetError("the server has closed it")
        return data

    def _await_readable(self) -> None:
        """Waits in slices: an exception that somebody raises in this thread, such as that of a time limit, is raised between two of them."""
        self._sock.settimeout(_SLICE)
        try:
            while True:
                try:
                    self._sock.recv(1, socket.MSG_PEEK)
                    return
                except socket.timeout:
                    pass
        finally:
            self._sock.settimeout(None)

    def _give_up(self, sequence: int) -> None:
        try:
            self._sock.settimeout(_FAREWELL)
            self._sock.sendall(self._frames.abandon(sequence)[1])
            # A socket that is closed with something unread takes back what it has sent.
            self._sock.shutdown(socket.SHUT_WR)
            while self._sock.recv(_RECEIVE):
                pass
        except Exception:
            pass
        self.close()


class _LoopLine:
    """The link of an event loop. All calls are on its thread."""

    def __init__(self, side: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._sock = _open(side, None)
        self._sock.setblocking(False)
        self._frames = _Frames(side.wire)
        self._loop = weakref.ref(loop)
        self._waiting: Dict[int, "asyncio.Future[Reply]"] = {}
        # what is to be called where an answer has come for nobody
        self._undos: "Dict[int, Callable[[Reply], Optional[Call]]]" = {}
        self._output: List[bytes] = []
        self._unsent: Deque[memoryview] = deque()
        self.is_closed = False
        loop.add_reader(self._sock.fileno(), self._on_readable)

    async def call(self, loop: asyncio.AbstractEventLoop, call: Call, undo: Undo = None) -> Reply:
        future, sequence = self.begin(loop, call)
        if undo is not None:
            self._undos[sequence] = undo
        try:
            return await future
        except asyncio.CancelledError:
            if undo is None or sequence in self._undos:
                self._give_up(loop, call, sequence, future)
            raise
        finally:
            self._undos.pop(sequence, None)

    def _give_up(self, loop: asyncio.AbstractEventLoop, call: Call, sequence: int, future: "asyncio.Future[Reply]") -> None:
        """Nobody waits for that call any more, whose answer may be here or on its way."""
        self._waiting.pop(sequence, None)
        undo = self._undos.get(sequence)
        if undo is not None and future.done() and not future.cancelled() and future.exception() is None:
            self._undo(loop, undo, future.result())
            return
        if not call[5] or self.is_closed:
            return
        answered, frame = self._frames.abandon(sequence)
        if undo is not None:
            self._expect(loop, sequence, lambda reply: self._undo(loop, undo, reply))
            self._expect(loop, answered, lambda _: self._waiting.pop(sequence, None))
        self._send(loop, frame)
        # This may be the last turn of the loop.
        self._flush()

    def _expect(self, loop: asyncio.AbstractEventLoop, sequence: int, then: "Callable[[Reply], object]") -> None:
        self._waiting[sequence] = late = loop.create_future()
        late.add_done_callback(lambda done: done.exception() or then(done.result()))

    def _undo(self, loop: asyncio.AbstractEventLoop, undo: "Callable[[Reply], Optional[Call]]", reply: Reply) -> None:
        """Nobody takes this answer: what is to be done for that."""
        call = undo(reply)
        if call is not None and not self.is_closed:
            self._send(loop, self._frames.pack(call)[1])

    def begin(self, loop: asyncio.AbstractEventLoop, call: Call) -> "Tuple[asyncio.Future[Reply], int]":
        sequence, frame = self._frames.pack(call)
        future: "asyncio.Future[Reply]" = loop.create_future()
        self._waiting[sequence] = future
        self._send(loop, frame)
        return future, sequence

    def close(self, error: Optional[Exception] = None) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        loop = self._loop()
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._sock.fileno())
            if self._unsent:
                loop.remove_writer(self._sock.fileno())
        self._sock.close()
        waiting, self._waiting = self._waiting, {}
        if loop is None or loop.is_closed():
            return
        for future in waiting.values():
            if not future.done():
                future.set_exception(errors.StateLost("the link to the server has broken: %s" % error))

    def _send(self, loop: asyncio.AbstractEventLoop, frame: bytes) -> None:
        # What is asked for in this turn of the loop leaves together.
        if not self._output:
            loop.call_soon(self._flush)
        self._output.append(frame)

    def _flush(self) -> None:
        if not self._output:
            return
        data = memoryview(b"".join(self._output))
        self._output.clear()
        if self.is_closed:
            return
        self._unsent.append(data)
        if len(self._unsent) == 1:
            self._write()

    def _write(self) -> None:
        loop = self._loop()
        try:
            while self._unsent:
                sent = self._sock.send(self._unsent[0])
                if sent < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][sent:]
                else:
                    self._unsent.popleft()
        except (BlockingIOError, InterruptedError):
            if loop is not None:
                loop.add_writer(self._sock.fileno(), self._write)
            return
        except OSError as error:
            self.close(error)
            return
        if loop is not None:
            loop.remove_writer(self._sock.fileno())

    def _on_readable(self) -> None:
        try:
            data = self._sock.recv(_RECEIVE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.close(error)
            return
        if not data:
            self.close(ConnectionResetError("the server has closed it"))
            return
        for sequence, reply in self._frames.take(data):
            future = self._waiting.pop(sequence, None)
            if future is not None and not future.done():
                future.set_result(reply)
            elif sequence in self._undos:
                # Its task is cancelled in this turn of the loop, and does not know yet.
                loop = self._loop()
                if loop is not None:
                    self._undo(loop, self._undos.pop(sequence), reply)


def _open(side: Any, make: Any) -> socket.socket:
    try:
        return side.connect(make)
    except Exception as error:
        raise errors.StateUnavailable("the server takes no link for shared state (--state-memory 0?): %s" % error) from error


def _is_on(reply: Reply) -> Reply:
    if reply[0] < _OFF:
        return reply
    errors.raise_unreachable(reply[0], reply[4])
    if reply[0] == _OFF:
        raise errors.StateUnavailable("the server was started without it (--state-memory 0, --pubsub-memory 0)")
    return reply


def _take(idle: List[_Line]) -> _Line:
    """A link that nobody uses now, or another one."""
    try:
        return idle.pop()
    except IndexError:
        return _Line(worker())


class Links:
    """All links of the process."""

    def __init__(self) -> None:
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def call(self, call: Call) -> Reply:
        """Waits for the answer."""
        if call[5]:
            self.hold_on()
        idle = self._idle_of()
        line = _take(idle)
        reply = line.call(call)
        idle.append(line)
        return _is_on(reply)

    def call_many(self, calls: List[Call]) -> List[Reply]:
        """Waits for all answers, in the order of the calls."""
        idle = self._idle_of()
        line = _take(idle)
        replies = line.call_many(calls)
        idle.append(line)
        return list(map(_is_on, replies))

    async def acall(self, call: Call, undo: Undo = None) -> Reply:
        """The answer, awaited in whatever kind of loop this is. `undo` says what is to be called where it comes when nobody waits for it any more."""
        if call[5]:
            self.hold_on()
        loop = running_loop()
        if loop is None:
            return (await self._call_in_trio([call]))[0]
        line = self._line_of(loop)
        if line is None:
            return await _in_thread(loop, self.call, call)
        return _is_on(await line.call(loop, call, undo))

    def say(self, loop: asyncio.AbstractEventLoop, call: Call) -> None:
        """A call of which nobody awaits what comes of it, from the thread of an event loop."""
        if not is_available() or loop.is_closed():
            return
        line = self._line_of(loop)
        if line is None:
            loop.run_in_executor(None, self.call, call)
        elif not line.is_closed:
            line.begin(loop, call)[0].add_done_callback(lambda done: done.cancelled() or done.exception())

    async def acall_many(self, calls: List[Call]) -> List[Reply]:
        """All answers, in the order of the calls."""
        loop = running_loop()
        if loop is None:
            return await self._call_in_trio(calls)
        line = self._line_of(loop)
        if line is None:
            return list(await loop.run_in_executor(None, self.call_many, calls))
        futures = [line.begin(loop, call)[0] for call in calls]
        return list(map(_is_on, await asyncio.gather(*futures)))

    async def _call_in_trio(self, calls: List[Call]) -> List[Reply]:
        trio = sys.modules.get("trio")
        if trio is None:
            raise RuntimeError("there is no event loop of asyncio or trio here")
        if not calls:
            return []
        idle = self._idle_of()
        line = _take(idle)
        replies = await line.call_in_trio(trio, calls)
        idle.append(line)
        return list(map(_is_on, replies))

    def is_new(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether this has not been asked of the loop before."""
        with self._lock:
            is_new = loop not in self._loops
            self._loops.add(loop)
        return is_new

    def hold_on(self) -> None:
        """
        Who has no link any more holds no lock any more, and has no subscription: so a process that takes part in them has one that nobody uses and nothing closes. Others close when
        a call is broken off, and when their loop does.
        """
        if self._anchor is None:
            with self._lock:
                if self._anchor is None:
                    self._anchor = _open(worker(), None)

    def _idle_of(self) -> List[_Line]:
        """The links that nobody uses now. A socket of gevent's belongs to the thread that it was made in."""
        monkey = sys.modules.get("gevent.monkey")
        if monkey is None or not monkey.is_module_patched("socket"):
            return self._idle
        return self._idle_by_thread.setdefault(monkey.get_original("_thread", "get_ident")(), [])

    def _line_of(self, loop: asyncio.AbstractEventLoop) -> Optional[_LoopLine]:
        known = self._lines.get(id(loop))
        if known is not None and known[0]() is loop and not known[1].is_closed:
            return known[1]
        try:
            line = _LoopLine(worker(), loop)
        except NotImplementedError:
            return None  # Windows' usual loop watches no sockets
        with self._lock:
            for key, (other, old) in list(self._lines.items()):
                found = other()
                if found is None or found.is_closed():
                    del self._lines[key]
                    old.close()
            self._lines[id(loop)] = (weakref.ref(loop), line)
        return line

    def _reset(self) -> None:
        # In a child that was forked: the links are the parent's.
        self._anchor: Optional[socket.socket] = None
        self._idle: List[_Line] = []
        self._idle_by_thread: Dict[int, List[_Line]] = {}
        self._lines: "Dict[int, Tuple[weakref.ref[Any], _LoopLine]]" = {}
        self._loops: "weakref.WeakSet[Any]" = weakref.WeakSet()
        self._lock = threading.Lock()


def running_loop() -> Optional[asyncio.AbstractEventLoop]:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def on_its_loop(connection: Any, answer: Any) -> Any:
    """Awaits what is to be done for a connection, on the loop that serves it."""
    loop = running_loop()
    if loop is None or loop is connection.link.loop:
        return await answer
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer, connection.link.loop))


async def _in_thread(loop: asyncio.AbstractEventLoop, call: Any, what: Call) -> Reply:
    """For loops that watch no sockets, as Windows' usual one: a thread waits."""
    future = loop.run_in_executor(None, call, what)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if what[0] == worker().wire.STATE_ACQUIRE:
            future.add_done_callback(lambda done: _give_back(loop, call, what, done))
        raise


def _give_back(loop: asyncio.AbstractEventLoop, call: Any, what: Call, done: "asyncio.Future[Reply]") -> None:
    """Nobody waits any more for a lock that was got in the end."""
    wire = worker().wire
    if not done.cancelled() and done.exception() is None and done.result()[0] == wire.STATUS_DONE:
        loop.run_in_executor(None, call, (wire.STATE_RELEASE, 0, 0, done.result()[1], 0, 0, what[6], b""))


links = Links()
