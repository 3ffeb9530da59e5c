"""The servers: how each is started, and a fleet that keeps those that are needed running.

Each one runs as its documentation recommends for production; Hydra runs with its defaults. All run on one Python, which HYDRA_BENCH_PYTHON names:
run.sh has it be that of the newest peers (peers.sh).
"""

import functools
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import process
from load import Request, fetch

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
APPS = BENCH / "apps"
HYDRA = ROOT / "dist" / "hydra"
PYTHON = os.environ.get("HYDRA_BENCH_PYTHON", "/usr/bin/python3")
# Another one, on which Hydra is measured as well.
SECOND_PYTHON = os.environ.get("HYDRA_BENCH_SECOND_PYTHON", "")
PORTS = range(8300, 8400)
START_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """One way to run one application."""

    name: str
    command: Callable[[int], list[str]]
    # The server ends each connection after its answer, as it is meant to: what wrk counts as read errors then.
    closes: bool = False
    # The first process is a front of its own and not one of the workers.
    has_front: bool = False


@functools.cache
def _has(module: str) -> bool:
    return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, timeout=20).returncode == 0


def hydra(app: str, workers: int = 1, name: str = "", options: tuple[str, ...] = (), python: str = "") -> Server:
    """Hydra with its defaults, but for these options; the Python is named because the peers run on that one too."""
    def command(port: int) -> list[str]:
        line = [str(HYDRA), "--app", app, "--port", str(port), "--python", python or PYTHON]
        return [*line, *(["--workers", str(workers)] if workers > 1 else []), *options]

    return Server(f"Hydra, {name}" if name else "Hydra", command, has_front=True)


def hydra_as(app: str, interface: str) -> Server:
    """Hydra with an interface that is named."""
    return hydra(app, name=interface, options=("--interface", interface))


def hydra_on_second(app: str) -> tuple[Server, ...]:
    """Hydra on the second Python, where there is one."""
    return (hydra(app, name="second Python", python=SECOND_PYTHON),) if SECOND_PYTHON else ()


def granian(app: str, interface: str, workers: int = 1) -> tuple[Server, ...]:
    """Granian, where it is installed (Debian has no package of it); it takes uvloop when it finds it. Empty elsewhere."""
    if not _has("granian"):
        return ()

    def command(port: int) -> list[str]:
        return [PYTHON, "-m", "granian", "--interface", interface, "--port", str(port), "--workers", str(workers), "--no-access-log", app]

    return (Server(f"Granian, {interface}", command),)


def uvicorn(app: str, workers: int = 1) -> Server:
    """Uvicorn takes uvloop and httptools by itself when they are installed."""
    def command(port: int) -> list[str]:
        line = [PYTHON, "-m", "uvicorn", app, "--port", str(port), "--no-access-log"]
        return line + (["--workers", str(workers)] if workers > 1 else [])

    return Server("Uvicorn", command)


def gunicorn_asgi(app: str, workers: int = 1) -> Server:
    """Gunicorn's own ASGI worker, or Uvicorn's under it where it has none yet."""
    kind = "asgi" if _has("gunicorn.workers.gasgi") else "uvicorn.workers.UvicornWorker"
    return Server("Gunicorn ASGI", lambda port: [
        PYTHON, "-m", "gunicorn", "-k", kind, "-w", str(workers), "-b", f"127.0.0.1:{port}", app])


def gunicorn_threads(app: str, workers: int = 1) -> Server:
    """Gunicorn's threaded workers, 4 threads each."""
    return Server("Gunicorn gthread", lambda port: [
        PYTHON, "-m", "gunicorn", "-w", str(workers), "--threads", "4", "-b", f"127.0.0.1:{port}", app])


def hypercorn(app: str, workers: int = 1) -> Server:
    """Hypercorn on uvloop. It closes a connection whose request was not read, hence the application that reads where there is one."""
    reads = app == "asgi_app:app"
    reading = app.replace(":app", ":reading_app") if reads else app
    return Server("Hypercorn", lambda port: [
        PYTHON, "-m", "hypercorn", "-k", "uvloop", "-w", str(workers), "-b", f"127.0.0.1:{port}", reading], closes=not reads)


