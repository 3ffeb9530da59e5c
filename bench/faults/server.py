"""The server under test: its processes, its log, its memory."""

import asyncio
import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import process
from servers import APPS, PYTHON
from servers import HYDRA as PUBLISHED

MARK = "CHAOS_RUN"
START_SECONDS = 20
HYDRA = Path(os.environ.get("HYDRA_BIN") or PUBLISHED).resolve()


class ServerFailure(Exception):
    """The server did not start, or did not do what it was waited for."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(mark: str) -> list[int]:
    """Every process that has the mark in its environment, the server's own descendants or not, without those that are dead."""
    found = []
    needle = f"{MARK}={mark}".encode()
    for name in os.listdir(process.PROC):
        if not name.isdigit():
            continue
        try:
            with open(f"{process.PROC}/{name}/environ", "rb") as file:
                if needle in file.read().split(b"\0"):
                    found.append(int(name))
        except OSError:
            continue
    return found


def command_line(pid: int) -> str:
    """The process's command line; empty when it is gone."""
    try:
        with open(f"{process.PROC}/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def executable(pid: int) -> str:
    """The path of the process's executable; empty when it is gone."""
    try:
        return os.readlink(f"{process.PROC}/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


class Hydra:
    """The server with a directory of its own for its files, its log and its application's journal."""

    def __init__(self, directory: Path, app: str, *options: str, port: int = 0, apps: Path = APPS, fd_limit: int = 0,
                 environment: dict[str, str] | None = None):
        self.directory = directory
        self.runtime = directory / "run"
        self.journal = directory / "journal"
        self.log_path = directory / "hydra.log"
        for each in (self.runtime, self.journal):
            each.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.problems: list[str] = []
        self._command = [str(HYDRA), app, "--port", str(port), "--python", PYTHON, *options]
        self._apps = apps
        self._fd_limit = fd_limit
        self._environment = environment or {}
        self._mark = uuid.uuid4().hex
        self._process: subprocess.Popen | None = None
        self._log_start = 0
        # Resident memory of the front in MB, and the most that it ever had, by seconds of the monotonic clock.
        self.memory: list[tuple[float, float, float]] = []
        self._sampler: asyncio.Task | None = None

    async def __aenter__(self) -> "Hydra":
        try:
            self.launch()
            await self.ready()
        except BaseException:
            await self._kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.poll() is None and not self._is_replaced():
            code = await self.stop()
            if code != 0:
                self.problems.append(f"it ended with code {code}")
        await self._kill()

    def launch(self) -> None:
        """Starts it and does not wait."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HYDRA_")},
            "HYDRA_RUNTIME_DIR": str(self.runtime), "CHAOS_JOURNAL": str(self.journal), "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.directory), MARK: self._mark, **self._environment}
        self._log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        limit = self._fd_limit
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._apps, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))) if limit else None)

    async def ready(self) -> None:
        """Waits until it says where it serves."""
        match = await self.logged(r"is ready at \S*?:(\d+)", START_SECONDS)
        self.port = int(match.group(1))
        if self._sampler is None:
            self._sampler = asyncio.get_running_loop().create_task(self._sample())

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written since it was started last."""
        with open(self.log_path, "rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    async def logged(self, pattern: str, seconds: float, count: int = 1) -> re.Match:
        """Waits until the log has the pattern so many times, and returns the last match."""
        deadline = time.monotonic() + seconds
        while True:
            found = list(re.finditer(pattern, self.log))
            if len(found) >= count:
                return found[-1]
            if time.monotonic() > deadline or (self._process.poll() is not None and not self._is_replaced()):
                raise ServerFailure(f"the log has not {count} × {pattern!r} but ends with:\n{self.log[-1500:]}")
            await asyncio.sleep(0.02)

    def processes(self) -> list[int]:
        """All of its processes."""
        return processes_of(self._mark)

    def workers(self) -> list[int]:
        """Worker processes, ready or not."""
        return [pid for pid in self.processes() if any(word in command_line(pid) for word in ("hydra_shim", "hydra: worker"))]

    def fronts(self) -> list[int]:
        """Processes of the executable itself: two while one takes over from the other."""
        return [pid for pid in self.processes() if executable(pid) == str(HYDRA)]

    def ready_workers(self) -> list[int]:
        """Worker processes that are alive and were reported ready, the first one first."""
        ready = dict.fromkeys(int(pid) for pid in re.findall(r"worker \d+ \(pid (\d+)\) is ready", self.log))
        alive = set(self.workers())
        return [pid for pid in ready if pid in alive]

    def signal(self, number: int) -> None:
        """Signals the process that was started."""
        os.kill(self.pid, number)

    def has_ended(self) -> bool:
        """Whether the process that was started is gone."""
        return self._process.poll() is not None

    async def ended(self, seconds: float) -> int:
        """Waits for the end of the process that was started; returns its exit code."""
        deadline = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                raise ServerFailure(f"it did not end within {seconds:.0f} s; its log ends with:\n{self.log[-1500:]}")
            await asyncio.sleep(0.01)
        return self._process.returncode

    async def stop(self, seconds: float = 40) -> int:
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended(seconds)

    def peak_mb(self) -> float:
        """The most memory that the front had, of all fronts that were sampled."""
        return max((peak for _, _, peak in self.memory), default=0.0)

    def _is_replaced(self) -> bool:
        return self._process.poll() is not None and any(pid != self.pid for pid in self.fronts())

    async def _sample(self) -> None:
        while True:
            fronts = self.fronts()
            used, peak = (max((read(pid) / 1024 for pid in fronts), default=0.0) for read in (process.rss_kb, process.peak_kb))
            self.memory.append((time.monotonic(), used, peak))
            await asyncio.sleep(0.5)

    async def _kill(self) -> None:
        """Leaves nothing behind, whatever happened."""
        if self._sampler:
            self._sampler.cancel()
        deadline = time.monotonic() + 5
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self._process:
                self._process.poll()
            await asyncio.sleep(0.02)
