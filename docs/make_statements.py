"""Makes docs/statements.md: every statement of the article in our own words, its grade, and who carries it out.

Run as `python -m docs.make_statements`; a test demands that the page is what this makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from service.analysis import advice
from service.analysis.advice import panels, reported, safety, standing, statements
from service.analysis.rule import all_rules

PAGE = Path(__file__).with_name("statements.md")
OPENING = """# Statements

The article is one on running cramps, which makes 74 statements that somebody can act on. They are numbered from A01 to
A74, and a report names them where it says "the article". The wording here is ours, and so is the grade: how good the
evidence is for the statement as a claim about cramps ([rules](rules/README.md) tells what the letters mean; a dash
claims nothing).

Some of it the evidence contradicts. It is carried out all the same, as a reminder, and bears its grade.
"""


def carriers(ref: str) -> Iterator[str]:
    """Where a statement is carried out: rules by their pages, reminders and background texts by their codes."""
    yield from (f"[`{rule.code}`](rules/{rule.code}.md)" for rule in all_rules() if ref in rule.article_refs)
    every = (*advice.all_advice(), *standing.STANDING)
    yield from (f"reminder `{one.code}`" for one in every if ref in one.article_refs)
    yield from (f"[background](#{key})" for key, panel in panels.PANELS.items() if ref in panel.article_refs)
    yield from (f"[answer to a report](#{key})" for key, refs in reported.REFS.items() if ref in refs)


def page() -> str:
    """The page: statements, then the background texts that belong to no single run."""
    lines = [OPENING, "| id | about | grade | statement | carried out by |", "|---|---|---|---|---|"]
    for ref, each in statements.STATEMENTS.items():
        cells = (ref, each.topic, each.grade or "–", each.text, ", ".join(carriers(ref)))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "## Background", "", "Texts that belong to no single run, with what always stands beside them."]
    for key, panel in panels.PANELS.items():
        beside = [f"> {safety.TEXTS[f'safety-{one}']}" for one in panel.safety_keys]
        refs = f"*Statements {', '.join(panel.article_refs)}.*"
        lines += ["", f"### {key}", "", panel.text, "", *(line for text in beside for line in (text, "")), refs]
    lines += [
        "",
        "## Answers to a cramp report",
        "",
        "What a runner is told who has just reported a cramp or a stitch.",
    ]
    for key, text in reported.TEXTS.items():
        lines += ["", f"### {key}", "", text, "", f"*Statements {', '.join(reported.REFS[key])}.*"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
