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


GOALS = (
    Goal("ASGI hello, 1 worker, 256 connections: requests/s against Uvicorn", True, 2.0, "×", ratio("asgi-hello-256", "rps", "Uvicorn")),
    Goal("The same: CPU per request against Uvicorn", False, 0.55, "×", ratio("asgi-hello-256", "cpu", "Uvicorn")),
    Goal("ASGI hello, 2 workers: requests/s against Uvicorn with 2", True, 1.5, "×", ratio("asgi-workers-2", "rps", "Uvicorn")),
    Goal("ASGI hello: CPU per request against nginx `return 200`", False, 1.7, "×", ratio("asgi-hello-256", "cpu", NGINX)),
    Goal("Front alone: CPU per request against nginx `return 200`", False, 1.05, "×",
         ratio("asgi-hello-256", "cpu", NGINX, FRONT_ALONE_NAME)),
    Goal("WSGI hello: requests/s against Gunicorn gthread, 4 threads", True, 6.0, "×", ratio("wsgi-hello-64", "rps", "Gunicorn gthread")),
    Goal("WSGI hello: requests/s against uWSGI's http-socket", True, 2.0, "×", ratio("wsgi-hello-64", "rps", "uWSGI http-socket")),
    Goal("A browser's 12 headers: requests/s against Uvicorn", True, 2.2, "×", ratio("browser", "rps", "Uvicorn")),
    Goal("FastAPI route: requests/s against Uvicorn", True, 1.3, "×", ratio("fastapi", "rps", "Uvicorn")),
    Goal("Django view: requests/s against Gunicorn gthread", True, 1.3, "×", ratio("django", "rps", "Gunicorn gthread")),
    Goal("p99 at 256 connections against Uvicorn", False, 0.5, "×", ratio("asgi-hello-256", "p99", "Uvicorn")),
    Goal("p50 at 1 connection against Uvicorn", False, 1.8, "×", ratio("asgi-hello-1", "p50", "Uvicorn")),
    Goal("10 KB response: requests/s against Uvicorn", True, 1.8, "×", ratio("ten-kb", "rps", "Uvicorn")),
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
