"""What is not requests a second: memory, very large bodies, and start-up. Each measure starts servers of its own."""

import statistics
import subprocess
import threading
import time

import clients
import load
import process
from scenarios import ASGI, HELLO, WSGI
from servers import APPS, PYTHON, Fleet, Server, StartFailure, gunicorn_asgi, gunicorn_threads, hydra, hypercorn, nginx, uvicorn, uwsgi

FAILURES = (OSError, StartFailure, load.LoadFailure)
IDLE_CONNECTIONS = 10_000
# Seconds without a request after which connections count as idle.
REST = 5
GIGABYTE = 1 << 30


def _front_and_tree(pid: int, read=process.rss_kb) -> tuple[int, int]:
    kilobytes = {each: read(each) for each in process.tree(pid)}
    return kilobytes[pid], sum(kilobytes.values())


def loaded_memory(fleet: Fleet, seconds: int, quick: bool) -> dict:
    """Memory under hello at 256 connections, in kB: the most since the start, and the median of samples."""
    results: dict[str, dict] = {}
    peers = [] if quick else [uvicorn(ASGI), gunicorn_asgi(ASGI), hypercorn(ASGI)]
    for server in [hydra(ASGI), *peers]:
        results[server.name] = entry = {"has_front": server.has_front}
        try:
            running, port = fleet.start(server, HELLO)
        except FAILURES as error:
            entry["failure"] = str(error)
            continue
        samples: list[tuple[int, int]] = []
        stop = threading.Event()

        def sample(pid: int = running.pid) -> None:
            while not stop.wait(0.1):
                samples.append(_front_and_tree(pid))

        sampler = threading.Thread(target=sample)
        try:
            sampler.start()
            figures = HELLO.burst(port, 256, seconds)
            stop.set()
            sampler.join()
            entry.update(
                usual=[statistics.median(sample[part] for sample in samples) for part in (0, 1)],
                peak=_front_and_tree(running.pid, process.peak_kb),
                errors=load.errors_of(figures, HELLO, server.closes))
        except FAILURES as error:
            entry["failure"] = str(error)
        finally:
            stop.set()
            sampler.join()
            running.stop()
    return results


def idle_memory(fleet: Fleet, quick: bool) -> dict:
    """Memory with 10,000 connections that are open, after each had an answer, and when they have rested, in kB."""
    process.raise_fd_limit(65536)
    results: dict[str, dict] = {}
    peers = [] if quick else [uvicorn(ASGI), gunicorn_asgi(ASGI), nginx(fleet.directory)]
    for server in [hydra(ASGI), *peers]:
        results[server.name] = entry = {"connections": IDLE_CONNECTIONS, "has_front": server.has_front}
        try:
            running, port = fleet.start(server, HELLO)
        except FAILURES as error:
            entry["failure"] = str(error)
            continue
        try:
            HELLO.burst(port, 64, 1)
            before = _front_and_tree(running.pid)
            with clients.IdleConnections(port) as idle:
                idle.open(IDLE_CONNECTIONS)
                time.sleep(0.3)
                connected = _front_and_tree(running.pid)
                idle.ask(HELLO)
                time.sleep(0.3)
                asked = _front_and_tree(running.pid)
                alive = idle.alive()
                time.sleep(REST)
                rested = _front_and_tree(running.pid)
                # Some servers keep idle connections for no longer than that.
                rest = {"rested": rested} if idle.alive() == IDLE_CONNECTIONS else {}
            entry.update(before=before, connected=connected, asked=asked, **rest)
            if alive < IDLE_CONNECTIONS:
                entry["failure"] = f"closed {IDLE_CONNECTIONS - alive} of the connections early"
        except FAILURES as error:
            entry["failure"] = str(error)
        finally:
            running.stop()
    return results


def transfer(fleet: Fleet, rounds: int, size: int = GIGABYTE) -> dict:
    """One body of 1 GB up and one down: MB/s of each round, and the most memory, in kB."""
    results: dict[str, dict] = {}
    running: dict[str, tuple[process.Running, int]] = {}
    servers = [hydra(ASGI), uvicorn(ASGI), gunicorn_asgi(ASGI), hypercorn(ASGI)]
    try:
        for server in servers:
            results[server.name] = {
                "up": [], "down": [], "up_peak": (0, 0), "down_peak": (0, 0), "size": size, "has_front": server.has_front}
            try:
                running[server.name] = fleet.start(server, HELLO)
            except FAILURES as error:
                results[server.name]["failure"] = str(error)
        for _ in range(rounds):
            for name, (instance, port) in running.items():
                _transfer_once(results[name], instance, port, size)
    finally:
        for instance, _ in running.values():
            instance.stop()
    return results


def _transfer_once(entry: dict, instance: process.Running, port: int, size: int) -> None:
    if "failure" in entry:
        return
    for direction, move in (("up", clients.upload), ("down", clients.download)):
        process.reset_peaks(instance.pid)
        try:
            entry[direction].append(size / 1e6 / move(port, size))
        except OSError as error:
            entry["failure"] = f"{direction}: {error}"
            return
        peak = _front_and_tree(instance.pid, process.peak_kb)
        entry[f"{direction}_peak"] = max(peak, tuple(entry[f"{direction}_peak"]))


def start_up(fleet: Fleet, rounds: int, quick: bool) -> dict:
    """Milliseconds from exec until a connection is accepted and until the first answer, beside what Python needs to import the app."""
    servers = [hydra(ASGI)]
    if not quick:
        servers += [uvicorn(ASGI), gunicorn_asgi(ASGI), hypercorn(ASGI), gunicorn_threads(WSGI), uwsgi(WSGI)]
    results: dict[str, dict] = {server.name: {"listening": [], "answer": []} for server in servers}
    imports: list[float] = []
    _import_seconds()
    for number in range(rounds + 1):
        seconds = _import_seconds()
        if number:
            imports.append(seconds * 1000)
        for server in servers:
            _start_once(results[server.name], server, fleet, counts=number > 0)
    return {"imports": imports, "servers": results}


def _import_seconds() -> float:
    started = time.perf_counter()
    subprocess.run([PYTHON, "-c", f"import asyncio, {ASGI.split(':')[0]}"], cwd=APPS, check=True, timeout=20)
    return time.perf_counter() - started


def _start_once(entry: dict, server: Server, fleet: Fleet, counts: bool) -> None:
    if "failure" in entry:
        return
    running = None
    try:
        running, port = fleet.launch(server)
        listening, answer = clients.first_answer(port, running.started, HELLO, running.alive)
        if counts:
            entry["listening"].append(listening * 1000)
            entry["answer"].append(answer * 1000)
    except FAILURES as error:
        entry["failure"] = f"{error}\n{running.log_tail() if running else ''}"
    finally:
        if running:
            running.stop()
