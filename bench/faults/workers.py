"""Faults of workers: killed, stopped, caught in a loop, recycled."""

import asyncio
import os
import signal
import statistics
import time
from collections import Counter

from .connection import fetch
from .counts import Statistics, over_time
from .load import GETS, IDEMPOTENT, MIXED, POSTS, Load, asks
from .server import Hydra
from .trial import Row, Trial

KILL_EVERY = 0.3
# A request is sent again once. So that no second kill meets it, it must be answered within KILL_EVERY also while two cores start a
# Python three times a second: clients pause for so long on average.
KILL_PAUSE = 0.02
# Responses that come in one piece. One that has begun cannot be sent again: its connection is aborted when the worker dies.
ONE_FRAME = 3000
# The kernel takes so long at most to take a killed process down and to tell the front; until then requests are sent to it.
DYING = 0.1
SLOT = 0.25


def up_to_20_ms(number: int) -> str:
    """Each request is inside a worker for a while."""
    return f"?wait={number % 21}"


async def kill_workers(server: Hydra, seconds: float) -> list[tuple[float, int]]:
    """
    Kills the worker that has been ready longest (one that starts, when none is ready) again and again; returns when, and which. Any other
    choice meets a request twice that was sent again to the only worker that was ready; see the constants above.
    """
    killed = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(KILL_EVERY)
        candidates = server.ready_workers() or server.workers()
        if candidates:
            pid = candidates[0]
            killed.append((time.monotonic(), pid))
            os.kill(pid, signal.SIGKILL)
    return killed


def latency_chart(title: str, note: str, load: Load, marks: list[float], marks_name: str) -> dict:
    """Latency over the time of a load, with the faults marked."""
    start, end = load.started, time.monotonic()
    return {
        "title": title,
        "note": f"{note}; milliseconds by seconds; {marks_name}",
        "slot": SLOT,
        "series": {f"p{share * 100:.0f}": over_time(load.statistics, start, end, SLOT, share) for share in (0.99, 0.5)},
        "marks": [mark - start for mark in marks],
    }


async def _kill_idempotent(trial: Trial, app: str, *options: str) -> None:
    seconds = trial.seconds(30, 3)
    async with trial.server(app, "--workers", "4", *options) as server:
        async with Load(server.port, asks(IDEMPOTENT, up_to_20_ms, ONE_FRAME), mean_pause=KILL_PAUSE) as load:
            killed = await kill_workers(server, seconds)
        trial.count(load.statistics)
        trial.check_no_failure(load.statistics)
        trial.check_nothing_closed(load.statistics)
        trial.check("workers were killed all the time", len(killed) > seconds, len(killed))
        trial.note(f"{len(killed)} workers killed, answers from {len(load.statistics.processes)} processes")
        trial.charts["latency"] = latency_chart(
            "A worker killed every 300 ms", "Latency of idempotent requests, 64 connections, 4 workers", load,
            [moment for moment, _ in killed], "each tick below is a SIGKILL")


async def kill_idempotent(trial: Trial) -> None:
    """ASGI."""
    await _kill_idempotent(trial, "chaos_app:app")


async def kill_idempotent_wsgi(trial: Trial) -> None:
    """WSGI, with threads."""
    await _kill_idempotent(trial, "chaos_app:wsgi", "--threads", "4")


def journals(server: Hydra) -> dict[int, Counter[int]]:
    """Which requests each process began, and how often."""
    found: dict[int, Counter[int]] = {}
    for path in server.journal.iterdir():
        lines = path.read_bytes().splitlines()
        found[int(path.name)] = Counter(int(line.split()[1]) for line in lines if line.startswith(b"begin "))
    return found