def uwsgi(app: str, workers: int = 1, router: bool = False) -> Server:
    """uWSGI's own HTTP: http-socket serves in the worker and closes each connection, http keeps them in a process of its own."""
    front = ["--plugin", "http,python3", "--http-keepalive", "--http"] if router else ["--plugin", "python3", "--http-socket"]
    return Server("uWSGI http" if router else "uWSGI http-socket", lambda port: [
        "uwsgi", *front, f"127.0.0.1:{port}", "--module", app, "--master", "--processes", str(workers), "--listen", "1024",
        "--disable-logging", "--need-app", "--single-interpreter", "--die-on-term"], closes=not router)


def nginx(directory: Path) -> Server:
    """nginx with `return 200`: the least that a request costs in a web server that does nothing else."""
    def command(port: int) -> list[str]:
        path = directory / f"nginx-{port}.conf"
        places = "".join(f"    {kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        path.write_text(
            f"daemon off;\npid {directory}/nginx-{port}.pid;\nworker_processes auto;\nworker_rlimit_nofile 20000;\n"
            "error_log stderr;\nevents { worker_connections 16384; }\n"
            f"http {{\n{places}    access_log off;\n    server {{\n        listen 127.0.0.1:{port};\n"
            "        location / { default_type 'text/plain; charset=utf-8'; return 200 'Hello, World!'; }\n    }\n}\n")
        return ["nginx", "-p", str(directory), "-e", "stderr", "-c", str(path)]

    return Server("nginx return 200", command)


class StartFailure(Exception):
    """A server did not start, or did not answer."""


class Fleet:
    """The servers that run: each starts when it is first asked for. One thread uses it."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._running: dict[tuple[str, ...], tuple[process.Running, int]] = {}
        self._ports = iter(PORTS)

    def port(self) -> int:
        """A port that nobody listens at; the last ones come round again."""
        for _ in range(2 * len(PORTS)):
            port = next(self._ports, None)
            if port is None:
                self._ports = iter(PORTS)
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise StartFailure(f"no port between {PORTS.start} and {PORTS.stop - 1} is free")

    def launch(self, server: Server) -> tuple[process.Running, int]:
        """Starts a server and does not wait for it; the caller stops it."""
        port = self.port()
        log = self.directory / f"{server.name.replace(' ', '-').lower()}-{port}.log"
        return process.Running(server.command(port), str(APPS), str(log), {"PYTHONUNBUFFERED": "1"}), port

    def start(self, server: Server, request: Request) -> tuple[process.Running, int]:
        """Starts a server and waits for its first answer; the caller stops it."""
        running, port = self.launch(server)
        try:
            wait_ready(running, port, request)
        except StartFailure:
            running.stop()
            raise
        return running, port

    def get(self, server: Server, request: Request) -> tuple[process.Running, int]:
        """The server that already runs with the same command, or a new one."""
        key = tuple(server.command(0))
        found = self._running.get(key)
        if found and not found[0].alive():
            del self._running[key]
            found = None
        if not found:
            found = self._running[key] = self.start(server, request)
        return found

    def stop_all(self) -> None:
        """Stops what get started."""
        for running, _ in self._running.values():
            running.stop()
        self._running.clear()


def wait_ready(running: process.Running, port: int, request: Request) -> None:
    """Returns when the server answers the request with anything at all."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not running.alive():
            raise StartFailure(f"ended while it started:\n{running.log_tail()}")
        try:
            fetch(port, request, 5)
            return
        except OSError:
            time.sleep(0.05)
    raise StartFailure(f"did not answer within {START_SECONDS} s:\n{running.log_tail()}")


def hydra_size() -> int:
    """Bytes of the executable."""
    return os.stat(HYDRA).st_size
