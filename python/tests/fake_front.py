"""A front for tests: listens, starts the real shim, does the handshake. Every wait has a deadline."""

from __future__ import annotations

import json
import os
import queue
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from tests.fake_link import (
    CONNECTION,
    DEADLINE,
    PYTHON_DIR,
    Exchange,
    Frame,
    Headers,
    Link,
    LogRecord,
    Response,
    header_block,
    read_frame,
    wire,
)

APPS = os.path.join(PYTHON_DIR, "tests", "apps")
SHIM = os.path.join(PYTHON_DIR, "hydra_shim.py")


def boot_document(**fields: Any) -> Dict[str, Any]:
    """A whole document: what is not given is as it is without options."""
    document = {name: kind() for name, kind in wire.BOOT.items()}
    document.update(
        schema=str(wire.SCHEMA_HASH),
        interface="auto",
        loop="auto",
        speedups=os.environ.get("HYDRA_TEST_SPEEDUPS", "auto"),
        lifespan="auto",
        threads=1,
        data_links=1,
        log_level="info",
        grace_milliseconds=30_000,
    )
    document.update(fields)
    return document


class Front:
    """
    Use as a context manager: leaving it ends the worker and fails the test if the worker had to be killed.
    """

    request_window = 128 * 1024
    response_window = 128 * 1024
    # The links that are closed as soon as a worker says HELLO on a data link.
    closes: Tuple[str, ...] = ()

    def __init__(
        self,
        app: str,
        app_dir: str = APPS,
        env: Optional[Dict[str, str]] = None,
        before: Optional[Callable[[], None]] = None,
        **boot: Any,
    ) -> None:
        # What the process does before it is Python.
        self.before = before
        self.directory = tempfile.mkdtemp(prefix="hydra-test-")
        self.token = secrets.token_hex(32)
        self.listener, address = self._listen()
        given: Dict[str, Any] = {"address": address, "token": self.token, "app": app, "app_dir": app_dir}
        self.boot = boot_document(**{**given, "version": "test", **boot})
        self.env = dict(os.environ, HYDRA_WORKER_ID="0", PYTHONUNBUFFERED="1", **(env or {}))
        self.process: Optional["subprocess.Popen[bytes]"] = None
        self.control: Optional[Link] = None
        self._greeted: Optional[Link] = None
        self.data: Dict[int, Link] = {}
        self.logs: List[LogRecord] = []
        self.log_arrived = threading.Condition()
        self.life: "queue.Queue[Optional[Frame]]" = queue.Queue()
        self.output: Dict[str, List[bytes]] = {"out": [], "err": []}
        self._readers: List[threading.Thread] = []
        self._next_stream = 1
        # What READY has said.
        self.is_inspectable = False

    def _listen(self) -> Tuple[socket.socket, str]:
        if hasattr(socket, "AF_UNIX") and not os.environ.get("HYDRA_TEST_TCP"):
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            path = os.path.join(self.directory, "s")
            listener.bind(path)
            address = "unix:" + path
        else:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.bind(("127.0.0.1", 0))
            address = "tcp:127.0.0.1:%d" % listener.getsockname()[1]
        listener.listen(16)
        return listener, address

    # ---- life

    def start(self) -> "Front":
        threading.Thread(target=self._accept, daemon=True).start()
        self.process = subprocess.Popen(
            [sys.executable, SHIM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=APPS,
            preexec_fn=self.before,
        )
        assert self.process.stdin is not None
        for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr)):
            reader = threading.Thread(target=self._collect, args=(name, pipe), daemon=True)
            reader.start()
            self._readers.append(reader)
        self.process.stdin.write(json.dumps(self.boot).encode() + b"\n")
        self.process.stdin.flush()
        return self

    def _collect(self, name: str, pipe: Any) -> None:
        for line in pipe:
            self.output[name].append(line)
        pipe.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            try:
                frame = read_frame(sock)
                schema, pid, worker, kind, index, token = wire.unpack_hello(frame.payload)
                assert (
                    frame.kind == wire.HELLO and schema == wire.SCHEMA_HASH and token == self.token.encode()
                )
                assert worker == self.boot["worker"]
            except (AssertionError, EOFError, OSError, ValueError):
                sock.close()
                continue
            link = Link(sock, kind, index)
            welcome = wire.pack_welcome(0, 0, self.request_window, self.response_window)
            if kind == wire.LINK_DATA and self.closes:
                if "control" in self.closes:
                    assert self.control is not None
                    self.control.sock.shutdown(socket.SHUT_RDWR)
                sock.close()
            elif kind == wire.LINK_CONTROL:
                link.on_frame = self._on_control
                # A worker that has its WELCOME may fail and end at once.
                self._greeted = link
                # A test that finds the link may send on it.
                sock.sendall(welcome)
                self.control = link
                link.start()
            else:
                # A worker that has its WELCOME may be ready at once.
                self.data[index] = link
                sock.sendall(welcome)
                link.start()

    def _on_control(self, frame: Frame) -> None:
        if frame.kind == wire.LOG:
            created, level, logger, message = wire.unpack_log(frame.payload)
            with self.log_arrived:
                self.logs.append(LogRecord(created, level, logger.decode(), message.decode()))
                self.log_arrived.notify_all()
        else:
            self.life.put(frame)

    def next_life(self, kind: int) -> Tuple[Any, ...]:
        """Waits for the next frame of the worker's life on the control link, which must be of this kind; its fields."""
        names = {wire.READY: "ready", wire.FAILED: "failed", wire.PONG: "pong", wire.GOODBYE: "goodbye", wire.STACKS: "stacks"}
        return getattr(wire, "unpack_" + names[kind])(self.next_life_frame(kind).payload)

    def next_life_frame(self, kind: int) -> Frame:
        """The same, as it came."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                frame = self.life.get(timeout=0.05)
            except queue.Empty:
                # Its last words may still be on their way from the link's thread to this one.
                heard = self._greeted is None or self._greeted.closed.is_set()
                ended = heard and self.process is not None and self.process.poll() is not None
                if (ended and self.life.empty()) or time.monotonic() > deadline:
                    raise AssertionError(
                        "no frame %#x; exit code %r; stderr: %s" % (kind, self.code(), self.stderr())
                    )
                continue
            assert frame is not None
            if frame.kind != kind:
                raise AssertionError("expected %#x, got %r; stderr: %s" % (kind, frame, self.stderr()))
            return frame

    def ready(self) -> Tuple[int, int, str, str, str]:
        concurrency, features, interface, python, loop = self.next_life(wire.READY)
        # Each worker of Python's has it, whatever its interface; a template has it not.
        self.is_inspectable = bool(features & wire.FEATURE_INSPECTION)
        features &= ~wire.FEATURE_INSPECTION
        return concurrency, features, interface.decode(), python.decode(), loop.decode()

    def failed(self) -> Tuple[int, str, str]:
        """The FAILED frame; the worker must exit with code 3 after it."""
        reason, message, trace = self.next_life(wire.FAILED)
        assert self.wait_exit() == 3, (self.code(), self.stderr())
        return reason, message.decode(), trace.decode()

    def ping(self, nonce: int = 7) -> Tuple[int, int, int]:
        """The nonce that comes back, the microseconds by which the event loop is late, and 1 where somebody debugs it."""
        assert self.control is not None
        self.control.send(wire.pack_ping(0, 0, nonce))
        return self.next_life(wire.PONG)  # type: ignore[return-value]

    def inspect(self, stream: int = 0, link: int = 0, sequence: int = 5) -> str:
        """Where the worker says that its code is."""
        assert self.control is not None
        self.control.send(wire.pack_inspect(0, 0, stream, sequence, link))
        came, text = self.next_life(wire.STACKS)
        assert came == sequence, came
        return text.decode()

    def collect(self, sequence: int = 6) -> Tuple[int, str]:
        """What the worker says that was counted, with the outcome."""
        assert self.control is not None
        self.control.send(wire.pack_collect(0, 0, sequence))
        came, outcome, text = self.collected()
        assert came == sequence, came
        return outcome, text

    def collected(self) -> Tuple[int, int, str]:
        """A whole answer to COLLECT, in as many frames as it has."""
        parts = []
        more = wire.FLAG_MORE
        while more:
            frame = self.next_life_frame(wire.COLLECTED)
            more = frame.flags & wire.FLAG_MORE
            sequence, outcome, text = wire.unpack_collected(frame.payload)
            parts.append(text)
        return sequence, outcome, b"".join(parts).decode()

    def wait_begun(self, flag: str, requests: int = 1) -> None:
        """Until so many requests for /blocks with this flag are in the application."""
        deadline = time.monotonic() + DEADLINE
        while not os.path.exists(flag + ".begun") or os.path.getsize(flag + ".begun") < requests:
            assert time.monotonic() < deadline, "no request has begun"
            time.sleep(0.001)

    def drain(self, grace: float = 10.0) -> None:
        assert self.control is not None
        self.control.send(wire.pack_drain(0, 0, int(grace * 1000)))

    def part(self, grace: float = 10.0, sessions: bool = False) -> None:
        assert self.control is not None
        self.control.send(wire.pack_part(0, 0, int(grace * 1000), int(sessions)))

    def goodbye(self) -> Tuple[int, str]:
        cancelled, message = self.next_life(wire.GOODBYE)
        return cancelled, message.decode()

    def wait_exit(self) -> int:
        assert self.process is not None
        code = self.process.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)
        return code

    def code(self) -> Optional[int]:
        return self.process.poll() if self.process is not None else None

    def stderr(self) -> str:
        return b"".join(self.output["err"]).decode("utf-8", "replace")

    def wait_stderr(self, text: str) -> str:
        """Waits until this has been printed; returns all that has."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.stderr():
            if time.monotonic() > deadline:
                raise AssertionError("%r was not printed, but: %s" % (text, self.stderr()))
            time.sleep(0.01)
        return self.stderr()

    def stdout(self) -> str:
        return b"".join(self.output["out"]).decode("utf-8", "replace")

    def wait_log(self, wanted: Callable[[LogRecord], bool]) -> LogRecord:
        deadline = time.monotonic() + DEADLINE
        with self.log_arrived:
            while True:
                for record in self.logs:
                    if wanted(record):
                        return record
                left = deadline - time.monotonic()
                if left <= 0 or not self.log_arrived.wait(left):
                    raise AssertionError("no such log record; the latest are %r" % (self.logs[-5:],))

    def stop(self) -> Tuple[int, str]:
        """Drains, checks the orderly end."""
        self.drain()
        result = self.goodbye()
        assert self.wait_exit() == 0, (self.code(), self.stderr())
        return result

    def __enter__(self) -> "Front":
        return self.start()

    def __exit__(self, kind: Any, *rest: Any) -> None:
        self.listener.close()
        process = self.process
        assert process is not None and process.stdin is not None
        if process.poll() is None:
            process.kill()
        process.wait(DEADLINE)
        process.stdin.close()
        for link in [self.control, *self.data.values()]:
            if link is not None:
                link.sock.close()
        for reader in self._readers:
            reader.join(DEADLINE)
        shutil.rmtree(self.directory, ignore_errors=True)
        if kind is not None and self.output["err"]:
            sys.stderr.write("worker's stderr:\n" + self.stderr())

    # ---- requests

    def open(
        self,
        method: str = "GET",
        path: str = "/",
        query: str = "",
        headers: Headers = ((b"host", b"test"),),
        body: bytes = b"",
        end: bool = True,
        flags: int = 0,
        connection: bytes = CONNECTION,
        link: int = 0,
        send: bool = True,
        queued: int = 0,
    ) -> Exchange:
        """Sends a REQUEST; returns its exchange."""
        target = self.data[link]
        stream = self._next_stream
        self._next_stream += 1
        exchange = Exchange(target, stream)
        target.exchanges[stream] = exchange
        frame = wire.pack_request(
            stream,
            flags | (wire.FLAG_END if end else 0),
            queued,
            method.encode(),
            path.encode(),
            query.encode(),
            connection,
            header_block(headers),
            body,
        )
        exchange.frame = frame
        if send:
            target.send(frame)
        return exchange

    def get(self, path: str = "/", **options: Any) -> Response:
        return self.open("GET", path, **options).response(again=True)

    def post(self, path: str, body: bytes, **options: Any) -> Response:
        return self.open("POST", path, body=body, **options).response(again=True)
