"""Too many clients, clients that are too slow, and requests that take very different times."""

import asyncio
import itertools
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Callable

import process
from servers import APPS, BENCH, Server, gunicorn_threads, uvicorn

from .connection import Connection, Response, connect, fetch
from .counts import Statistics, percentile
from .load import GETS, MIXED, Ask, Load, asks, wrong_with
from .server import ServerFailure, free_port
from .trial import Row, Trial

# The overloaded server: 4 threads, 50 ms each, make 80 requests/s; clients want 20 times as many.
SERVICE = 0.05
CAPACITY = 80
OVERLOAD = 20 * CAPACITY
QUEUE_TIMEOUT = 1.0
QUEUE_SIZE = 200
MEMORY_LIMIT_MB = 120

SLOW_CLIENTS = 500
SLOW_KINDS = ("head", "body", "reader")

MIX_CONNECTIONS = 64
# Requests a second of all connections: 5 % of them compute for 200 ms, which is 0.6 of a core.
MIX_RATE = 60


@dataclass
class OpenLoop:
    """Requests at a fixed rate, whether or not the earlier ones are answered; connections are kept and used again."""

    port: int
    rate: float
    ask: Callable[[int], Ask]
    statistics: Statistics = field(default_factory=Statistics)
    refused: int = 0
    retry_after: set[str] = field(default_factory=set)
    _idle: list = field(default_factory=list)
    _waiting: int = 0

    async def run(self, seconds: float) -> None:
        """Asks for so long, then waits for what is due."""
        started = time.monotonic()
        for number in itertools.count(1):
            due = started + number / self.rate
            if due > started + seconds:
                break
            if (early := due - time.monotonic()) > 0.001:
                await asyncio.sleep(early)
            self._waiting += 1
            asyncio.get_running_loop().create_task(self._send(number))
        deadline = time.monotonic() + 30
        while self._waiting and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for slot in self._idle:
            slot.connection.close()
        if self._waiting:
            self.statistics.failed("no answer", 0, started, time.monotonic())

    async def _send(self, number: int) -> None:
        ask = self.ask(number)
        sent = time.monotonic()
        slot = self._idle.pop() if self._idle else _Slot(self)
        try:
            if slot.connection is None:
                slot.connection = await connect(self.port, slot.answered, slot.ended)
            slot.ask, slot.sent = ask, sent
            slot.connection.request(ask.message)
        except OSError as error:
            self._waiting -= 1
            self.statistics.failed(str(error), number, sent, time.monotonic())

    def answered(self, slot: "_Slot", response: Response) -> None:
        """An answer, or a refusal that says when to come again."""
        now = time.monotonic()
        self._waiting -= 1
        ask, slot.ask = slot.ask, None
        if response.status == 503:
            self.refused += 1
            self.retry_after.add(response.headers.get("retry-after", "none"))
        elif problem := wrong_with(ask, response):
            self.statistics.failed(problem, ask.number, slot.sent, now)
        else:
            self.statistics.answered(slot.sent, now)
        if not response.closes:
            self._idle.append(slot)

    def ended(self, slot: "_Slot", reason: str) -> None:
        """The server ended a connection."""
        self.statistics.closed[reason] += 1
        if slot in self._idle:
            self._idle.remove(slot)
        if slot.ask:
            self._waiting -= 1
            self.statistics.failed(reason, slot.ask.number, slot.sent, time.monotonic())


class _Slot:
    """A connection of an open loop."""

    def __init__(self, loop: OpenLoop):
        self._loop = loop
        self.connection: Connection | None = None
        self.ask: Ask | None = None
        self.sent = 0.0

    def answered(self, response: Response) -> None:
        """For the loop."""
        self._loop.answered(self, response)

    def ended(self, reason: str) -> None:
        """For the loop."""
        self._loop.ended(self, reason)


