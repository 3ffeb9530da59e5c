"""Measures Hydra beside its peers and writes the report; bench/run.sh starts it."""

import argparse
import functools
import json
import re
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Callable

import goals
import machine
import measures
import process
import report
from rounds import measure
from scenarios import Scenario, all_scenarios
from servers import HYDRA, ROOT, Fleet

# Leaves time for the last server to stop, and for a slower machine.
QUICK_BUDGET = 155
BURST_OVERHEAD = 0.25


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within 3 minutes: what the goals compare, in short rounds")
    parser.add_argument("--only", metavar="REGEX", help="only scenarios and measures whose key matches (--list shows the keys)")
    parser.add_argument("--rounds", type=int, help="rounds for each scenario (default: 7, quick: 5)")
    parser.add_argument("--secs", type=int, help="seconds of each burst (default: 2, quick: 1)")
    parser.add_argument("--json", metavar="FILE", help="also write all figures here")
    parser.add_argument("--out", metavar="DIR", help="where benchmarks.md goes (default: docs; artifacts/bench with --quick or --only)")
    parser.add_argument("--render", metavar="FILE", help="measure nothing: make the report from the figures that --json wrote")
    parser.add_argument("--list", action="store_true", help="list scenarios and measures")
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.quick else 7)
    options.secs = options.secs or (1 if options.quick else 2)
    partial = options.quick or options.only
    options.out = Path(options.out) if options.out else ROOT / "artifacts" / "bench" if partial else ROOT / "docs"
    return options


class Run:
    """One run: its options, its time, and what has been measured. One thread uses it."""

    def __init__(self, options: argparse.Namespace, directory: Path):
        self.options = options
        self.fleet = Fleet(directory)
        self.started = time.monotonic()
        self.deadline = self.started + QUICK_BUDGET if options.quick else float("inf")
        self.warm: set[str] = set()
        self.results: dict = {"scenarios": {}, "measures": {}, "skipped": [], "broken": []}

    def left(self) -> float:
        """Seconds until the run must end."""
        return self.deadline - time.monotonic()

    def guarded(self, title: str, part: Callable[[], None]) -> None:
        """Whatever goes wrong in one part is reported, and does not cost the others."""
        try:
            part()
        except Exception as error:
            traceback.print_exc()
            self.results["broken"].append((title, f"{type(error).__name__}: {error}"))

    def scenario(self, scenario: Scenario, rounds: int) -> None:
        """Measures one scenario with the servers that this kind of run includes."""
        entries = [entry for entry in scenario.entries if entry.quick or not self.options.quick]
        fresh = {" ".join(entry.server.command(0)) for entry in entries} - self.warm
        result = measure(scenario, entries, self.fleet, rounds, self.options.secs, bool(fresh) or not self.options.quick, self.deadline)
        self.warm |= fresh
        self.results["scenarios"][scenario.key] = result
        print(report.scenario_text(result), flush=True)

    def scenarios(self, scenarios: list[Scenario]) -> None:
        """Measures them all; a quick run begins with those that goals need, and leaves out what does not fit in its time."""
        groups = [scenarios]
        if self.options.quick:
            groups = [[each for each in scenarios if each.goal], [each for each in scenarios if not each.goal]]
        for group in groups:
            for index, scenario in enumerate(group):
                entries = sum(entry.quick or not self.options.quick for entry in scenario.entries)
                one_round = entries * (self.options.secs + BURST_OVERHEAD)
                rounds = self.options.rounds
                if self.options.quick:
                    share = self.left() / (len(group) - index if scenario.goal else 1)
                    rounds = min(rounds, int((share - 3) / one_round))
                    if rounds < 1 and not scenario.goal:
                        self.results["skipped"].append(scenario.title)
                        continue
                self.guarded(scenario.title, functools.partial(self.scenario, scenario, max(1, rounds)))
        self.fleet.stop_all()

    def measures(self, wanted: re.Pattern) -> None:
        """Memory, transfer and start-up."""
        quick = self.options.quick
        rounds = self.options.rounds
        parts = {
            "loaded_memory": lambda: measures.loaded_memory(self.fleet, 2 * self.options.secs, quick),
            "idle_memory": lambda: measures.idle_memory(self.fleet, quick),
            "start_up": lambda: measures.start_up(self.fleet, rounds if quick else 2 * rounds + 1, quick),
            "transfer": lambda: measures.transfer(self.fleet, min(rounds, 3)),
        }
        for key, part in parts.items():
            if not wanted.search(key):
                continue
            if quick and key == "transfer":
                self.results["skipped"].append("1 GB up and down")
                continue
            self.guarded(report.MEASURES[key], functools.partial(self._measure, key, part))

    def _measure(self, key: str, part: Callable[[], dict]) -> None:
        self.results["measures"][key] = result = part()
        print(report.measure_text(key, result), flush=True)


def main() -> int:
    """Returns 1 when Hydra gave a wrong answer or none, 0 otherwise: a goal that is not met is no error."""
    options = arguments()
    directory = ROOT / "artifacts" / "bench" / "servers"
    directory.mkdir(parents=True, exist_ok=True)
    scenarios = all_scenarios(directory)
    if options.render:
        return report.write(json.loads(Path(options.render).read_text()), options.out)
    if options.list:
        print("\n".join(f"{each.key:18} {each.title}" for each in scenarios))
        print("\n".join(("loaded_memory", "idle_memory", "start_up", "transfer")))
        return 0
    if not HYDRA.exists():
        print(f"{HYDRA} is missing; build/publish.sh makes it", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    process.raise_fd_limit(65536)
    for log in directory.glob("*.log"):
        log.unlink()
    wanted = re.compile(options.only or "")
    run = Run(options, directory)
    try:
        # The measures of a quick run are short and goals need them: they come first, so that they are never left out.
        if options.quick:
            run.measures(wanted)
        run.scenarios([each for each in scenarios if wanted.search(each.key)])
        if not options.quick:
            run.measures(wanted)
    finally:
        run.fleet.stop_all()
    run.results.update(
        machine=machine.describe(), seconds=options.secs, rounds=options.rounds, quick=options.quick, only=options.only,
        duration=time.monotonic() - run.started, goals=goals.table(run.results))
    if options.json:
        Path(options.json).write_text(json.dumps(run.results, indent=1))
    return report.write(run.results, options.out)


if __name__ == "__main__":
    sys.exit(main())
