"""Charts as SVG: horizontal bars, and lines over a few steps. Each has a card of its own, so that any page's background will do."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 760
STYLE = """
  .card { fill: #ffffff; stroke: #d8dee4 } .grid { stroke: #e4e8ec } .axis { stroke: #8c959f }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 } .quiet { fill: #59636e; font-size: 12px } .strong { font-weight: 600 }
  .halo { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
  .c0 { fill: #0e7490 } .c1 { fill: #b45309 } .c2 { fill: #7c3aed } .c3 { fill: #be185d } .c4 { fill: #4d7c0f } .c5 { fill: #64748b }
  .l0 { stroke: #0e7490 } .l1 { stroke: #b45309 } .l2 { stroke: #7c3aed } .l3 { stroke: #be185d } .l4 { stroke: #4d7c0f }
  .l5 { stroke: #64748b } .bar { fill: #aab4bf } .line { fill: none; stroke-width: 2 } .l0.line { stroke-width: 3.5 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #161b22; stroke: #30363d } .grid { stroke: #2a313a } .axis { stroke: #6e7681 }
    .halo { stroke: #161b22 } text { fill: #e6edf3 } .quiet { fill: #9198a1 } .bar { fill: #4b5563 }
    .c0 { fill: #22d3ee } .c1 { fill: #fbbf24 } .c2 { fill: #a78bfa } .c3 { fill: #f472b6 } .c4 { fill: #a3e635 } .c5 { fill: #94a3b8 }
    .l0 { stroke: #22d3ee } .l1 { stroke: #fbbf24 } .l2 { stroke: #a78bfa } .l3 { stroke: #f472b6 } .l4 { stroke: #a3e635 }
    .l5 { stroke: #94a3b8 }
  }
"""


@dataclass(frozen=True)
class Bar:
    """A bar; the strong one is what the chart is about."""

    label: str
    value: float
    strong: bool = False


def number(value: float) -> str:
    """A figure as short as it may be."""
    if value >= 10_000:
        return f"{value / 1000:.1f} k"
    if value >= 1000:
        return f"{value / 1000:.2f} k"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _text(x: float, y: float, content: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(content)}</text>'


def _document(height: float, title: str, note: str, parts: list[str]) -> str:
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8"/>',
        _text(20, 30, title, "title"),
        _text(20, 49, note, "quiet"),
        *parts,
        "</svg>",
        "",
    ])


def bars(title: str, note: str, values: list[Bar], unit: str = "", mark: float | None = None) -> str:
    """Horizontal bars from zero, with a line at `mark`."""
    left, right, top, step = 210, 90, 66, 30
    scale = (WIDTH - left - right) / (max([bar.value for bar in values] + [mark or 0]) or 1)
    height = top + step * len(values) + 14
    parts = []
    for index, bar in enumerate(values):
        y = top + index * step
        length = max(2.0, bar.value * scale)
        style = "strong" if bar.strong else ""
        parts.append(_text(left - 10, y + 16, bar.label, style, "end"))
        parts.append(f'<rect class="{"c0" if bar.strong else "bar"}" x="{left}" y="{y + 2}" width="{length:.1f}" height="20" rx="3"/>')
        parts.append(_text(left + length + 8, y + 16, f"{number(bar.value)}{unit}", f"halo {style}"))
    if mark is not None:
        x = left + mark * scale
        # First, so that the figures stay readable above it.
        parts.insert(0, f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 4}" y2="{height - 12}" stroke-dasharray="4 3"/>')
    return _document(height, title, note, parts)


def _ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    if logarithmic:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [10.0 ** power for power in range(first, last + 1)]
    rough = high / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough)
    return [step * index for index in range(math.ceil(high / step) + 1)]


def _spread(places: list[float], gap: float) -> list[float]:
    """Moves labels apart that would cover each other, from top to bottom."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    result = list(places)
    for before, index in zip(order, order[1:]):
        result[index] = max(result[index], result[before] + gap)
    return result


def timeline(title: str, note: str, slot: float, series: dict[str, list[float | None]], marks: list[float]) -> str:
    """Values over time on a logarithmic scale, one for each slot of so many seconds; marks are ticks below, at their second."""
    left, right, top, bottom, height = 70, 80, 72, 48, 320
    known = [value for values in series.values() for value in values if value]
    if not known:
        return _document(height, title, note, [])
    ticks = _ticks(min(known), max(known), logarithmic=True)
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])
    end = slot * max(len(values) for values in series.values())

    def across(second: float) -> float:
        return left + second * (WIDTH - left - right) / end

    def down(value: float) -> float:
        return height - bottom - (math.log10(value) - low) / ((high - low) or 1) * (height - bottom - top)

    parts = []
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{down(tick):.1f}" y2="{down(tick):.1f}"/>')
        parts.append(_text(left - 8, down(tick) + 4, f"{tick:g}", "quiet", "end"))
    for second in _ticks(0, end, logarithmic=False):
        if second <= end:
            parts.append(_text(across(second), height - bottom + 32, f"{second:g} s", "quiet", "middle"))
    for mark in marks:
        parts.append(f'<line class="axis" x1="{across(mark):.1f}" x2="{across(mark):.1f}" y1="{height - bottom + 6}" y2="{height - bottom + 14}"/>')
    ends = []
    for color, (name, values) in reversed(list(enumerate(series.items()))):
        points = [(across((index + 0.5) * slot), down(value)) for index, value in enumerate(values) if value]
        parts.append(f'<polyline class="line l{min(color, 5)}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        ends.append((points[-1], name, color))
    for y, ((x, _), name, color) in zip(_spread([end[0][1] for end in ends], 17), ends):
        parts.append(_text(x + 12, y + 4, name, f"c{min(color, 5)}{' strong' if color == 0 else ''}"))
    return _document(height, title, note, parts)


def lines(title: str, note: str, steps: list[str], series: dict[str, list[float | None]], logarithmic: bool = False) -> str:
    """One line for each series over evenly spaced steps, named at its right end. The first series is the strong one."""
    left, right, top, bottom, height = 70, 170, 72, 36, 380
    series = {name: values for name, values in series.items() if sum(value is not None for value in values) > 1}
    known = [value for values in series.values() for value in values if value]
    ticks = _ticks(min(known), max(known), logarithmic)
    low, high = (math.log10(ticks[0]), math.log10(ticks[-1])) if logarithmic else (0.0, ticks[-1])

    def place(index: int, value: float) -> tuple[float, float]:
        x = left + index * (WIDTH - left - right) / max(1, len(steps) - 1)
        share = ((math.log10(value) if logarithmic else value) - low) / ((high - low) or 1)
        return x, height - bottom - share * (height - bottom - top)

    parts = []
    for tick in ticks:
        y = place(0, tick)[1]
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{tick / 1000:g} k" if tick >= 1000 else f"{tick:g}", "quiet", "end"))
    for index, step in enumerate(steps):
        parts.append(_text(place(index, ticks[-1])[0], height - bottom + 20, step, "quiet", "middle"))
    ends = []
    for color, (name, values) in reversed(list(enumerate(series.items()))):
        points = [place(index, value) for index, value in enumerate(values) if value]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline class="line l{min(color, 5)}" points="{path}"/>')
        parts += [f'<circle class="c{min(color, 5)}" cx="{x:.1f}" cy="{y:.1f}" r="{4 if color == 0 else 3}"/>' for x, y in points]
        ends.append((points[-1], name, color))
    for y, ((x, _), name, color) in zip(_spread([end[0][1] for end in ends], 17), ends):
        parts.append(_text(x + 12, y + 4, name, f"c{min(color, 5)}{' strong' if color == 0 else ''}"))
    return _document(height, title, note, parts)
