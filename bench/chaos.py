"""Breaks what can break while the server serves, and counts what its clients notice; bench/chaos.sh starts it."""

import argparse
import asyncio
import json
import re
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import machine
import process
from faults import crowds, front, report, shortages, workers
from faults.server import HYDRA
from faults.trial import Row, Trial
from servers import ROOT

ROWS = (*workers.ROWS, *front.ROWS, *crowds.ROWS, *shortages.ROWS)
# No row may hold up the others for ever.
LONGEST = {True: 60, False: 150}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench/chaos.sh", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few seconds each, and no promise about speed")
    parser.add_argument("--only", metavar="REGEX", help="only rows whose key matches (--list shows the keys)")
    parser.add_argument("--json", metavar="FILE", help="also write all figures here")
    parser.add_argument("--out", metavar="DIR", help="where reliability.md goes (default: docs, and nowhere with --short or --only)")
    parser.add_argument("--render", metavar="FILE", help="run nothing: make the report from the figures that --json wrote")
    parser.add_argument("--list", action="store_true", help="list the rows")
    options = parser.parse_args()
    if not options.out and not options.short and not options.only:
        options.out = ROOT / "docs"
    return options


async def run(row: Row, short: bool, directory: Path) -> dict:
    """One row. Whatever goes wrong is a broken promise, and does not cost the others."""
    trial = Trial(row, short, directory)
    try:
        await asyncio.wait_for(row.run(trial), LONGEST[short])
    except Exception as error:
        traceback.print_exc()
        trial.check("the row came to its end", False, f"{type(error).__name__}: {error}")
    return trial.result()


def main() -> int:
    """Returns 1 when a promise was broken."""
    options = arguments()
    if options.list:
        print("\n".join(f"{row.key:18} {row.title}" for row in ROWS))
        return 0
    if options.render:
        print(report.write(json.loads(Path(options.render).read_text()), Path(options.out)))
        return 0
    if not HYDRA.exists():
        print(f"{HYDRA} is missing; build/publish.sh makes it", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    process.raise_fd_limit(16384)
    started = time.monotonic()
    directory = ROOT / "artifacts" / "chaos"
    wanted = re.compile(options.only or "")
    results = {"rows": {}, "short": options.short}
    for row in ROWS:
        if wanted.search(row.key):
            own = directory / row.key
            shutil.rmtree(own, ignore_errors=True)
            own.mkdir(parents=True)
            results["rows"][row.key] = result = asyncio.run(run(row, options.short, own))
            report.show(row.key, result)
            sys.stdout.flush()
    results["duration"] = time.monotonic() - started
    if options.out or options.json:
        results["machine"] = machine.describe()
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))
    if options.out:
        print(report.write(results, Path(options.out)))
    broken = [key for key, result in results["rows"].items() if not result["kept"]]
    print(f"{len(results['rows']) - len(broken)} kept, {len(broken)} broken{': ' if broken else ''}{', '.join(broken)}, {results['duration']:.0f} s")
    return 1 if broken or not results["rows"] else 0


if __name__ == "__main__":
    sys.exit(main())
