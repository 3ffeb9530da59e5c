"""Prints "passed failed skipped" for the result file of a test runner: TRX (dotnet test) or JUnit XML (pytest)."""

import sys
import xml.etree.ElementTree as ElementTree


def count(path: str) -> "tuple[int, int, int]":
    root = ElementTree.parse(path).getroot()
    if root.tag.endswith("TestRun"):
        counters = next(e for e in root.iter() if e.tag.endswith("Counters"))
        total, passed = int(counters.get("total", 0)), int(counters.get("passed", 0))
        failed = sum(int(counters.get(kind, 0)) for kind in ("failed", "error", "timeout", "aborted"))
        return passed, failed, total - passed - failed
    passed = failed = skipped = 0
    for suite in root.iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skip = int(suite.get("skipped", 0))
        failed += bad
        skipped += skip
        passed += int(suite.get("tests", 0)) - bad - skip
    return passed, failed, skipped


if __name__ == "__main__":
    try:
        print(*count(sys.argv[1]))
    except (OSError, ElementTree.ParseError, StopIteration) as e:
        sys.exit(f"count_results.py: {e}")
