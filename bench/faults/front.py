"""What is done to the front: reloads, an upgrade, its stop, its death."""

import asyncio
import os
import shutil
import signal
import time

from servers import APPS

from .connection import fetch
from .load import GETS, MIXED, Load, NewConnections, asks
from .server import ServerFailure
from .trial import Row, Trial
from .workers import latency_chart


def some_stream(number: int) -> str:
    """Up to 20 ms each, and each fiftieth answer comes in pieces over 100 ms."""
    return f"?wait={number % 21}" + ("&stream=5" if number % 50 == 0 else "")


async def reload(trial: Trial) -> None:
    """SIGHUP every second."""
    seconds = trial.seconds(30, 3)
    async with trial.server("chaos_app:app", "--workers", "2") as server:
        async with Load(server.port, asks(MIXED, some_stream)) as load:
            signals = []
            while time.monotonic() < load.started + seconds:
                await asyncio.sleep(1)
                signals.append(time.monotonic())
                server.signal(signal.SIGHUP)
            await asyncio.sleep(0.5)
        trial.count(load.statistics)
        trial.check_no_failure(load.statistics)
        trial.check_nothing_closed(load.statistics)
        processes = len(load.statistics.processes)
        trial.check("workers were replaced", processes > 2, processes)
        trial.note(f"{len(signals)} signals, answers from {processes} processes")
        trial.charts["latency"] = latency_chart(
            "A reload every second", "Latency of the answers, 64 connections, 2 workers", load, signals, "each tick below is a SIGHUP")


async def broken_code(trial: Trial) -> None:
    """New code that does not compile, then new code that does."""
    apps = trial.directory / "apps"
    shutil.copytree(APPS, apps, dirs_exist_ok=True)
    code = apps / "chaos_app.py"
    good = code.read_text()
    async with trial.server("chaos_app:app", "--workers", "2", apps=apps) as server:
        async with Load(server.port, asks(MIXED, some_stream), mean_pause=0.01) as load:
            await asyncio.sleep(trial.seconds(1, 0.5))
            code.write_text(good + "\ndef broken(:\n")
            server.signal(signal.SIGHUP)
            try:
                await server.logged(r"SyntaxError", 10)
                trial.check("the log says why", True)
            except ServerFailure as error:
                trial.check("the log says why", False, error)
            await asyncio.sleep(trial.seconds(2, 0.5))
            fetched = await _version(server.port)
            trial.check("the old code serves on", fetched == "1", fetched)
            code.write_text(good.replace('VERSION = "1"', 'VERSION = "2"'))
            server.signal(signal.SIGHUP)
            began = time.monotonic()
            while (fetched := await _version(server.port)) != "2" and time.monotonic() < began + 10:
                await asyncio.sleep(0.05)
            trial.check("the next good code is taken", fetched == "2", fetched)
        trial.count(load.statistics)
        trial.check_no_failure(load.statistics)
        trial.check_nothing_closed(load.statistics)
        trial.note(f"new code {time.monotonic() - began:.1f} s after its signal")


async def _version(port: int) -> str:
    response = await fetch(port, asks(GETS)(7).message)
    return response.headers.get("x-version", f"status {response.status}")


async def upgrade(trial: Trial) -> None:
    """The executable takes over from itself."""
    times = 1 if trial.short else 3
    async with trial.server("chaos_app:app", "--workers", "2", "--graceful-timeout", "10s") as server:
        async with Load(server.port, asks(MIXED, some_stream)) as load, NewConnections(server.port, asks(GETS)) as fresh:
            await asyncio.sleep(0.5)
            pids = [server.pid]
            moments = []
            for number in range(times):
                moments.append(time.monotonic())
                os.kill(pids[-1], signal.SIGUSR2)
                await _until(lambda: any(pid not in pids for pid in server.fronts()), 15, "a new front")
                pids.append(next(pid for pid in server.fronts() if pid not in pids))
                await _until(lambda: pids[-2] not in server.fronts(), 20, "the end of the old front")
                await asyncio.sleep(0.3)
            await asyncio.sleep(0.5)
        for each in (load.statistics, fresh.statistics):
            trial.count(each)
            trial.check_no_failure(each)
        trial.check("no connection was refused", not load.statistics.closed["refused"], load.statistics.closed)
        unannounced = {kind: count for kind, count in load.statistics.closed.items() if kind != "announced"}
        trial.check("the old front announces the end of each connection", not unannounced, unannounced)
        trial.note(f"{times} upgrades, {fresh.statistics.requests} requests on connections of their own")
        trial.check("the first front ended with code 0", server.has_ended() and await server.ended(1) == 0)
        trial.charts["latency"] = latency_chart(
            "The executable replaced under load", "Latency of the answers, 64 connections, 2 workers", load, moments, "each tick below is a SIGUSR2")
        os.kill(pids[-1], signal.SIGTERM)
        await _until(lambda: not server.processes(), 20, "the end of everything")


