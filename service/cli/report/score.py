"""The score: the number, the level in words, and a bar whose parts add up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service import figures
from service.cli.report.look import Look, level_text
from service.cli.report.strip import ruler

Document = Mapping[str, Any]

INDENT = 2
MOST_POINTS = 100
PART_STYLES = ("cyan", "magenta", "yellow", "blue", "green", "red")


def score(assessment: Document, look: Look) -> RenderableType:
    """The whole section; where nothing is scored, why."""
    heading = look.rule("Risk factors in this run")
    if assessment.get("score") is None:
        return Group(heading, look.indented(_not_scored(assessment)))
    return Group(
        heading,
        _verdict(assessment, look),
        *_bar(assessment, look),
        _parts(assessment, look),
        look.indented(_levels(assessment)),
        look.indented(_doubt(assessment)),
    )


def _not_scored(assessment: Document) -> str:
    if assessment.get("status") == "too_short":
        return "Too short to be assessed: an assessment needs 5 minutes and 500 metres."
    reason = figures.words(assessment.get("reason"))
    return f"Not scored ({reason})." if reason else "Not scored."


def _verdict(assessment: Document, look: Look) -> Text:
    return Text.assemble(
        " " * INDENT,
        look.text(f"{assessment['score']} of {MOST_POINTS} points", "bold"),
        ", level ",
        level_text(look, assessment.get("level")),
        look.text("   (points, not per cent)", "dim"),
    )


def _bar(assessment: Document, look: Look) -> list[Text]:
    """The bar over a scale of 100 points, each part with a filling of its own."""
    cells = look.width - 2 * INDENT - 4
    line, drawn, total = Text(" " * INDENT), 0, 0
    for at, part in enumerate(assessment["explanation"]):
        total = min(total + max(part["points"], 0), assessment["score"])
        end = round(total * cells / MOST_POINTS)
        line.append(_filling(look, at) * (end - drawn), PART_STYLES[at % len(PART_STYLES)])
        drawn = max(drawn, end)
    line.append(look.text(look.axis * (cells - drawn), "dim"))
    scale = look.text(" " * INDENT + ruler(MOST_POINTS, cells, room=10), "dim")
    return [line, scale]


def _filling(look: Look, at: int) -> str:
    return look.parts[at % len(look.parts)]


def _parts(assessment: Document, look: Look) -> RenderableType:
    parts: Sequence[Document] = assessment["explanation"]
    if not parts:
        return look.indented("Nothing in this run brings points.")
    grid = Table.grid(padding=(0, 1), pad_edge=False)
    grid.add_column(width=INDENT + 1, justify="right")
    grid.add_column(width=4, justify="right")
    grid.add_column(ratio=1)
    for at, part in enumerate(parts):
        style = PART_STYLES[at % len(PART_STYLES)]
        mark = _filling(look, at) if part["points"] > 0 else " "
        words = part.get("text") or figures.words(part["feature"])
        grid.add_row(Text(mark, style), look.text(f"{part['points']:+d}"), look.text(words))
    grid.add_row("", look.text(str(sum(part["points"] for part in parts)), "bold"), look.text("in all", "bold"))
    return grid


def _levels(assessment: Document) -> str:
    """Where the level comes from: the points, or the table of conditions, which never adds points."""
    points, table = (figures.words(assessment.get(name)) for name in ("points_level", "condition_level"))
    if not table:
        return f"The points alone give the level: {points}. No condition of the day or the course lifts it."
    if assessment.get("level_source") == "points":
        return f"The points give the level: {points}. The conditions of the day and the course say {table}, no higher."
    return (
        f"The points alone would say {points}; the conditions of the day or the course lift the level to {table}, "
        "without adding points."
    )


def _doubt(assessment: Document) -> str:
    low, high = assessment.get("score_low"), assessment.get("score_high")
    sentences = [f"Confidence in the level: {figures.words(assessment.get('confidence'))}."]
    if high is not None and high != low:
        sentences.append(f"With everything known, the score could be {low} to {high}.")
    if assessment.get("forecast_score") not in {None, assessment.get("score")}:
        sentences.append(f"For a similar run to come: {assessment['forecast_score']}.")
    if assessment.get("usual_for_athlete") is not None:
        sentences.append(f"Higher than {figures.half_up(assessment['usual_for_athlete'])} % of your recent runs.")
    return " ".join(sentences)
