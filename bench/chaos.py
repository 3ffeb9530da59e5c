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

import process
from faults import crowds, front, shortages, workers
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
    parser.add_argument("--list", action="store_true", help="list the rows")
    return parser.parse_args()


async def run(row: Row, short: bool, directory: Path) -> dict:
    """One row. Whatever goes wrong is a broken promise, and does not cost the others."""
    trial = Trial(row, short, directory)
    try:
        await asyncio.wait_for(row.run(trial), LONGEST[short])
    except Exception as error:
        traceback.print_exc()
        trial.check("the row came to its end", False, f"{type(error).__name__}: {error}")
    return trial.result()


def show(key: str, result: dict) -> None:
    """For the terminal."""
    def times(counts: dict[str, int]) -> str:
        return ", ".join(f"{count} × {kind}" for kind, count in counts.items()) or "0"

    print(f"{'kept  ' if result['kept'] else 'BROKEN'} {key}: {result['requests']:,} requests, failed: {times(result['failed'])}, "
          f"closed: {times(result['closed'])}, p50 {result['p50'] or 0:.1f} ms, p99 {result['p99'] or 0:.1f} ms, "
          f"peak {result['peak_mb']:.0f} MB, {result['seconds']:.0f} s")
    for note in result["notes"]:
        print(f"       {note}")
    for check in result["checks"]:
        if not check["holds"]:
            print(f"       broken: {check['text']}; found: {check['found']}")
    sys.stdout.flush()


def main() -> int:
    """Returns 1 when a promise was broken."""
    options = arguments()
    if options.list:
        print("\n".join(f"{row.key:18} {row.title}" for row in ROWS))
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
            show(row.key, result)
    results["duration"] = time.monotonic() - started
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))
    broken = [key for key, result in results["rows"].items() if not result["kept"]]
    print(f"{len(results['rows']) - len(broken)} kept, {len(broken)} broken{': ' if broken else ''}{', '.join(broken)}, {results['duration']:.0f} s")
    return 1 if broken or not results["rows"] else 0


if __name__ == "__main__":
    sys.exit(main())