async def _until(holds, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise ServerFailure(f"waited {seconds:.0f} s for {what}")
        await asyncio.sleep(0.02)


async def stop(trial: Trial) -> None:
    """SIGTERM under load."""
    took = []
    late = 0
    for _ in range(2 if trial.short else 6):
        async with trial.server("chaos_app:app", "--workers", "2") as server:
            async with Load(server.port, asks(MIXED, some_stream)) as load, NewConnections(server.port, asks(GETS)) as fresh:
                await asyncio.sleep(0.7)
                signalled = time.monotonic()
                server.signal(signal.SIGTERM)
                load.reconnects = False
                code = await server.ended(35)
                took.append(time.monotonic() - signalled)
        trial.check("it ended with code 0", code == 0, code)
        trial.check("all of its processes ended", not server.processes())
        trial.count(load.statistics)
        trial.check_no_failure(load.statistics)
        ends = {kind: count for kind, count in load.statistics.closed.items() if kind != "announced"}
        trial.check("the end of each connection was announced", not ends, ends)
        lost = [failure for failure in fresh.statistics.failures if failure.kind != "refused" or failure.sent <= signalled]
        trial.check("new connections were served or refused", not lost, [failure.kind for failure in lost])
        late += len(fresh.statistics.failures) - len(lost)
        trial.requests += len(fresh.statistics.latencies)
    trial.note(f"{len(took)} times, ended {max(took):.2f} s after the signal at the latest; {late} new connections refused after it")


async def death(trial: Trial) -> None:
    """SIGKILL of the front, with a worker that is caught in a loop."""
    async with trial.server("chaos_app:app", "--workers", "4") as server:
        async with Load(server.port, asks(MIXED, some_stream)) as load:
            loop = asyncio.get_running_loop().create_task(fetch(server.port, b"GET /loop HTTP/1.1\r\nHost: chaos\r\n\r\n"))
            await asyncio.sleep(1)
            workers = server.workers()
            load.is_stopping = True
            killed = time.monotonic()
            server.signal(signal.SIGKILL)
            await asyncio.gather(loop, return_exceptions=True)
            await server.ended(2)
            while (left := server.workers()) and time.monotonic() < killed + 5:
                await asyncio.sleep(0.01)
            gone = time.monotonic() - killed
            trial.check("no worker survived 2 s", not left and gone < 2, f"{gone:.2f} s, {len(left)} of {len(workers)} left")
        trial.requests += load.statistics.requests
        again = time.monotonic()
        server._command[server._command.index("--port") + 1] = str(server.port)
        server.launch()
        await server.ready()
        ready = time.monotonic() - again
        trial.check("a restart binds at once", "in use" not in server.log and ready < 5, f"{ready:.2f} s")
        async with Load(server.port, asks(MIXED, some_stream)) as load:
            await asyncio.sleep(0.5)
        trial.count(load.statistics)
        trial.check_no_failure(load.statistics)
        left = sorted(path.name for path in server.runtime.iterdir() if path.is_dir())
        trial.check("the files of the dead server are gone", len(left) <= 2, left)
        trial.note(f"the workers were gone after {gone * 1000:.0f} ms, ready again {ready * 1000:.0f} ms after the restart")


ROWS = (
    Row("reload", "SIGHUP every second for 30 s", "no request fails, no connection is closed", reload),
    Row("syntax-error", "new code with a syntax error, SIGHUP", "the old code serves on, the log says why, the next good code is taken", broken_code),
    Row("upgrade", "SIGUSR2, new connections all the time", "no request fails, no connection is refused", upgrade),
    Row("terminate", "SIGTERM", "every request that was sent before is answered; exit code 0", stop),
    Row("front-kill", "front killed with SIGKILL, one worker in a loop", "no worker survives 2 s; a restart binds at once", death),
)
