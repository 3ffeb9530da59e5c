"""The report: docs/benchmarks.md and what the terminal shows, from the figures of a run."""

import statistics
from pathlib import Path

import figures

# The share of the cores' time that others may have before the report warns.
QUIET = 0.05
MEASURES = {
    "loaded_memory": "Memory under hello, 256 connections",
    "idle_memory": "Memory of idle connections",
    "transfer": "One body of 1 GB",
    "start_up": "Start-up",
}
GROUPS = (
    ("ASGI hello", "asgi-hello-"),
    ("WSGI hello", "wsgi-hello-"),
    ("Two workers", "asgi-workers-", "wsgi-workers-"),
    ("Requests and responses", "browser", "json", "ten-kb", "echo", "wait"),
    ("Interfaces", "interfaces"),
    ("WebSockets", "ws-"),
    ("Frameworks", "fastapi", "django"),
)


def middle(rounds: list[dict], figure: str) -> float:
    """The median over the rounds."""
    return statistics.median(each[figure] for each in rounds)


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table; the first column is text, the others are figures."""
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def milliseconds(value: float) -> str:
    """A latency with three digits."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def scenario_table(result: dict) -> str:
    """One row for each server."""
    servers = result["servers"]
    ours = servers.get("Hydra", {"failure": "", "rounds": []})
    base = [] if ours["failure"] else ours["rounds"]
    rows = []
    for name, entry in servers.items():
        rounds = entry["rounds"]
        if entry["failure"] or not rounds:
            rows.append([name, "**failed**"] + [""] * 6)
            continue
        ratios = [mine["rps"] / theirs["rps"] for mine, theirs in zip(base, rounds)]
        speeds = [each["rps"] for each in rounds]
        spread = f"± {(max(speeds) - min(speeds)) / 2 / statistics.median(speeds):.0%}" if len(speeds) > 1 else ""
        cpu = f"{middle(rounds, 'cpu'):.1f}"
        if rounds[0]["cpu_front"] is not None:
            cpu += f" ({middle(rounds, 'cpu_front'):.1f} front)"
        errors = ", ".join(f"{count} {kind}" for kind, count in entry["errors"].items())
        errors = f"**{errors}**" if errors else "none †" if entry["closes"] else "none"
        rows.append([
            name, f"{middle(rounds, 'rps'):,.0f}", spread, f"{statistics.median(ratios):.2f} ×" if ratios else "", cpu,
            milliseconds(middle(rounds, "p50")), milliseconds(middle(rounds, "p99")), errors])
    return markdown(["server", "requests/s", "spread", "Hydra is", "CPU µs/request", "p50 ms", "p99 ms", "errors"], rows)


def measure_table(key: str, measure: dict) -> str:
    """The table of a measure."""
    if key == "start_up":
        imports = statistics.median(measure["imports"])
        rows = [
            [name, "**failed**", "", ""] if not entry["answer"] else
            [name, f"{statistics.median(entry['listening']):.0f}", f"{statistics.median(entry['answer']):.0f}",
             f"{statistics.median(entry['answer']) - imports:.0f}"]
            for name, entry in measure["servers"].items()]
        return markdown(["server", "exec to listening, ms", "exec to first answer, ms", f"less Python's import ({imports:.0f} ms)"], rows)
    header = {
        "loaded_memory": ["processes", "most of the time, MB", "peak, MB"],
        "idle_memory": ["processes", "at rest, MB", "for each open connection, KB", "for each that had an answer, KB", "for each 5 s later, KB"],
        "transfer": ["server", "up, MB/s", "down, MB/s", "peak while up, MB", "peak while down, MB", "front's peak, MB"],
    }[key]
    rows = []
    for name, entry in measure.items():
        if "failure" in entry:
            rows.append([name, "**failed**"] + [""] * (len(header) - 2))
        elif key == "transfer":
            cells = [f"{statistics.median(entry[way]):,.0f}" for way in ("up", "down")]
            cells += [f"{entry[f'{way}_peak'][1] / 1024:.0f}" for way in ("up", "down")]
            front = max(entry["up_peak"][0], entry["down_peak"][0]) / 1024
            rows.append([name, *cells, f"{front:.0f}" if entry["has_front"] else ""])
        else:
            cells = loaded_cells if key == "loaded_memory" else idle_cells
            rows += [[f"{name}'s front", *cells(entry, 0)]] if entry["has_front"] else []
            rows.append([f"{name} with its worker" if entry["has_front"] else name, *cells(entry, 1)])
    return markdown(header, rows)


