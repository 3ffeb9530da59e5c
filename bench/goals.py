"""The goals: what each one compares, and whether it was met."""

import statistics
from dataclasses import dataclass
from typing import Callable

from scenarios import FRONT_ALONE_NAME

NGINX = "nginx return 200"


@dataclass(frozen=True)
class Goal:
    """A figure, its limit, and how it follows from the results; the value is None when it was not measured."""

    title: str
    at_least: bool
    limit: float
    unit: str
    value: Callable[[dict], float | None]
    # What else a reader should see beside the value.
    detail: Callable[[dict], str] = lambda results: ""

    def met(self, value: float) -> bool:
        """Whether the value keeps the limit."""
        return value >= self.limit if self.at_least else value <= self.limit

    def limit_text(self) -> str:
        """The limit as the table shows it."""
        return f"{'≥' if self.at_least else '≤'} {with_unit(self.limit, self.unit)}"


def with_unit(value: float, unit: str) -> str:
    """A figure and its unit."""
    return f"{value:.2f} ×" if unit == "×" else f"{value:.1f} {unit}"


def rounds_of(results: dict, scenario: str, server: str) -> list[dict]:
    """The rounds of a server; none when it failed or was not measured."""
    entry = results["scenarios"].get(scenario, {}).get("servers", {}).get(server)
    return entry["rounds"] if entry and not entry["failure"] else []


def ratio(scenario: str, figure: str, peer: str, server: str = "Hydra") -> Callable[[dict], float | None]:
    """The median of the rounds' ratios to a peer."""
    def value(results: dict) -> float | None:
        pairs = zip(rounds_of(results, scenario, server), rounds_of(results, scenario, peer))
        ratios = [ours[figure] / theirs[figure] for ours, theirs in pairs if theirs[figure]]
        return statistics.median(ratios) if ratios else None

    return value


def _front_megabytes(results: dict) -> float | None:
    entry = results["measures"].get("loaded_memory", {}).get("Hydra", {})
    return entry["peak"][0] / 1024 if "peak" in entry else None


def _usual_megabytes(results: dict) -> str:
    return f"{results['measures']['loaded_memory']['Hydra']['usual'][0] / 1024:.1f} MB most of the time"


def _idle_kilobytes(results: dict) -> float | None:
    entry = results["measures"].get("idle_memory", {}).get("Hydra", {})
    if "rested" not in entry or "failure" in entry:
        return None
    return (entry["rested"][0] - entry["before"][0]) / entry["connections"]


def _idle_before_rest(results: dict) -> str:
    entry = results["measures"]["idle_memory"]["Hydra"]
    return f"{(entry['asked'][0] - entry['before'][0]) / entry['connections']:.1f} KB at once after it"


def _start_up(results: dict) -> float | None:
    measure = results["measures"].get("start_up")
    answers = measure and measure["servers"]["Hydra"]["answer"]
    return statistics.median(answers) - statistics.median(measure["imports"]) if answers else None


def _start_up_parts(results: dict) -> str:
    measure = results["measures"]["start_up"]
    answers, imports = measure["servers"]["Hydra"]["answer"], measure["imports"]
    return f"{statistics.median(answers):.0f} − {statistics.median(imports):.0f} ms"


ASGI_PEER, WSGI_PEER, RSGI_PEER = "Granian, asgi", "Granian, wsgi", "Granian, rsgi"
GTHREAD, UWSGI = "Gunicorn gthread", "uWSGI http-socket"


def _faster(title: str, scenario: str, peer: str, limit: float, server: str = "Hydra") -> Goal:
    return Goal(f"{title}: requests/s against {peer}", True, limit, "×", ratio(scenario, "rps", peer, server))


