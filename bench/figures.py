"""Which charts the report has, and where they stand in it."""

import statistics

import charts
from charts import Bar
from goals import ratio, rounds_of
from scenarios import CONNECTIONS, FRONT_ALONE_NAME

# The section (a group of scenarios by its title, a measure by its key) and its charts.
BELONGS = {
    "ASGI hello": ("asgi-hello", "asgi-p99", "cpu"),
    "WSGI hello": ("wsgi-hello",),
    "idle_memory": ("idle-memory",),
    "start_up": ("start-up",),
    "transfer": ("transfer",),
}
AGAINST_UVICORN = (
    ("hello, 1 connection", "asgi-hello-1"),
    ("hello, 256 connections", "asgi-hello-256"),
    ("hello, 2 workers", "asgi-workers-2"),
    ("browser's 12 headers", "browser"),
    ("JSON POST", "json"),
    ("10 KB response", "ten-kb"),
    ("100 KB streamed echo", "echo"),
    ("10 ms of await", "wait"),
    ("FastAPI route", "fastapi"),
)


def _by_connections(results: dict, prefix: str, figure: str) -> tuple[list[str], dict[str, list[float | None]]]:
    measured = [count for count in CONNECTIONS if f"{prefix}{count}" in results["scenarios"]]
    names: dict[str, None] = {}
    for count in measured:
        names |= dict.fromkeys(results["scenarios"][f"{prefix}{count}"]["servers"])
    names.pop(FRONT_ALONE_NAME, None)
    series = {}
    for name in names:
        values = [rounds_of(results, f"{prefix}{count}", name) for count in measured]
        medians = [statistics.median(each[figure] for each in rounds) if rounds else None for rounds in values]
        if any(medians):
            series[name] = medians
    return [str(count) for count in measured], series


def _bars(values: list[tuple[str, float | None]], lowest_first: bool) -> list[Bar]:
    known = [Bar(name, value, name.startswith("Hydra")) for name, value in values if value is not None]
    return sorted(known, key=lambda bar: bar.value, reverse=not lowest_first)


def _cpu(results: dict) -> list[Bar]:
    names = results["scenarios"].get("asgi-hello-256", {}).get("servers", {})
    rounds = [(name, rounds_of(results, "asgi-hello-256", name)) for name in names]
    return _bars([(name, statistics.median(each["cpu"] for each in found)) for name, found in rounds if found], lowest_first=True)


def _idle(results: dict) -> list[Bar]:
    measure = results["measures"].get("idle_memory", {})
    return _bars([
        (name, max(0.0, (entry["asked"][1] - entry["before"][1]) / entry["connections"]))
        for name, entry in measure.items() if "asked" in entry and "failure" not in entry], lowest_first=True)


def _start_up(results: dict) -> list[Bar]:
    measure = results["measures"].get("start_up", {"servers": {}})
    return _bars([
        (name, statistics.median(entry["answer"])) for name, entry in measure["servers"].items() if entry["answer"]], lowest_first=True)


def _transfer(results: dict) -> list[Bar]:
    measure = results["measures"].get("transfer", {})
    return [
        Bar(f"{name}, {way}", statistics.median(entry[way]), name == "Hydra")
        for way in ("up", "down") for name, entry in measure.items() if entry[way]]


def all_charts(results: dict) -> dict[str, str]:
    """The charts that these results allow, by file name."""
    found: dict[str, str] = {}
    against = [(label, ratio(key, "rps", "Uvicorn")(results)) for label, key in AGAINST_UVICORN]
    speedups = [Bar(label, value, strong=True) for label, value in against if value is not None]
    if speedups:
        found["against-uvicorn"] = charts.bars(
            "Hydra against Uvicorn", "Requests a second, times Uvicorn's with the same number of workers; the dashed line is Uvicorn",
            speedups, " ×", mark=1)
    for name, prefix, figure, title, note, logarithmic in (
        ("asgi-hello", "asgi-hello-", "rps", "ASGI hello", "Requests a second by the number of connections; 1 worker", False),
        ("asgi-p99", "asgi-hello-", "p99", "ASGI hello: 99th percentile", "Milliseconds by the number of connections, logarithmic", True),
        ("wsgi-hello", "wsgi-hello-", "rps", "WSGI hello", "Requests a second by the number of connections; 1 worker", False),
    ):
        steps, series = _by_connections(results, prefix, figure)
        if any(sum(value is not None for value in values) > 1 for values in series.values()):
            found[name] = charts.lines(title, note, steps, series, logarithmic)
    for name, values, title, note, unit in (
        ("cpu", _cpu(results), "CPU per request", "Microseconds, user and system, whole process tree; ASGI hello, 256 connections", " µs"),
        ("idle-memory", _idle(results), "Memory of an idle connection", "KB for each of 10,000, at once after an answer; whole process tree", " KB"),
        ("start-up", _start_up(results), "Start-up", "Milliseconds from exec to the first answer", " ms"),
        ("transfer", _transfer(results), "One body of 1 GB", "MB a second through the application", ""),
    ):
        if values:
            found[name] = charts.bars(title, note, values, unit)
    return found