async def kill_post(trial: Trial) -> None:
    """What may not be done twice is not done twice, and only what was inside the killed worker fails."""
    seconds = trial.seconds(30, 3)
    async with trial.server("chaos_app:app", "--workers", "4") as server:
        async with Load(server.port, asks(POSTS, up_to_20_ms, ONE_FRAME), mean_pause=KILL_PAUSE) as load:
            killed = await kill_workers(server, seconds)
        trial.count(load.statistics)
        failures = load.statistics.failures
        others = [failure for failure in failures if failure.kind != "status 502"]
        trial.check("whatever failed was answered 502", not others, Counter(failure.kind for failure in others))
        apart = [each for each in failures if not any(each.sent <= moment + DYING and moment <= each.ended for moment, _ in killed)]
        trial.check("a worker was killed or dying while each of them ran", not apart, len(apart))
        begun = journals(server)
        dead = {pid for _, pid in killed}
        failed = {failure.number for failure in failures}
        elsewhere = sum(bool(failed & set(numbers)) for pid, numbers in begun.items() if pid not in dead)
        trial.check("none of them ran in a worker that lived", not elsewhere, elsewhere)
        total = sum(begun.values(), Counter())
        twice = [number for number, times in total.items() if times > 1]
        trial.check("no request was begun twice", not twice, len(twice))
        trial.check("some requests were answered", len(load.statistics.latencies) > 0)
        trial.check_nothing_closed(load.statistics)
        unread = sum(number not in total for number in failed)
        trial.note(f"{len(killed)} workers killed, {len(failures) / max(1, len(killed)):.1f} requests inside each; {unread} of the {len(failures)} "
                   "were on their way to it, not begun")


async def stopped(trial: Trial) -> None:
    """A worker that is stopped (SIGSTOP) takes nothing with it but what it has."""
    limit = trial.seconds(2, 1)
    pause = trial.seconds(5, 2.5)
    async with trial.server("chaos_app:app", "--workers", "4", "--request-timeout", f"{limit:.0f}s") as server:
        async with Load(server.port, asks(GETS, up_to_20_ms)) as load:
            await asyncio.sleep(trial.seconds(3, 1))
            pid = server.ready_workers()[0]
            begin = time.monotonic()
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(pause)
            end = time.monotonic()
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                trial.note("the stopped worker was replaced before it went on")
            await asyncio.sleep(trial.seconds(3, 1))
        trial.count(load.statistics)
        others = {kind: count for kind, count in load.statistics.kinds().items() if kind != "status 504"}
        trial.check("nothing failed but by its own timeout", not others, others)
        slowest = max([*load.statistics.latencies, *(each.ended - each.sent for each in load.statistics.failures)])
        trial.check(f"no request took longer than its timeout of {limit:.0f} s", slowest < limit + 1, f"{slowest:.2f} s")
        before = len(load.statistics.between(load.started, begin)) / (begin - load.started)
        meanwhile = len(load.statistics.between(begin, end)) / (end - begin)
        trial.check("the others went on", meanwhile > 0)
        if not trial.short:
            trial.check("at half of the speed before, at least", meanwhile > before / 2, f"{meanwhile:.0f} against {before:.0f} requests/s")
        trial.note(f"{meanwhile / before:.0%} of the requests/s before, the slowest answer after {slowest:.2f} s")
        trial.check_nothing_closed(load.statistics)
        trial.charts["latency"] = latency_chart(
            f"One of four workers stopped for {pause:.0f} s", f"Latency of the answers, 64 connections, a timeout of {limit:.0f} s", load,
            [begin, end], "between the ticks below it is stopped")


