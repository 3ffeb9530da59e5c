"""What a request costs in the worker alone: batches of frames over a Unix socket, no front, no client.

    python3 bench/shim.py                                    every scenario, batches of 1, 8, 32 and 64
    python3 bench/shim.py --only 'hello|browser' --batch 32
    python3 bench/shim.py --against /path/to/other/python    another shim and this one, in interleaved rounds
    python3 bench/shim.py --speedups auto                    this one with its native part only; else without it, too

Prints, with and without the native part (docs/speedups.md), microseconds of CPU time of the worker's process for each request, its
system calls' included: the median of the rounds and, in brackets, the least.
"""

import argparse
import json
import re
import secrets
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

BENCH = Path(__file__).resolve().parent
SHIM = BENCH.parent / "python"
sys.path[:0] = [str(BENCH), str(SHIM)]

import scenarios  # noqa: E402
from hydra_worker import wire  # noqa: E402
from load import Request  # noqa: E402

# As the front's: docs/protocol.md, "Streams".
WINDOW = 256 * 1024
CONNECTION = b"http\x001.1\x00127.0.0.1\x0050000\x00127.0.0.1\x008000\x00"
STREAM_OFFSET = 8


@dataclass(frozen=True)
class Case:
    """One request to one application."""

    name: str
    app: str
    request: Request
    interface: str = "auto"


# A header block that is another one with each request: the digits are written anew.
DIGITS = "0123456789abcdef"
TRACED = replace(scenarios.BROWSER, headers=(*scenarios.BROWSER.headers, ("traceparent", f"00-{DIGITS}{DIGITS}-{DIGITS}-00")))

CASES = (
    Case("asgi hello", scenarios.ASGI, scenarios.HELLO),
    Case("asgi browser", scenarios.ASGI, scenarios.BROWSER),
    Case("asgi traced", scenarios.ASGI, TRACED),
    Case("asgi json post", scenarios.ASGI, scenarios.JSON),
    Case("asgi 10 KB", scenarios.ASGI, scenarios.TEN_KB),
    Case("rsgi hello", scenarios.RSGI, scenarios.HELLO, "rsgi"),
    Case("rsgi browser", scenarios.RSGI, scenarios.BROWSER, "rsgi"),
    Case("raw hello", scenarios.RAW, scenarios.HELLO, "raw"),
    Case("raw browser", scenarios.RAW, scenarios.BROWSER, "raw"),
    Case("wsgi hello", scenarios.WSGI, scenarios.HELLO),
    Case("wsgi browser", scenarios.WSGI, scenarios.BROWSER),
    Case("wsgi traced", scenarios.WSGI, TRACED),
    Case("fastapi", scenarios.FASTAPI, scenarios.FASTAPI_ITEM),
    Case("django", scenarios.DJANGO, scenarios.DJANGO_ITEM),
)


def document(shim: Path, **fields: str) -> dict[str, object]:
    """The boot document that this shim takes: another build's has a hash of its own, and perhaps other fields."""
    text = (shim / "hydra_worker" / "wire.py").read_text()
    found = re.search(r"^SCHEMA_HASH = (\w+)$", text, re.MULTILINE)
    assert found is not None
    whole = {name: kind() for name, kind in wire.BOOT.items()}
    whole.update(interface="auto", loop="auto", speedups="auto", lifespan="auto", threads=1, worker_loops=1, data_links=1, log_level="info",
                 grace_milliseconds=30_000, version="bench", schema=str(int(found[1], 0)))
    return {**whole, **fields}


