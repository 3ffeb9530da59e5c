"""What the system runs out of: disk, the temporary directory, descriptors."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Iterator

from .connection import connect, fetch
from .load import GETS, MIXED, Load, asks
from .server import Hydra, ServerFailure
from .trial import Row, Trial
from .workers import up_to_20_ms

DISK_MB = 4
# Larger than what is kept in memory, smaller than the disk.
BODY_SIZE = 2 * 1024 * 1024
FD_LIMIT = 64
CROWD = 100


@contextlib.contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """A file system of a few MB; False where this user may not mount one."""
    directory.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "none", str(directory)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> Path:
    """Leaves no free block; returns the file that took them."""
    path = directory / "filler"
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return path


async def upload(port: int) -> str:
    """What the server says of a body that is too large for memory."""
    head = f"POST /count HTTP/1.1\r\nHost: chaos\r\nContent-Length: {BODY_SIZE}\r\n\r\n"
    try:
        response = await fetch(port, head.encode() + bytes(BODY_SIZE))
    except (ConnectionError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"
    return response.body.decode() if response.status == 200 else f"status {response.status}"


async def disk_full(trial: Trial) -> None:
    """The directory for temporary files and for spooled bodies is full, at the start and later."""
    disk = trial.directory / "disk"
    with small_disk(disk) as mounted:
        trial.note("a tmpfs of 4 MB" if mounted else "not root: the disk is never really full")
        filler = fill(disk) if mounted else None
        environment = {"HYDRA_RUNTIME_DIR": str(disk), "TMPDIR": str(disk)}
        async with trial.server(
                "chaos_app:app", "--workers", "2", "--spool", "--spool-dir", str(disk), environment=environment) as server:
            if mounted:
                trial.check("the log says at the start where the server's own files are not", "No space left" in server.log, server.log[-800:])
            async with Load(server.port, asks(MIXED, up_to_20_ms), mean_pause=0.02) as load:
                answer = await upload(server.port)
                trial.check("a large body is served or refused while the disk is full", answer in (str(BODY_SIZE), "status 507", "status 503"), answer)
                if mounted:
                    trial.check("the log says that the disk is full", server.log.count("No space left") > 1, server.log[-800:])
                trial.note(f"a body of {BODY_SIZE >> 20} MB while it was full: {answer if answer.startswith('status') else 'served'}")
                os.kill(server.ready_workers()[0], signal.SIGKILL)
                await server.logged(r"worker \d+ \(pid \d+\) is ready", 10, count=3)
                if filler:
                    filler.unlink()
                answer = await upload(server.port)
                trial.check("and served afterwards", answer == str(BODY_SIZE), answer)
            _check_all_but_killed(trial, load)


def _check_all_but_killed(trial: Trial, load: Load) -> None:
    trial.count(load.statistics)
    others = {kind: count for kind, count in load.statistics.kinds().items() if kind != "status 502"}
    trial.check("no request failed but those inside a killed worker", not others, others)
    trial.check_nothing_closed(load.statistics)


async def temporary_removed(trial: Trial) -> None:
    """What a cleaner of temporary files, or an operator in a hurry, does to a server that runs."""
    async with trial.server("chaos_app:app", "--workers", "2", "--spool") as server:
        async with Load(server.port, asks(MIXED, up_to_20_ms), mean_pause=0.02) as load:
            await asyncio.sleep(0.3)
            shutil.rmtree(server.runtime)
            for pid in server.ready_workers():
                os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(trial.seconds(1.5, 0.7))
            await _all_ready(trial, server, 4)
            answer = await upload(server.port)
            trial.check("a large body is served", answer == str(BODY_SIZE), answer)
        _check_all_but_killed(trial, load)


async def _all_ready(trial: Trial, server: Hydra, count: int) -> None:
    try:
        began = time.monotonic()
        await server.logged(r"worker \d+ \(pid \d+\) is ready", 15, count)
        trial.note(f"new workers {time.monotonic() - began:.1f} s later")
        trial.check("new workers start", True)
    except ServerFailure as error:
        trial.check("new workers start", False, error)


async def descriptors(trial: Trial) -> None:
    """More clients than descriptors, and a worker that dies meanwhile."""
    async with trial.server("chaos_app:app", "--workers", "2", fd_limit=FD_LIMIT) as server:
        crowd = []
        for _ in range(CROWD):
            crowd.append(await connect(server.port, lambda response: None, lambda reason: None))
            crowd[-1].request(asks(GETS)(len(crowd)).message)
        try:
            await server.logged(r"(?i)too many open files", 5)
            trial.check("the log says that descriptors are short", True)
        except ServerFailure as error:
            trial.check("the log says that descriptors are short", False, error)
        served = sum(not each.waits for each in crowd)
        trial.check("connected clients are served", served > 0, served)
        os.kill(server.ready_workers()[0], signal.SIGKILL)
        await _all_ready(trial, server, 3)
        open_ones = [each for each in crowd if not each.waits]
        for each in open_ones[: len(open_ones) // 2]:
            each.request(asks(GETS)(7).message)
        await asyncio.sleep(0.5)
        waiting = sum(each.waits for each in open_ones)
        trial.check("they are served while the others wait", waiting == 0, waiting)
        for each in crowd:
            each.close()
        async with Load(server.port, asks(MIXED), connections=16) as load:
            await asyncio.sleep(1)
        trial.count(load.statistics)
        trial.check_no_failure(load.statistics)
        trial.check_nothing_closed(load.statistics)
        await server.logged("are accepted on .* again", 5)
        said = server.log.count("Too many open files")
        trial.check("the log says it a few times, not for each client", said < 20, said)
        trial.note(f"{CROWD} clients, {FD_LIMIT} descriptors: {served} served at a time, the others waited")


ROWS = (
    Row("disk-full", "the disk is full (a tmpfs), at the start and with `--spool`", "refused or served with a clear log line, recovered after", disk_full),
    Row("temp-removed", "the temporary directory is removed, then the workers are killed", "new workers start; no other request fails", temporary_removed),
    Row("descriptors", f"a limit of {FD_LIMIT} descriptors, {CROWD} clients, a worker killed meanwhile",
        "served or kept waiting with a clear log line, recovered after", descriptors),
)
