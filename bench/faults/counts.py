"""What a load counts: latencies over time, failures by kind, connections that the server closed."""

from array import array
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that was not answered as it should be; times in seconds of the monotonic clock."""

    kind: str
    number: int
    sent: float
    ended: float


class Statistics:
    """The figures of one load. One thread uses it."""

    def __init__(self) -> None:
        self.ended = array("d")
        self.latencies = array("d")
        self.failures: list[Failure] = []
        # Connections that the server ended, by how.
        self.closed: Counter[str] = Counter()
        # The answers by the process that gave them, and by the application's version.
        self.processes: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()

    @property
    def requests(self) -> int:
        """All that came to an end."""
        return len(self.latencies) + len(self.failures)

    def answered(self, sent: float, ended: float, process: str = "", version: str = "") -> None:
        """A right answer."""
        self.ended.append(ended)
        self.latencies.append(ended - sent)
        self.processes[process] += 1
        self.versions[version] += 1

    def failed(self, kind: str, number: int, sent: float, ended: float) -> None:
        """A wrong answer, or none."""
        self.failures.append(Failure(kind, number, sent, ended))

    def kinds(self) -> Counter[str]:
        """Failures by kind."""
        return Counter(failure.kind for failure in self.failures)

    def between(self, start: float, end: float) -> list[float]:
        """Latencies of the right answers that came in this time."""
        return [latency for latency, ended in zip(self.latencies, self.ended) if start <= ended < end]


def percentile(values: "list[float] | array[float]", share: float) -> float | None:
    """The nearest-rank percentile; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def over_time(statistics: Statistics, start: float, end: float, slot: float, share: float) -> list[float | None]:
    """A percentile of the latencies, in ms, for each slot of time; None where nothing was answered."""
    slots: list[list[float]] = [[] for _ in range(max(1, round((end - start) / slot)))]
    for latency, ended in zip(statistics.latencies, statistics.ended):
        index = int((ended - start) / slot)
        if 0 <= index < len(slots):
            slots[index].append(latency * 1000)
    return [percentile(values, share) for values in slots]
