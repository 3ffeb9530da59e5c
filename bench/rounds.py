"""Interleaved rounds: in each one every server gets a short burst, so that drift of the machine's speed hits all alike."""

import os
import time

import load
import process
from scenarios import Entry, Scenario
from servers import Fleet, StartFailure


class Contender:
    """An entry of a scenario whose server runs, and what its bursts gave."""

    def __init__(self, entry: Entry, scenario: Scenario, fleet: Fleet):
        self.entry = entry
        self.scenario = scenario
        self.errors: dict[str, int] = {}
        self.rounds: list[dict] = []
        self.failure = ""
        requests = entry.requests or (scenario.request,)
        self.request = requests[0]
        try:
            self.running, self.port = fleet.get(entry.server, load.Request())
            self.request = self._first_valid(requests)
        except (StartFailure, load.LoadFailure) as error:
            self.failure = str(error)

    def _first_valid(self, requests: tuple[load.Request, ...]) -> load.Request:
        for request in requests[:-1]:
            try:
                request.validate(self.port)
                return request
            except load.LoadFailure:
                continue
        requests[-1].validate(self.port)
        return requests[-1]

    def burst(self, seconds: int, counts: bool = True) -> None:
        """One burst; a warm-up does not count. A failure ends this entry's part in the scenario."""
        if self.failure:
            return
        interference = process.Interference()
        before = process.cpu_times(self.running.pid)
        started = time.monotonic()
        try:
            figures = self.request.burst(self.port, self.scenario.connections, seconds)
        except load.LoadFailure as error:
            self.failure = str(error)
            return
        after = process.cpu_times(self.running.pid)
        if not self.running.alive():
            self.failure = f"ended under load:\n{self.running.log_tail()}"
            return
        if not counts:
            return
        for kind, count in load.errors_of(figures, self.request, self.entry.server.closes).items():
            self.errors[kind] = self.errors.get(kind, 0) + count
        tree, first = process.cpu_between(before, after, self.running.pid)
        others, stolen = interference.close(tree)
        available = (time.monotonic() - started) * len(os.sched_getaffinity(0))
        self.rounds.append({
            "rps": figures["requests"] / figures["microseconds"] * 1e6,
            "cpu": tree / figures["requests"] * 1e6,
            "cpu_front": first / figures["requests"] * 1e6 if self.entry.server.has_front else None,
            "p50": figures["p50"] / 1000,
            "p90": figures["p90"] / 1000,
            "p99": figures["p99"] / 1000,
            "requests": figures["requests"],
            "others": others / available,
            "stolen": stolen / available,
        })

    def check(self) -> None:
        """Answers must still be right after the load."""
        if self.failure:
            return
        try:
            self.request.validate(self.port)
        except load.LoadFailure as error:
            self.failure = f"after the load: {error}"

    def result(self) -> dict:
        """For the report."""
        command = " ".join(self.entry.server.command(0)).replace(":0 ", ":PORT ").replace("--port 0", "--port PORT")
        return {"rounds": self.rounds, "errors": self.errors, "failure": self.failure, "command": command,
                "closes": self.entry.server.closes, "status": self.request.status}


def measure(scenario: Scenario, entries: list[Entry], fleet: Fleet, rounds: int, seconds: int, warm: bool, deadline: float) -> dict:
    """Runs the scenario; stops early, with the rounds done so far, when the deadline comes."""
    contenders = [Contender(entry, scenario, fleet) for entry in entries]
    if warm:
        for contender in contenders:
            contender.burst(1, counts=False)
    done = 0
    for number in range(rounds):
        if done and time.monotonic() + len(contenders) * (seconds + 0.2) > deadline:
            break
        # Each round begins with another one, so that none always runs after the same neighbour.
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            contender.burst(seconds)
        done += 1
    for contender in contenders:
        contender.check()
    return {
        "title": scenario.title,
        "connections": scenario.connections,
        "servers": {contender.entry.label: contender.result() for contender in contenders},
    }