async def _endless_loop(trial: Trial, app: str, *options: str) -> Statistics:
    limit = trial.seconds(3, 1)
    async with trial.server(app, "--workers", "4", "--request-timeout", f"{limit:.0f}s", *options) as server:
        async with Load(server.port, asks(MIXED, up_to_20_ms), mean_pause=0.02) as load:
            await asyncio.sleep(0.5)
            sent = time.monotonic()
            response = await fetch(server.port, b"GET /loop HTTP/1.1\r\nHost: chaos\r\n\r\n")
            took = time.monotonic() - sent
            await asyncio.sleep(1)
        trial.count(load.statistics)
        trial.check("it was answered 504", response.status == 504, response.status)
        trial.check("at its timeout", limit - 0.1 <= took < limit + 1.5, f"{took:.2f} s")
        trial.check("its stack is in the log", "endless_loop" in server.log, server.log[-600:])
        trial.note(f"{app.partition(':')[2]}: answered after {took:.2f} s (timeout {limit:.0f} s)")
        trial.check_nothing_closed(load.statistics)
        return load.statistics


async def endless_loop(trial: Trial) -> None:
    """In a WSGI thread, and in the event loop that an ASGI worker's requests share."""
    found = await _endless_loop(trial, "chaos_app:wsgi", "--threads", "1")
    trial.check_no_failure(found)
    found = await _endless_loop(trial, "chaos_app:app")
    # Requests that share the event loop with it wait with it, and for no longer than their own timeout.
    others = {kind: count for kind, count in found.kinds().items() if kind != "status 504"}
    trial.check("requests in the same event loop wait no longer than their own timeout", not others, others)


async def recycled(trial: Trial) -> None:
    """--max-requests costs no request, and little speed: of an application that computes 5 ms, and of one that does nothing."""
    rounds, seconds = (1, 1.5) if trial.short else (3, 4.0)
    options = ("chaos_app:app", "--workers", "4")
    processes: set[str] = set()
    async with trial.server(*options) as plain, trial.server(*options, "--max-requests", "200") as recycling:
        for title, query in (("5 ms of CPU each", "?burn=5"), ("as fast as it goes", "?wait=0")):
            speeds: dict[Hydra, list[float]] = {plain: [], recycling: []}
            for server in [plain, recycling] * rounds:
                load = await _measure_recycling(server, query, seconds)
                speeds[server].append(len(load.statistics.latencies) / seconds)
                if server is recycling:
                    trial.count(load.statistics)
                    trial.check_no_failure(load.statistics)
                    trial.check_nothing_closed(load.statistics)
                    processes |= set(load.statistics.processes)
            ratio = statistics.median(ours / theirs for ours, theirs in zip(speeds[recycling], speeds[plain]))
            if not trial.short:
                trial.check(f"{title}: at least 0.85 × the requests/s of without", ratio >= 0.85, f"{ratio:.2f} ×")
            trial.note(f"{title}: {ratio:.2f} × the requests/s of without "
                       f"({statistics.median(speeds[recycling]):,.0f} to {statistics.median(speeds[plain]):,.0f})")
    trial.check("workers were replaced", len(processes) > 4, len(processes))
    trial.note(f"answers from {len(processes)} processes of 4 workers")


async def _measure_recycling(server: Hydra, query: str, seconds: float) -> Load:
    async with Load(server.port, asks(MIXED, lambda number: query + ("&stream=3" if number % 50 == 0 else ""))) as load:
        await asyncio.sleep(seconds)
    return load


ROWS = (
    Row("kill-idempotent", "`kill -9` of a worker every 300 ms for 30 s; GET, HEAD, OPTIONS, PUT, DELETE; ASGI",
        "no request fails, no connection is closed", kill_idempotent),
    Row("kill-wsgi", "the same; WSGI with 4 threads", "no request fails, no connection is closed", kill_idempotent_wsgi),
    Row("kill-post", "the same with POST",
        "only requests that were inside the killed worker fail, each with 502, none is done twice; connections stay open", kill_post),
    Row("recycle", "`--max-requests 200`", "no request fails; requests/s ≥ 0.85 × of without", recycled),
    Row("stop", "a worker stopped (SIGSTOP) for 5 s", "the others take over; no request waits beyond its own timeout", stopped),
    Row("loop", "an endless loop in one request", "504 at the timeout, its stack in the log, others untouched", endless_loop),
)