def loaded_cells(entry: dict, part: int) -> list[str]:
    """Of the first process (part 0) or of all (part 1)."""
    return [f"{entry[field][part] / 1024:.1f}" for field in ("usual", "peak")]


def idle_cells(entry: dict, part: int) -> list[str]:
    """Of the first process (part 0) or of all (part 1)."""
    states = ("connected", "asked", "rested")
    grown = [(entry[state][part] - entry["before"][part]) / entry["connections"] if state in entry else None for state in states]
    return [f"{entry['before'][part] / 1024:.1f}"] + ["closed by then" if each is None else f"{each:.2f}" for each in grown]


def scenario_text(result: dict) -> str:
    """For the terminal."""
    return f"\n{result['title']}\n{scenario_table(result)}"


def measure_text(key: str, measure: dict) -> str:
    """For the terminal."""
    return f"\n{MEASURES[key]}\n{measure_table(key, measure)}"


def problems(results: dict) -> list[tuple[str, str, str]]:
    """Every failure and every error: what was measured, the server, what happened."""
    found = [(title, "the harness", text) for title, text in results["broken"]]
    for result in results["scenarios"].values():
        for name, entry in result["servers"].items():
            if entry["failure"]:
                found.append((result["title"], name, entry["failure"]))
            if entry["errors"]:
                total = sum(each["requests"] for each in entry["rounds"])
                counts = ", ".join(f"{count} {kind}" for kind, count in entry["errors"].items())
                found.append((result["title"], name, f"{counts}; in {total:,} requests"))
    for key, measure in results["measures"].items():
        for name, entry in (measure["servers"] if key == "start_up" else measure).items():
            for text in (entry.get("failure"), str(entry["errors"]) if entry.get("errors") else None):
                if text:
                    found.append((MEASURES[key], name, text))
    return found


def goals_table(results: dict) -> str:
    """Each goal, its value, and the verdict."""
    rows = []
    for goal in results["goals"]:
        verdict = {True: "met", False: "**not met**", None: ""}[goal["met"]]
        rows.append([goal["title"], goal["goal"], goal["value"] or "not measured", verdict])
    return markdown(["figure", "goal", "measured", ""], rows)


def _introduction(results: dict) -> list[str]:
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    kind = "A quick run: short rounds, so the figures are rough. " if results["quick"] else ""
    return [
        "# Benchmarks",
        "",
        f"Made by `bench/run.sh`, which measures everything again; do not edit. {kind}".rstrip(),
        "",
        f"- **Machine**: {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"{machine['kernel']}. wrk runs on the same cores as the servers.",
        f"- **Versions**: {versions}. Hydra is one executable of {machine['executable_mb']} MB"
        f"{', **built before its sources were last changed**' if machine['stale'] else ''}.",
        f"- **Method**: all servers of a scenario run at once, and each of {results['rounds']} rounds loads every one of them in turn for "
        f"{results['seconds']} s, so that drift of the machine's speed hits all alike. Figures are medians over the rounds; \"Hydra is\" "
        "is the median of the rounds' ratios of requests/s; the spread is half the distance between the slowest and the fastest round. CPU is "
        "user and system time of the server's whole process tree. Every answer is compared, status and body, before and after the load. "
        "† marks a server that closes each connection after its answer; wrk connects again then.",
        "- **Options**: Hydra runs with its defaults, the peers as their documentation recommends for production. Where nothing else is "
        "said each server has 1 worker process. The commands are at the end.",
        f"- Measured on {machine['date']} in {results['duration'] / 60:.0f} minutes. {interference(results)}",
        "",
    ]


