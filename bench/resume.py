"""
A reload, or a worker killed, under resumable WebSockets with traffic: python3 bench/resume.py HYDRA [CONNECTIONS] [reload|kill].

Each client numbers its messages and has a few under way; the application answers each one when it has saved that it is dealt with. Counted are connections that were
closed, answers that are missing, and answers that came twice. Needs nothing but Python.
"""

import asyncio
import base64
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

APP = """
from hydra_server import resume

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await receive()
    before = resume.of(scope)
    if before is None:
        await resume.save_state(scope, b"")
    await send({"type": "websocket.accept"})
    if before is not None and before.state and before.sent == 0:
        await send({"type": "websocket.send", "text": before.state.decode()})
    while (message := await receive())["type"] == "websocket.receive":
        await resume.save_state(scope, message["text"].encode())
        await send({"type": "websocket.send", "text": message["text"]})
"""
PER_SECOND = 2


class Client:
    """Sends its numbers at a steady pace, and looks at what comes back."""

    def __init__(self):
        self.sent = self.got = self.wrong = 0
        self.closed = None
        self.slowest = 0.0
        self.times = {}

    async def connect(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head

    async def send(self, until):
        while time.monotonic() < until and self.closed is None:
            self.sent += 1
            self.times[self.sent] = time.monotonic()
            text = str(self.sent).encode()
            self.writer.write(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
            await asyncio.sleep(1 / PER_SECOND)

    async def receive(self):
        try:
            while True:
                first, size = await self.reader.readexactly(2)
                data = await self.reader.readexactly(size)
                if first == 0x88:
                    self.closed = int.from_bytes(data[:2], "big")
                    return
                if first == 0x81:
                    number = int(data)
                    self.wrong += number != self.got + 1
                    self.got = max(self.got, number)
                    self.slowest = max(self.slowest, time.monotonic() - self.times.pop(number, time.monotonic()))
                elif first == 0x89:
                    self.writer.write(bytes([0x8A, 0x80 | size, 0, 0, 0, 0]) + data)
        except (asyncio.IncompleteReadError, OSError):
            self.closed = self.closed or 1006


def workers_of(server):
    return [int(pid) for pid in pathlib.Path(f"/proc/{server}/task/{server}/children").read_text().split()] or [
        int(pid.name) for pid in pathlib.Path("/proc").iterdir() if pid.name.isdigit() and f"\nPPid:\t{server}\n" in (pid / "status").read_text()
    ]


async def run(hydra, count, what):
    directory = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"hydra-resume-{os.getpid()}"
    directory.mkdir()
    (directory / "resume_bench.py").write_text(APP)
    server = subprocess.Popen(
        [hydra, "resume_bench:app", "--app-dir", str(directory), "--workers", "2", "--bind", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    )
    log = []
    while not (found := re.search(r"http://127.0.0.1:(\d+)", log[-1] if log else "")):
        log.append(server.stderr.readline())
    asyncio.get_running_loop().run_in_executor(None, lambda: log.extend(server.stderr))
    clients = [Client() for _ in range(count)]
    for at in range(0, count, 100):
        await asyncio.gather(*[client.connect(int(found[1])) for client in clients[at : at + 100]])
    receiving = [asyncio.ensure_future(client.receive()) for client in clients]
    until = time.monotonic() + 20
    sending = [asyncio.ensure_future(client.send(until)) for client in clients]
    for _ in range(3):
        await asyncio.sleep(5)
        if what == "reload":
            server.send_signal(signal.SIGHUP)
        else:
            os.kill(workers_of(server.pid)[0], signal.SIGKILL)
    await asyncio.gather(*sending)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(client.got < client.sent and client.closed is None for client in clients):
        await asyncio.sleep(0.1)
    closed = [client.closed for client in clients if client.closed is not None]
    print(
        f"{count} connections, 3 x {what}: {sum(client.sent for client in clients)} messages, closed {len(closed)}, "
        f"missing {sum(client.sent - client.got for client in clients)}, twice or out of order {sum(client.wrong for client in clients)}, "
        f"slowest answer {max(client.slowest for client in clients):.2f} s"
    )
    server.terminate()
    for task in receiving:
        task.cancel()
    server.wait()
    for line in log:
        if "go on in others" in line or "killed" in line:
            print("   ", line.rstrip())
    for file in directory.iterdir():
        if file.is_file():
            file.unlink()
    return bool(closed or any(client.wrong or client.sent != client.got for client in clients))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sys.exit(asyncio.run(run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000, sys.argv[3] if len(sys.argv) > 3 else "reload")))
