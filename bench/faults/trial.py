"""A row of the chaos test: a fault, a promise, and what was found."""

import contextlib
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import AsyncIterator, Awaitable, Callable

from .counts import Statistics, percentile
from .server import Hydra


@dataclass(frozen=True)
class Row:
    """A fault and what is promised for it."""

    key: str
    title: str
    promise: str
    run: "Callable[[Trial], Awaitable[None]]"


class Trial:
    """One run of a row: it starts servers, and collects figures and whether the promises were kept. One thread uses it."""

    def __init__(self, row: Row, short: bool, directory: Path):
        self.row = row
        self.short = short
        self.directory = directory
        self.started = time.monotonic()
        self.checks: list[dict] = []
        self.notes: list[str] = []
        self.charts: dict[str, dict] = {}
        self.requests = 0
        self.failed: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.peak_mb = 0.0
        self._servers = 0

    def seconds(self, long: float, short: float) -> float:
        """How long something is done in this kind of run."""
        return short if self.short else long

    def check(self, text: str, holds: bool, found: object = "") -> None:
        """A part of the promise, and whether it was kept."""
        self.checks.append({"text": text, "holds": bool(holds), "found": str(found)})

    def note(self, text: str) -> None:
        """A figure that the table shows beside the common ones."""
        self.notes.append(text)

    def count(self, statistics: Statistics) -> None:
        """Adds a load's figures to the row's."""
        self.requests += statistics.requests
        self.failed += statistics.kinds()
        self.closed += statistics.closed
        self.latencies += statistics.latencies

    def check_no_failure(self, statistics: Statistics) -> None:
        """The most frequent promise."""
        numbers = [failure.number for failure in statistics.failures[:10]]
        self.check("no request failed", not statistics.failures, f"{dict(statistics.kinds())}, numbers {numbers}")
        self.check("some requests were answered", len(statistics.latencies) > 0)

    def check_nothing_closed(self, statistics: Statistics) -> None:
        """Connections are kept."""
        self.check("no connection was closed", not statistics.closed, dict(statistics.closed))

    @contextlib.asynccontextmanager
    async def server(self, app: str, *options: str, **settings: object) -> AsyncIterator[Hydra]:
        """A server; that it ends with code 0 when it is told to is a part of every promise."""
        self._servers += 1
        server = Hydra(self.directory / f"server{self._servers}", app, *options, **settings)
        try:
            async with server:
                yield server
        finally:
            self.peak_mb = max(self.peak_mb, server.peak_mb())
            for problem in server.problems:
                self.check("the server stops when it is told to", False, problem)

    def result(self) -> dict:
        """For the report and the file of figures."""
        def milliseconds(share: float) -> float | None:
            value = percentile(self.latencies, share)
            return None if value is None else value * 1000

        return {
            "title": self.row.title,
            "promise": self.row.promise,
            "requests": self.requests,
            "failed": dict(self.failed),
            "closed": dict(self.closed),
            "p50": milliseconds(0.5),
            "p99": milliseconds(0.99),
            "peak_mb": self.peak_mb,
            "notes": self.notes,
            "checks": self.checks,
            "charts": self.charts,
            "seconds": time.monotonic() - self.started,
            "kept": bool(self.checks) and all(check["holds"] for check in self.checks),
        }