def interference(results: dict) -> str:
    """What the bursts had to share the cores with."""
    rounds = [each for result in results["scenarios"].values() for entry in result["servers"].values() for each in entry["rounds"]]
    if not rounds:
        return ""
    others, stolen = (statistics.mean(each[kind] for each in rounds) for kind in ("others", "stolen"))
    text = f"While the bursts ran, other processes had {others:.1%} of the cores' time, and other machines on the same host {stolen:.1%}."
    return text if others + stolen < QUIET else f"**The machine was not idle, so these figures are not to be relied on.** {text}"


def _problem_section(results: dict) -> list[str]:
    found = problems(results)
    if not found:
        return ["No server gave a wrong answer, lost a connection or failed in any scenario.", ""]
    rows = [[title, f"**{name}**", text.strip().replace("\n", "<br>").replace("|", "\\|")] for title, name, text in found]
    return ["## Errors", "", "Figures beside an error are not to be relied on.", "", markdown(["scenario", "server", "error"], rows), ""]


def _scenario_sections(results: dict, charts: dict[str, str]) -> list[str]:
    lines = []
    for title, *keys in GROUPS:
        members = {key: result for key, result in results["scenarios"].items() if key.startswith(tuple(keys))}
        if not members:
            continue
        lines += [f"## {title}", ""]
        lines += [f"![{title}](benchmarks/{name}.svg)\n" for name in figures.BELONGS.get(title, ()) if name in charts]
        for result in members.values():
            lines += [f"### {result['title']}", "", scenario_table(result), ""]
    return lines


def _measure_sections(results: dict, charts: dict[str, str]) -> list[str]:
    lines = []
    for key, measure in results["measures"].items():
        lines += [f"## {MEASURES[key]}", ""]
        lines += [f"![{MEASURES[key]}](benchmarks/{name}.svg)\n" for name in figures.BELONGS.get(key, ()) if name in charts]
        lines += [measure_table(key, measure), ""]
    return lines


def _commands(results: dict) -> list[str]:
    seen = {}
    for result in results["scenarios"].values():
        for name, entry in result["servers"].items():
            seen.setdefault(entry["command"].replace(str(Path(__file__).parents[1]) + "/", ""), name)
    return ["## Commands", "", "All start in `bench/apps`.", "", "```", *sorted(seen), "```", ""]


def write(results: dict, out: Path) -> int:
    """Writes the report and its charts; returns the exit code."""
    charts = figures.all_charts(results)
    directory = out / "benchmarks"
    directory.mkdir(parents=True, exist_ok=True)
    for name, svg in charts.items():
        (directory / f"{name}.svg").write_text(svg)
    lines = _introduction(results) + _problem_section(results)
    lines += ["## Goals", "", goals_table(results), ""]
    lines += [f"![Requests a second against Uvicorn](benchmarks/{name}.svg)\n" for name in ("against-uvicorn",) if name in charts]
    lines += _scenario_sections(results, charts) + _measure_sections(results, charts)
    if results["skipped"]:
        lines += ["## Not measured", "", "A quick run had no time for: " + "; ".join(results["skipped"]) + ".", ""]
    notes = directory / "notes.md"
    if notes.exists():
        lines += [notes.read_text().strip(), ""]
    lines += _commands(results)
    (out / "benchmarks.md").write_text("\n".join(lines).rstrip() + "\n")
    print(f"\n{goals_table(results)}\n\n{interference(results)}\n")
    for title, name, text in problems(results):
        print(f"ERROR: {title}: {name}: {text}")
    print(f"{out / 'benchmarks.md'}, after {results['duration']:.0f} s")
    return 1 if any(name.startswith(("Hydra", "the harness")) for _, name, _ in problems(results)) else 0