GOALS = (
    _faster("ASGI hello, 1 worker, 256 connections", "asgi-hello-256", "Uvicorn", 3.0),
    Goal("The same: CPU per request against Uvicorn", False, 0.4, "×", ratio("asgi-hello-256", "cpu", "Uvicorn")),
    _faster("The same", "asgi-hello-256", ASGI_PEER, 1.4),
    _faster("The same", "asgi-hello-256", RSGI_PEER, 1.25),
    Goal(f"The same: p99 against {ASGI_PEER}", False, 1.0, "×", ratio("asgi-hello-256", "p99", ASGI_PEER)),
    Goal("The same: CPU per request against nginx `return 200`", False, 1.7, "×", ratio("asgi-hello-256", "cpu", NGINX)),
    Goal("Front alone: CPU per request against nginx `return 200`", False, 1.05, "×",
         ratio("asgi-hello-256", "cpu", NGINX, FRONT_ALONE_NAME)),
    _faster("ASGI hello, 64 connections", "asgi-hello-64", "Uvicorn", 2.1),
    _faster("The same", "asgi-hello-64", ASGI_PEER, 1.5),
    _faster("ASGI hello, 1 connection", "asgi-hello-1", "Uvicorn", 0.85),
    _faster("The same with --busy-poll 50", "asgi-hello-1", "Uvicorn", 1.3, "Hydra, busy poll"),
    _faster("ASGI hello, 2 workers each", "asgi-workers-2", "Uvicorn", 2.2),
    _faster("The same", "asgi-workers-2", ASGI_PEER, 1.25),
    _faster("RSGI hello", "interfaces", RSGI_PEER, 1.4, "Hydra, rsgi"),
    _faster("Raw hello", "interfaces", RSGI_PEER, 1.6, "Hydra, raw"),
    _faster("Raw hello", "interfaces", "Hydra", 1.25, "Hydra, raw"),
    _faster("A browser's 12 headers", "browser", "Uvicorn", 3.0),
    _faster("The same", "browser", ASGI_PEER, 1.5),
    _faster("FastAPI route", "fastapi", "Uvicorn", 1.25),
    _faster("The same", "fastapi", ASGI_PEER, 1.1),
    _faster("10 KB response", "ten-kb", "Uvicorn", 2.2),
    _faster("The same", "ten-kb", ASGI_PEER, 1.25),
    _faster("JSON POST of 1.1 KB", "json", "Uvicorn", 2.2),
    _faster("100 KB streamed echo", "echo", "Uvicorn", 1.6),
    _faster("WSGI hello, 64 connections", "wsgi-hello-64", GTHREAD, 28),
    _faster("The same", "wsgi-hello-64", WSGI_PEER, 2.5),
    _faster("The same", "wsgi-hello-64", UWSGI, 3.0),
    _faster("Django view", "django", GTHREAD, 3.5),
    _faster("WebSocket echo of 16 bytes", "ws-16", "Uvicorn", 2.2),
    _faster("The same", "ws-16", RSGI_PEER, 1.7),
    _faster("WebSocket echo of 16 KB", "ws-16384", "Uvicorn", 2.2),
    _faster("The same", "ws-16384", RSGI_PEER, 1.7),
    Goal("The front's memory at its peak: hello, 256 connections", False, 35, "MB", _front_megabytes, _usual_megabytes),
    Goal("The front's memory per idle connection, 10,000 connections 5 s after an answer", False, 6, "KB", _idle_kilobytes,
         _idle_before_rest),
    Goal("From exec to the first answer, minus `python -c \"import asyncio, app\"`", False, 60, "ms", _start_up, _start_up_parts),
)


def table(results: dict) -> list[dict]:
    """Each goal with its value."""
    rows = []
    for goal in GOALS:
        value = goal.value(results)
        detail = goal.detail(results) if value is not None else ""
        rows.append({
            "title": goal.title,
            "goal": goal.limit_text(),
            "value": None if value is None else with_unit(value, goal.unit) + (f" ({detail})" if detail else ""),
            "met": None if value is None else goal.met(value),
        })
    return rows