class Worker:
    """A worker process and its links. Its data link is driven by the caller's thread."""

    def __init__(self, shim: Path, python: str, case: Case, speedups: str):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{directory}/s")
            listener.listen()
            token = secrets.token_hex(32)
            boot = document(shim, address=f"unix:{directory}/s", token=token, app=case.app, app_dir=str(BENCH / "apps"), interface=case.interface,
                            speedups=speedups)
            self.process = subprocess.Popen([python, str(shim / "hydra_shim.py")], stdin=subprocess.PIPE)
            self.process.stdin.write(json.dumps(boot).encode() + b"\n")
            self.process.stdin.flush()
            self.control = self._welcome(listener)
            self.data = self._welcome(listener)
            listener.close()
        while self._read_frame(self.control) != wire.READY:
            pass
        self.next_stream = 1
        # The beginning of a frame that has not come whole.
        self.rest = b""

    def _welcome(self, listener: socket.socket) -> socket.socket:
        listener.settimeout(30)
        link, _ = listener.accept()
        link.settimeout(30)
        if self._read_frame(link) != wire.HELLO:
            raise SystemExit("the worker did not say HELLO")
        link.sendall(wire.pack_welcome(0, 0, WINDOW, WINDOW))
        return link

    def _read_frame(self, link: socket.socket) -> int:
        header = link.recv(wire.HEADER_SIZE, socket.MSG_WAITALL)
        if len(header) < wire.HEADER_SIZE:
            raise SystemExit("the worker ended")
        length, kind, *_ = wire.HEADER.unpack(header)
        link.recv(length, socket.MSG_WAITALL)
        return kind

    def cpu(self) -> float:
        """Seconds that the process has run, from the scheduler: to the nanosecond."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def batches(self, frame: bytes, size: int, seconds: float) -> float:
        """Sends batches for so long; returns microseconds of CPU time for each request."""
        batch = bytearray(frame * size)
        digits = frame.find(DIGITS.encode())
        deadline = time.monotonic() + seconds
        before = self.cpu()
        requests = 0
        while time.monotonic() < deadline:
            self.data.sendall(self._number(batch, size, len(frame), digits))
            self._take_responses(size)
            requests += size
        return (self.cpu() - before) / requests * 1e6

    def _take_responses(self, count: int) -> None:
        """Waits for so many; each is one frame. What the worker tells of itself comes in between."""
        while count:
            data = self.rest + self.data.recv(1024 * 1024)
            at = 0
            while len(data) - at >= wire.HEADER_SIZE:
                length, kind, *_ = wire.HEADER.unpack_from(data, at)
                if len(data) - at < wire.HEADER_SIZE + length:
                    break
                at += wire.HEADER_SIZE + length
                count -= kind == wire.RESPONSE
            self.rest = data[at:]

    def _number(self, batch: bytearray, size: int, length: int, digits: int) -> bytearray:
        for index in range(size):
            struct.pack_into("<Q", batch, index * length + STREAM_OFFSET, self.next_stream)
            if digits >= 0:
                batch[index * length + digits : index * length + digits + len(DIGITS)] = b"%0*x" % (len(DIGITS), self.next_stream)
            self.next_stream += 1
        return batch

    def stop(self) -> None:
        """The worker ends with its control link."""
        self.control.close()
        self.data.close()
        self.process.wait(10)


def request_frame(request: Request) -> bytes:
    """The REQUEST that the front would make of it, for stream 0."""
    path, _, query = request.path.partition("?")
    headers = [("host", "127.0.0.1:8000"), *((name.lower(), value) for name, value in request.headers)]
    if request.body:
        headers.append(("content-length", str(len(request.body))))
    block = "\0".join(part for pair in headers for part in pair).encode()
    return wire.pack_request(
        0, wire.FLAG_END, 0, request.method.encode(), path.encode(), query.encode(), CONNECTION, block, request.body)


def measure(case: Case, options: argparse.Namespace) -> None:
    """Prints a line for each batch size."""
    shims = [(Path(shim), "auto") for shim in options.against] + [(SHIM, mode) for mode in options.speedups]
    workers = [Worker(shim, options.python, case, mode) for shim, mode in shims]
    frame = request_frame(case.request)
    try:
        for size in options.batch:
            results: list[list[float]] = [[] for _ in workers]
            for worker in workers:
                worker.batches(frame, size, options.secs / 2)
            for _ in range(options.rounds):
                for worker, result in zip(workers, results):
                    result.append(worker.batches(frame, size, options.secs))
            columns = [f"{statistics.median(each):7.2f} ({min(each):.2f})" for each in results]
            print(f"{case.name:15} batch {size:3}  " + "  ".join(f"{column:18}" for column in columns), flush=True)
    finally:
        for worker in workers:
            worker.stop()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--secs", type=float, default=0.4, help="of each round")
    parser.add_argument("--against", nargs="+", default=[], metavar="DIR", help="other shims; their figures come first")
    parser.add_argument("--speedups", nargs="+", default=["auto", "off"], choices=["auto", "on", "off"], help="of this shim: a column each")
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    for case in CASES:
        if re.search(options.only, case.name):
            measure(case, options)


if __name__ == "__main__":
    main()
