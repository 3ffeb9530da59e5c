"""Measures an executable of the server: measure.py EXECUTABLE [PYTHON]. See measure.sh."""

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

STARTS = 15
CONNECTIONS = 256
LOAD_SECONDS = 5

APP = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})
"""

REQUEST = b"GET / HTTP/1.1\r\nHost: measure\r\n\r\n"


class Server:
    """One start of the server, with the times since its exec in milliseconds."""

    def __init__(self, executable: str, python: str, directory: str) -> None:
        self.port = free_port()
        command = [executable, "app:app", "--app-dir", directory, "--python", python, "--port", str(self.port), "--log-level", "error"]
        started = time.perf_counter()
        self.process = subprocess.Popen(command)
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", self.port))
                break
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    sys.exit(f"the server ended with code {self.process.returncode}")
                time.sleep(0.0002)
        self.listening = (time.perf_counter() - started) * 1000
        with connection:
            exchange(connection)
        self.answering = (time.perf_counter() - started) * 1000

    def memory(self, name: str) -> float:
        """VmRSS or VmHWM of the front, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status).group(1)) * 1024 / 1e6

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def exchange(connection: socket.socket) -> None:
    connection.sendall(REQUEST)
    received = b""
    while not received.endswith(b"hello"):
        piece = connection.recv(4096)
        if not piece:
            sys.exit(f"the server closed the connection after {received!r}")
        received += piece


def load(port: int, connections: int, until: float) -> int:
    """Keeps all connections busy; returns how many requests were answered."""
    counts = [0] * connections

    def client(index: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while time.perf_counter() < until or counts[index] == 0:
                exchange(connection)
                counts[index] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def show(name: str, values: "list[float]", unit: str) -> None:
    spread = f"  ({min(values):.1f} to {max(values):.1f})" if len(values) > 1 else ""
    print(f"{name:<44}{statistics.median(values):8.1f} {unit}{spread}")


def main(executable: str, python: str = "/usr/bin/python3") -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "app.py").write_text(APP)
        listening, answering, idle = [], [], []
        for _ in range(STARTS):
            server = Server(executable, python, directory)
            listening.append(server.listening)
            answering.append(server.answering)
            idle.append(server.memory("VmRSS"))
            server.stop()
        show("exec to listening, median", listening, "ms")
        show("exec to the first response, median", answering, "ms")
        show("memory of the front after one request, median", idle, "MB")

        server = Server(executable, python, directory)
        count = load(server.port, CONNECTIONS, time.perf_counter() + LOAD_SECONDS)
        show(f"memory of the front after {CONNECTIONS} busy connections", [server.memory("VmRSS")], "MB")
        show("  at its peak", [server.memory("VmHWM")], "MB")
        server.stop()
        print(f"  ({count} requests in {LOAD_SECONDS} s; this client is slow, see bench/ for rates)")
    show("size of the executable", [os.path.getsize(executable) / 1e6], "MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
