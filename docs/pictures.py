"""The pictures on the pages of the rules: a strip chart of a run, or its history as bars. SVG, and deterministic.

Colours follow the reader's light or dark page; what is shaded is what the rule looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from parsers.activity import Column

WIDTH, HEIGHT, MARGIN, POINTS = 720, 200, 40, 240
SMOOTH_S = 15
MOST_TICKS = 10
STYLE = (
    "text{fill:#52606d}.axis{stroke:#52606d}.seen{fill:#d9822b;fill-opacity:.22}"
    ".run{stroke:#2563a8;stroke-width:1.5;fill:none}.bar{fill:#7f9db9}.this{fill:#2563a8}.cramp{fill:#c0392b}"
    "@media(prefers-color-scheme:dark){text{fill:#a3b1bf}.axis{stroke:#a3b1bf}.seen{fill:#f0a04b;fill-opacity:.25}"
    ".run{stroke:#6fb1f2}.bar{fill:#5c7690}.this{fill:#6fb1f2}.cramp{fill:#ff7b6b}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One run of a history: how many days before (0: the run itself), its value, and whether it cramped."""

    days_before: float
    value: float
    cramped: bool = False


def strip_chart(
    distance_m: Column, values: Column, spans: Sequence[tuple[float, float]], *, label: str, title: str
) -> str:
    """`values` over distance as a line, smoothed, the spans (start_m, end_m) shaded."""
    known = np.isfinite(values)
    whole_m = float(distance_m[-1])
    at_m = np.linspace(0.0, whole_m, POINTS)
    half = SMOOTH_S // 2
    smooth = np.convolve(np.pad(values[known], half, mode="edge"), np.ones(SMOOTH_S) / SMOOTH_S, mode="valid")
    shown = np.interp(at_m, distance_m[known], smooth)
    low, high = float(shown.min()), float(shown.max())
    pad = max(0.1 * (high - low), 0.05 * abs(high), 0.1)
    low, high = low - pad, high + pad

    def y(value: float) -> float:
        return HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)

    line = " ".join(f"{_x(metres, whole_m)},{y(value):.1f}" for metres, value in zip(at_m, shown, strict=True))
    decimals = 1 if high < 20 else 0
    marks = "".join(
        f'<text x="{MARGIN - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.{decimals}f}</text>'
        for value in (low + pad, high - pad)
    )
    shades = "".join(_shade(_x(start, whole_m), _x(end, whole_m)) for start, end in spans)
    step_km = max(1, round(whole_m / 1000 / MOST_TICKS))
    ticks = "".join(_tick(_x(km * 1000, whole_m), str(km)) for km in range(0, int(whole_m // 1000) + 1, step_km))
    return _svg(title, label, "km", f'{shades}\n<polyline class="run" points="{line}"/>\n{ticks}\n{marks}')


def bar_chart(bars: Sequence[Bar], *, days: float, label: str, title: str) -> str:
    """The runs of a history as bars over days, the last one being this run; the last `days` days are shaded.

    A run that cramped has a cross over its bar.
    """
    first = max(days, *(bar.days_before for bar in bars)) * 1.05
    top = max(bar.value for bar in bars)
    drawn = "".join(_bar(bar, first, top) for bar in bars)
    step = max(1, round(first / MOST_TICKS))
    ticks = "".join(_tick(_back(day, first), str(-day)) for day in range(0, int(first) + 1, step))
    marks = f'<text x="{MARGIN - 6}" y="{MARGIN + 4}" text-anchor="end">{top:.{0 if top >= 10 else 1}f}</text>'
    shade = _shade(_back(min(days, first), first), f"{WIDTH - MARGIN:.1f}")
    return _svg(title, label, "days", f"{shade}\n{drawn}\n{ticks}\n{marks}")


def _bar(bar: Bar, first: float, top: float) -> str:
    height = bar.value / top * (HEIGHT - 2 * MARGIN)
    kind = "cramp" if bar.cramped else "this" if bar.days_before == 0 else "bar"
    middle, top_y = float(_back(bar.days_before, first)), HEIGHT - MARGIN - height
    cross = f'<text x="{middle:.1f}" y="{top_y - 3:.1f}" text-anchor="middle">×</text>' if bar.cramped else ""
    return f'<rect class="{kind}" x="{middle - 2.5:.1f}" y="{top_y:.1f}" width="5" height="{height:.1f}"/>{cross}'


def _back(days_before: float, first: float) -> str:
    """The x of a day before, the run itself standing a little off the right edge."""
    return f"{WIDTH - MARGIN - 8 - days_before / first * (WIDTH - 2 * MARGIN - 8):.1f}"


def _x(metres: float, whole_m: float) -> str:
    return f"{MARGIN + metres / whole_m * (WIDTH - 2 * MARGIN):.1f}"


def _shade(left: str, right: str) -> str:
    width = float(right) - float(left)
    return f'<rect class="seen" x="{left}" y="{MARGIN}" width="{width:.1f}" height="{HEIGHT - 2 * MARGIN}"/>'


def _tick(x: str, words: str) -> str:
    return f'<text x="{x}" y="{HEIGHT - MARGIN + 16}" text-anchor="middle">{words}</text>'


def _svg(title: str, label: str, unit: str, drawing: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f'{drawing}\n<line class="axis" x1="{MARGIN}" y1="{HEIGHT - MARGIN}" x2="{WIDTH - MARGIN}" '
        f'y2="{HEIGHT - MARGIN}"/>\n<text x="{MARGIN}" y="{MARGIN - 14}">{escape(label)} · {escape(title)}</text>\n'
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 6}" text-anchor="end">{unit}</text>\n</svg>\n'
    )
