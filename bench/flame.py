"""A flame graph as SVG, and a table of where the time goes, from the output of `perf script` on standard input.

usage: perf script -F comm,tid,event,ip,sym,dso | flame.py NAME.svg TITLE
"""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Iterable
from xml.sax.saxutils import escape

WIDTH, ROW, TOP = 1200, 17, 74
# A frame's owner: the dictionary's order is that of the legend.
OWNERS = {
    "kernel": ("#d9773b", "kernel"),
    "hydra": ("#2a9d8f", "Hydra"),
    "kestrel": ("#8f7fd6", "Kestrel, ASP.NET"),
    "dotnet": ("#6fa8dc", ".NET"),
    "native": ("#a3a9b1", "runtime, libc"),
}
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \((.*)\)$")
GENERIC = re.compile(r"<[^<>]*>")
ASYNC = re.compile(r"_d__\d+(_\d+)?__MoveNext(_\d+)?$")

Stack = tuple[tuple[str, str], ...]


def owner(symbol: str, binary: str) -> str:
    """Whose code a frame is."""
    if binary.startswith("[") and binary != "[unknown]":
        return "kernel"
    if symbol.startswith("hydra_"):
        return "hydra"
    if symbol.startswith("Microsoft_"):
        return "kestrel"
    return "dotnet" if symbol.startswith(("S_P_", "System_")) else "native"


def short(symbol: str) -> str:
    """Type.Method of a mangled .NET name; other names as they are."""
    if not symbol.startswith(("hydra_", "Microsoft_", "S_P_", "System_")):
        return re.sub(r"\+0x[0-9a-f]+$", "", symbol)
    box = re.search(r"StateMachineBox_1<.*?__(\w+?)_d__\d+", symbol)
    if box:
        return f"await continuation of {box.group(1).rpartition('__')[2]}"
    while GENERIC.search(symbol):
        symbol = GENERIC.sub("", symbol)
    kind = " (async)" if ASYNC.search(symbol) else ""
    before, _, method = ASYNC.sub("", symbol).partition("__")
    names = [part for part in before.split("_") if part and not part.isdigit()]
    methods = [part for part in method.split("_") if part and not part.isdigit()]
    return f"{names[-1] if names else before}.{methods[-1] if methods else method}{kind}"


def stacks(lines: Iterable[str]) -> Counter[Stack]:
    """Counts of equal stacks, outermost frame first."""
    found: Counter[Stack] = Counter()
    thread, frames = "", []
    for line in [*lines, ""]:
        if match := FRAME.match(line):
            symbol, binary = match.groups()
            frames.append((short(symbol), owner(symbol, binary)))
        elif line.strip():
            thread = re.sub(r"\s+\d+\s+\S+:\s*$", "", line.strip())
        elif frames:
            found[((thread, "native"), *reversed(frames))] += 1
            frames = []
    return found


class Node:
    """A frame, the samples in it and below it, and what it called."""

    def __init__(self, name: str, kind: str):
        self.name = name
        self.kind = kind
        self.count = 0
        self.children: dict[tuple[str, str], Node] = {}

    def add(self, stack: Stack, count: int) -> None:
        """Counts a stack that begins in this frame."""
        node = self
        node.count += count
        for frame in stack:
            node = node.children.setdefault(frame, Node(*frame))
            node.count += count

    def depth(self) -> int:
        """Levels down to the deepest frame."""
        return 1 + max((child.depth() for child in self.children.values()), default=0)


def rectangles(node: Node, x: float, level: int, scale: float, height: float, total: int) -> list[str]:
    """The frame and everything above it."""
    width = node.count * scale
    if width < 0.4:
        return []
    y = height - 16 - (level + 1) * ROW
    text = node.name if len(node.name) * 6.6 < width - 6 else node.name[:max(0, int((width - 12) / 6.6))] + "…"
    label = f'<text x="{x + 3:.1f}" y="{y + 12.5:.1f}">{escape(text)}</text>' if width > 36 else ""
    parts = [
        f'<g><title>{escape(node.name)}: {node.count / total:.1%}</title><rect class="{node.kind}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{max(0.4, width - 0.5):.1f}" height="{ROW - 1}" rx="1.5"/>{label}</g>']
    for child in sorted(node.children.values(), key=lambda each: each.name):
        parts += rectangles(child, x, level + 1, scale, height, total)
        x += child.count * scale
    return parts


def graph(root: Node, title: str) -> str:
    """The whole document."""
    height = TOP + root.depth() * ROW + 24
    colors = " ".join(f".{kind} {{ fill: {color} }}" for kind, (color, _) in OWNERS.items())
    legend, x = [], 20
    for kind, (_, name) in OWNERS.items():
        legend.append(f'<rect class="{kind}" x="{x}" y="44" width="12" height="12" rx="2"/><text x="{x + 17}" y="54">{name}</text>')
        x += 45 + len(name) * 7
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        "<style>text { font: 11px ui-monospace, Menlo, Consolas, monospace; fill: #14181d } .title { font-size: 15px }",
        f"{colors}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" fill="#fdfdfc" stroke="#d8dee4"/>',
        f'<text class="title" x="20" y="30">{escape(title)}</text>',
        *legend,
        *rectangles(root, 20, 0, (WIDTH - 40) / root.count, height, root.count),
        "</svg>",
        "",
    ])


def table(found: Counter[Stack]) -> str:
    """Markdown: the share of each owner, and the functions that ran most, by themselves and with what they called."""
    total = sum(found.values())
    owners: Counter[str] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    inclusive: Counter[tuple[str, str]] = Counter()
    for stack, count in found.items():
        owners[stack[-1][1]] += count
        alone[stack[-1]] += count
        for frame in set(stack[1:]):
            inclusive[frame] += count
    lines = ["| whose code | share |", "| --- | ---: |"]
    lines += [f"| {name} | {owners[kind] / total:.1%} |" for kind, (_, name) in OWNERS.items() if owners[kind]]
    lines += ["", "| function, alone | whose | share |", "| --- | --- | ---: |"]
    lines += [f"| `{name}` | {OWNERS[kind][1]} | {count / total:.1%} |" for (name, kind), count in alone.most_common(25)]
    ours = [item for item in inclusive.most_common() if item[0][1] in ("hydra", "kestrel")][:25]
    lines += ["", "| function with what it calls | whose | share |", "| --- | --- | ---: |"]
    lines += [f"| `{name}` | {OWNERS[kind][1]} | {count / total:.1%} |" for (name, kind), count in ours]
    return "\n".join(lines)


def main() -> int:
    """Writes the graph, and the table beside it."""
    path, title = Path(sys.argv[1]), sys.argv[2]
    found = stacks(line.rstrip("\n") for line in sys.stdin)
    if not found:
        print("perf recorded no samples", file=sys.stderr)
        return 1
    sys.setrecursionlimit(10_000)
    root = Node("all", "native")
    for stack, count in found.items():
        root.add(stack, count)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(graph(root, title))
    path.with_suffix(".md").write_text(f"# {title}\n\n{root.count} samples.\n\n{table(found)}\n")
    print(table(found))
    print(f"\n{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