async def overload(trial: Trial) -> None:
    """Clients want 20 times of what the application can do."""
    seconds = trial.seconds(30, 4)
    async with trial.server(
            "chaos_app:wsgi", "--workers", "2", "--threads", "2", "--queue-size", f"{QUEUE_SIZE}",
            "--queue-timeout", f"{QUEUE_TIMEOUT * 1000:.0f}ms") as server:
        load = OpenLoop(server.port, OVERLOAD, asks(GETS, lambda number: f"?wait={SERVICE * 1000:.0f}"))
        started = time.monotonic()
        await load.run(seconds)
        trial.count(load.statistics)
        trial.requests += load.refused
        took = time.monotonic() - started
        trial.check("the excess is answered 503", load.refused > 0 and not load.statistics.failures, dict(load.statistics.kinds()))
        odd = {text for text in load.retry_after if not text.isdigit() or int(text) < 1}
        trial.check("each 503 has a Retry-After", not odd, odd)
        trial.check_nothing_closed(load.statistics)
        slowest = percentile(load.statistics.latencies, 0.99) or 0.0
        # The client shares the cores with the server: what it adds at this rate is allowed for.
        allowed = QUEUE_TIMEOUT + SERVICE + 0.15
        served = len(load.statistics.latencies) / took
        if not trial.short:
            trial.check(f"p99 of the accepted ≤ {QUEUE_TIMEOUT:.0f} s of queue + {SERVICE * 1000:.0f} ms", slowest <= allowed, f"{slowest:.2f} s")
            trial.check("the application is kept busy", served >= 0.8 * CAPACITY, f"{served:.0f} requests/s of {CAPACITY}")
        half = [used for moment, used, _ in server.memory if moment < started + seconds / 2]
        rest = [used for moment, used, _ in server.memory if moment >= started + seconds / 2]
        grown = max(rest, default=0) - max(half, default=0)
        trial.check(f"the front's memory stays below {MEMORY_LIMIT_MB} MB", server.peak_mb() < MEMORY_LIMIT_MB, f"{server.peak_mb():.0f} MB")
        if not trial.short:
            trial.check("and does not grow on", grown < 10, f"{grown:.1f} MB more in the second half")
        trial.note(f"{OVERLOAD} requests/s to an application that makes {CAPACITY}: {served:.0f}/s served, {load.refused / took:.0f}/s refused with "
                   f"Retry-After {', '.join(sorted(load.retry_after))}")


class SlowClients:
    """A process of its own with clients that send or read a byte a second."""

    def __init__(self, port: int, count: int):
        self._command = [sys.executable, str(BENCH / "faults" / "slow.py"), str(port), str(count)]

    async def __aenter__(self) -> "SlowClients":
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=asyncio.subprocess.PIPE)
        if await asyncio.wait_for(self._process.stdout.readline(), 30) != b"connected\n":
            raise ServerFailure("the slow clients could not connect")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        report = (await self._process.communicate())[0].decode().split()
        # How many connections the server ended before their clients did.
        self.lost = int(report[0]) if report else -1


async def slow_clients(trial: Trial) -> None:
    """500 that send heads, 500 that send bodies, 500 that read, each a byte a second; a WSGI application with few threads."""
    count = SLOW_CLIENTS if not trial.short else 100
    seconds = trial.seconds(6, 1.5)
    rounds = 1 if trial.short else 3
    without, beside = [], []
    async with trial.server("chaos_app:wsgi", "--workers", "2", "--threads", "4") as server:
        for _ in range(rounds):
            for measured in (without, beside):
                if measured is beside:
                    slow = SlowClients(server.port, count)
                    async with slow:
                        measured.append(await _p99(trial, server.port, seconds))
                    trial.check("the slow ones are not cut off", slow.lost == 0, slow.lost)
                else:
                    measured.append(await _p99(trial, server.port, seconds))
        ratio = statistics.median(beside) / statistics.median(without)
        if not trial.short:
            trial.check("p99 of normal clients within 2 × of without", ratio <= 2, f"{ratio:.2f} ×")
        trial.note(f"p99 of normal clients {statistics.median(beside) * 1000:.1f} ms beside {3 * count} slow ones, "
                   f"{statistics.median(without) * 1000:.1f} ms without: {ratio:.2f} ×")


