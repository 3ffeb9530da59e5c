"""The report: docs/reliability.md with its charts, and what the terminal shows."""

from pathlib import Path

import charts
from charts import Bar

NOTES = """
## What is counted

64 keep-alive connections ask again as soon as they have their answer, where a row says nothing else. Every request has a number. The
application answers with the number from the path (which must be the one in the headers), with length and hash of the body that it
received, and with a body that follows from the number; the client compares them all. **Failed** is whatever is not that answer: another
status, a wrong proof, a connection that ends too soon. **Closed** counts connections that the server ended, by how: `announced` is
`Connection: close` in a response, so that the client knows that its next request needs another connection.

In the rows with `kill -9` every 300 ms the victim is the ready worker that has served longest, clients pause for 20 ms on average, and the responses
to idempotent requests fit into one frame. That is what the promise is about: a request is sent again once, so one that meets two deaths fails, and one
whose response has begun cannot be sent again. (With victims at random, in a run of its own, none of 55,852 requests failed either.)

The client runs on the same cores as the server, and most rows load them fully: latencies show what a fault changes, not how fast
the server is; for that see [benchmarks.md](benchmarks.md).

## In the test suite

`ChaosTests` runs every row for a few seconds each (`bench/chaos.sh --short`), with all promises but those about speed.
The smaller promises, each with its test, are in [behaviour.md](behaviour.md).
"""


def counts(found: dict[str, int]) -> str:
    """How many of each kind."""
    return ", ".join(f"{count:,} × {kind}" for kind, count in found.items()) or "0"


def milliseconds(value: float | None) -> str:
    """A latency."""
    return "" if value is None else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def show(key: str, result: dict) -> None:
    """One row for the terminal."""
    print(f"{'kept  ' if result['kept'] else 'BROKEN'} {key}: {result['requests']:,} requests, failed: {counts(result['failed'])}, "
          f"closed: {counts(result['closed'])}, p50 {milliseconds(result['p50']) or '-'} ms, p99 {milliseconds(result['p99']) or '-'} ms, "
          f"peak {result['peak_mb']:.0f} MB, {result['seconds']:.0f} s")
    for note in result["notes"]:
        print(f"       {note}")
    for check in result["checks"]:
        if not check["holds"]:
            print(f"       broken: {check['text']}; found: {check['found']}")


def _table(rows: dict[str, dict]) -> list[str]:
    lines = [
        "| fault | promise | kept | requests | failed | closed | p50 ms | p99 ms | front's peak, MB |",
        "| --- | --- | --- | ---: | --- | --- | ---: | ---: | ---: |"]
    for result in rows.values():
        lines.append("| " + " | ".join((
            result["title"], result["promise"], "yes" if result["kept"] else "**no**", f"{result['requests']:,}", counts(result["failed"]),
            counts(result["closed"]), milliseconds(result["p50"]), milliseconds(result["p99"]), f"{result['peak_mb']:.0f}")) + " |")
    return lines


def _details(rows: dict[str, dict]) -> list[str]:
    lines = ["## Row by row", ""]
    for key, result in rows.items():
        lines += [f"**{key}**: {result['title']}.", ""]
        lines += [f"- {note}" for note in result["notes"]]
        lines += [f"- **broken**: {check['text']}; found: {_one_line(check['found'])}" for check in result["checks"] if not check["holds"]]
        kept = dict.fromkeys(check["text"] for check in result["checks"] if check["holds"])
        lines += [f"- kept: {'; '.join(kept)}", ""] if kept else [""]
        lines += [f"![{chart['title']}](reliability/{key}-{name}.svg)\n" for name, chart in result["charts"].items()]
    return lines


def _one_line(text: str) -> str:
    return text.replace("\n", " ")[:200]


def _svg(chart: dict) -> str:
    if "bars" in chart:
        values = [Bar(name, value, name.startswith("Hydra")) for name, value in chart["bars"].items()]
        return charts.bars(chart["title"], chart["note"], values, " ms")
    return charts.timeline(chart["title"], chart["note"], chart["slot"], chart["series"], chart["marks"])


def write(results: dict, out: Path) -> Path:
    """Writes the report and its charts; returns where."""
    rows = results["rows"]
    machine = results["machine"]
    directory = out / "reliability"
    directory.mkdir(parents=True, exist_ok=True)
    for key, result in rows.items():
        for name, chart in result["charts"].items():
            (directory / f"{key}-{name}.svg").write_text(_svg(chart))
    broken = [key for key, result in rows.items() if not result["kept"]]
    kind = " A short run: a few seconds each, and no promise about speed." if results["short"] else ""
    lines = [
        "# Reliability",
        "",
        f"What is broken on purpose while clients ask, and what they notice of it. Made by `bench/chaos.sh`; do not edit.{kind}",
        "",
        f"- **Machine**: {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, {machine['kernel']}.",
        f"- **Versions**: Hydra {machine['versions']['Hydra']}, Python {machine['versions']['Python']}, uvicorn {machine['versions']['uvicorn']}, "
        f"Gunicorn {machine['versions']['gunicorn']}.",
        f"- Measured on {machine['date']} in {results['duration'] / 60:.0f} minutes. "
        + (f"**Broken: {', '.join(broken)}.**" if broken else "Every promise was kept."),
        "",
        *_table(rows),
        *NOTES.rstrip().splitlines(),
        "",
        *_details(rows),
    ]
    path = out / "reliability.md"
    path.write_text("\n".join(lines).rstrip() + "\n")
    return path
