"""The links of the fake front: frames, streams and responses. Every wait has a deadline."""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

PYTHON_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if PYTHON_DIR not in sys.path:
    sys.path.insert(0, PYTHON_DIR)

from hydra_worker import wire  # noqa: E402

DEADLINE = 30.0
CONNECTION = b"http\x001.1\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00"
Headers = Iterable[Tuple[bytes, bytes]]


def header_block(headers: Headers) -> bytes:
    return b"\0".join(part for pair in headers for part in pair)


def parse_headers(block: bytes) -> List[Tuple[bytes, bytes]]:
    parts = block.split(b"\0") if block else []
    return list(zip(parts[::2], parts[1::2]))


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def end(self) -> bool:
        return bool(self.flags & wire.FLAG_END)


class LogRecord(NamedTuple):
    created: int
    level: int
    logger: str
    message: str


class Closed(Exception):
    """The worker closed the link."""


class Response:
    """What a stream gave in the end."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: List[Tuple[bytes, bytes]] = []
        self.body = b""
        self.frames: List[Frame] = []
        self.reset: Optional[Tuple[int, str]] = None
        # None where the response has ended without them.
        self.trailers: Any = None

    def header(self, name: bytes) -> Optional[bytes]:
        return next((value for key, value in self.headers if key.lower() == name), None)


class Exchange:
    """One stream, as the front sees it."""

    def __init__(self, link: "Link", stream: int) -> None:
        self.link = link
        self.id = stream
        self.frame = b""
        self.frames: "queue.Queue[Optional[Frame]]" = queue.Queue()

    def next(self) -> Frame:
        frame = self.frames.get(timeout=DEADLINE)
        if frame is None:
            raise Closed()
        return frame

    def expect(self, kind: int) -> Frame:
        frame = self.next()
        assert frame.kind == kind, frame
        return frame

    def body(self, data: bytes, end: bool = False) -> None:
        self.link.send(wire.pack_body(self.id, wire.FLAG_END if end else 0, data))

    def window(self, credit: int) -> None:
        try:
            self.link.send(wire.pack_window(self.id, 0, credit))
        except (BrokenPipeError, ConnectionResetError):
            # A worker that drains may have sent its last byte, and be gone.
            pass

    def opened(self, size: int) -> None:
        """The file of a FILE is open."""
        self.link.send(wire.pack_opened(self.id, 0, size))

    def cancel(self, reason: int = wire.CANCEL_CLIENT_LEFT) -> None:
        self.link.send(wire.pack_cancel(self.id, 0, reason))

    def finish(self, is_complete: bool = True) -> None:
        self.link.send(wire.pack_finished(self.id, 0, int(is_complete)))

    def response(self, grant: bool = True, again: bool = False) -> Response:
        """
        Collects the response until its END, its trailers or a RESET; gives credit as it comes in. With `again` a request
        that no thread has come to is sent once more, as the front does: on a busy machine the thread of the request
        before may be late.
        """
        response = Response()
        while True:
            frame = self.next()
            response.frames.append(frame)
            if frame.kind == wire.RESPONSE:
                response.status, block, response.body = wire.unpack_response(frame.payload)
                response.headers = parse_headers(block)
            elif frame.kind == wire.BODY:
                response.body += frame.payload
                if grant and frame.payload and not frame.end:
                    self.window(len(frame.payload))
            elif frame.kind == wire.TRAILERS:
                (block,) = wire.unpack_trailers(frame.payload)
                response.trailers = parse_headers(block)
                return response
            elif frame.kind == wire.RESET:
                reason, message = wire.unpack_reset(frame.payload)
                if again and (reason, message) == (wire.RESET_NOT_STARTED, b"The worker has not come to it."):
                    self.link.send(self.frame)
                    continue
                response.reset = (reason, message.decode())
                return response
            if frame.end:
                return response


class Link:
    """An accepted link; a thread of its own reads it."""

    def __init__(self, sock: socket.socket, kind: int, index: int) -> None:
        self.sock = sock
        self.kind = kind
        self.index = index
        self.lock = threading.Lock()
        self.exchanges: Dict[int, Exchange] = {}
        self.frames: "queue.Queue[Optional[Frame]]" = queue.Queue()
        self.closed = threading.Event()
        self.on_frame: Callable[[Frame], None] = self.frames.put

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, data: bytes) -> None:
        with self.lock:
            self.sock.sendall(data)

    def _read(self) -> None:
        try:
            while True:
                frame = read_frame(self.sock)
                is_streams = self.kind == wire.LINK_DATA and frame.kind != wire.TAKEN
                exchange = self.exchanges.get(frame.stream) if is_streams else None
                (exchange.frames.put if exchange else self.on_frame)(frame)
        except (OSError, EOFError):
            pass
        self.closed.set()
        self.frames.put(None)
        for exchange in list(self.exchanges.values()):
            exchange.frames.put(None)


def read_exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def read_frame(sock: socket.socket) -> Frame:
    length, kind, flags, zero, stream = wire.HEADER.unpack(read_exactly(sock, wire.HEADER_SIZE))
    assert zero == 0 and length <= wire.MAX_PAYLOAD
    return Frame(kind, flags, stream, read_exactly(sock, length))