async def _p99(trial: Trial, port: int, seconds: float) -> float:
    async with Load(port, asks(MIXED), mean_pause=0.05) as load:
        await asyncio.sleep(seconds)
    trial.count(load.statistics)
    trial.check_no_failure(load.statistics)
    trial.check_nothing_closed(load.statistics)
    return percentile(load.statistics.latencies, 0.99) or float("inf")


def mix(number: int) -> str:
    """5 % of the requests compute for 200 ms."""
    return "?burn=200" if number * 2654435761 % 2**32 < 0.05 * 2**32 else ""


def is_fast(number: int) -> bool:
    """Whether it is one of the others."""
    return not mix(number)


async def _mixed_load(port: int, seconds: float) -> tuple[Statistics, list[float]]:
    fast: list[float] = []

    def heard(ask: Ask, response: Response, sent: float, ended: float) -> None:
        if is_fast(ask.number):
            fast.append(ended - sent)

    async with Load(port, asks(GETS, mix), MIX_CONNECTIONS, mean_pause=MIX_CONNECTIONS / MIX_RATE) as load:
        load.heard = heard
        await asyncio.sleep(seconds)
    return load.statistics, fast


async def _peer(trial: Trial, server: Server, seconds: float) -> list[float]:
    """The same load on another server."""
    port = free_port()
    running = process.Running(server.command(port), str(APPS), str(trial.directory / f"{server.name.split()[0].lower()}.log"))
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                await fetch(port, asks(GETS)(1).message, 5)
                break
            except OSError:
                if time.monotonic() > deadline or not running.alive():
                    raise ServerFailure(f"{server.name} does not answer:\n{running.log_tail()}") from None
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        return (await _mixed_load(port, seconds))[1]
    finally:
        running.stop()


async def mixed(trial: Trial) -> None:
    """Fast requests must not wait behind slow ones while a worker is free."""
    seconds = trial.seconds(20, 1.5)
    figures = {}
    for app, peer in (("chaos_app:app", uvicorn("chaos_app:app", 4)), ("chaos_app:wsgi", gunicorn_threads("chaos_app:wsgi", 4))):
        async with trial.server(app, "--workers", "4") as server:
            found, fast = await _mixed_load(server.port, seconds)
        trial.count(found)
        trial.check_no_failure(found)
        trial.check_nothing_closed(found)
        ours = percentile(fast, 0.99) or float("inf")
        figures[f"Hydra, {app.partition(':')[2].replace('app', 'asgi')}"] = ours * 1000
        if trial.short:
            continue
        theirs = percentile(await _peer(trial, peer, seconds), 0.99) or 0.0
        figures[peer.name] = theirs * 1000
        trial.check(f"p99 of the fast ones ≤ 0.25 × {peer.name}'s", ours <= 0.25 * theirs, f"{ours * 1000:.1f} against {theirs * 1000:.1f} ms")
    trial.note("p99 of the fast ones: " + ", ".join(f"{name} {value:.1f} ms" for name, value in figures.items()))
    trial.charts["mixed"] = {
        "title": "Fast requests beside slow ones", "bars": figures,
        "note": f"p99 in ms of the 95 % that are fast; 5 % compute for 200 ms; 4 workers, {MIX_CONNECTIONS} connections, {MIX_RATE} requests/s"}


ROWS = (
    Row("overload", f"20 × overload for 30 s ({OVERLOAD} requests/s, a fixed rate)",
        "memory bounded, 503 with Retry-After for the excess, p99 of the accepted ≤ queue timeout + service time", overload),
    Row("slow-clients", "500 clients that send heads, 500 that send bodies, 500 that read, a byte a second each",
        "normal clients' p99 within 2 × of without", slow_clients),
    Row("mixed", "5 % of the requests take 200 ms of CPU, 4 workers", "p99 of the fast ones ≤ 0.25 × Gunicorn's and Uvicorn's", mixed),
)
