"""What was measured, as a table for people, in docs/performance.md and on the terminal, and as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.measure import Case, Measured
from benchmarks.peers import OURS, ROOT

PAGE = ROOT / "docs" / "performance.md"
FIT_PICTURE = ROOT / "docs" / "performance.svg"
TRACKS_PICTURE = ROOT / "docs" / "performance-tracks.svg"
Results = list[tuple[Case, list[Measured]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one benchmark has to say: its part of the page, and a sentence for every figure that was missed."""

    text: str
    missed: tuple[str, ...] = ()


_BAR, _GAP, _LEFT, _WIDTH = 18, 6, 270, 820


def table(case: Case, found: Sequence[Measured], *, ours: str = OURS.name) -> str:
    """One case as a Markdown table: CPU ms, how many times our time that is, what was asked for, speed and memory."""
    our_s = next((one.seconds for one in found if one.reader == ours), None)
    lines = [
        f"**{case.name}**, {case.path.stat().st_size / 1000:.0f} kB, {case.records:,} records",
        "",
        "| reader | CPU ms | times ours | at least | records/s | MB of Python memory | MB of the process |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    return "\n".join([*lines, *(_line(case, one, None if one.reader == ours else our_s) for one in found)])


def _line(case: Case, one: Measured, our_s: float | None) -> str:
    if one.seconds is None:
        return f"| {one.reader} | did not finish: {one.error} | | | | | |"
    ratio = f"{one.seconds / our_s:,.1f}" if our_s else ""
    least = f"{case.targets[one.reader]:,g}" if one.reader in case.targets else ""
    held = _megabytes(one.peak_bytes)
    if our_s is None and case.most_bytes is not None:
        held += f" (at most {case.most_bytes / 1e6:g})"
    speed = f"{case.records / one.seconds:,.0f}"
    return (
        f"| {one.reader} | {one.seconds * 1000:,.2f} | {ratio} | {least} | {speed} | {held} "
        f"| {_megabytes(one.resident_bytes)} |"
    )


def _megabytes(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.2f}"


def missed(results: Results, *, ours: str = OURS.name) -> list[str]:
    """Every figure that was to be reached and was not, as a sentence."""
    out = []
    for case, found in results:
        seconds = {one.reader: one.seconds for one in found}
        our_s = seconds.get(ours)
        for reader, least in case.targets.items():
            theirs = seconds.get(reader)
            if our_s and theirs and theirs / our_s < least:
                out.append(f"{case.name}: {theirs / our_s:,.1f} times faster than {reader}, {least:,g} wanted")
        held = next((one.peak_bytes for one in found if one.reader == ours), None)
        if held is not None and case.most_bytes is not None and held > case.most_bytes:
            out.append(f"{case.name}: {held / 1e6:.2f} MB of memory, at most {case.most_bytes / 1e6:g} wanted")
    return out


def write(section: str, text: str, page: Path = PAGE) -> None:
    """Put the text between the page's marks for the section; the rest of the page stays as it is."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {section}: begin -->\n")
    _, end, after = rest.partition(f"<!-- {section}: end -->")
    if not begin or not end:
        raise ValueError(f"{page.name} has no marks for {section!r}")
    page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", encoding="utf-8")


def picture(results: Results, *, of: str) -> str:
    """Bars of CPU time on a logarithmic scale, one group a case, as SVG; the numbers stand beside them."""
    rows: list[str] = []
    top = 10
    for case, found in results:
        rows.append(f'<text x="10" y="{top + 14}" class="case">{escape(case.name)}</text>')
        top += 26
        for one in found:
            if one.seconds is not None:
                rows.append(_bar(one, top))
                top += _BAR + _GAP
        top += 14
    style = (
        "text{font:13px sans-serif;fill:#334}.case{font-weight:bold}"
        ".bar{fill:#9fb4c7}.ours{fill:#2b7a5b}@media(prefers-color-scheme:dark){text{fill:#cde}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'aria-label="CPU time of {escape(of)}, logarithmic scale"><style>{style}</style>{"".join(rows)}</svg>\n'
    )


def _bar(one: Measured, top: int) -> str:
    assert one.seconds is not None
    milliseconds = one.seconds * 1000
    width = max(2.0, (math.log10(milliseconds) + 0.5) * 110)
    kind = "ours" if one.reader.startswith(OURS.name) else "bar"
    return (
        f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(one.reader)}</text>'
        f'<rect class="{kind}" x="{_LEFT}" y="{top}" width="{width:.0f}" height="{_BAR}"/>'
        f'<text x="{_LEFT + width + 6:.0f}" y="{top + 13}">{milliseconds:,.2f} ms</text>'
    )
