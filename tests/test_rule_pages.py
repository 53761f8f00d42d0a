"""The pages of the rules are what the records, the docstrings and the tables of cases make of them."""

from __future__ import annotations

import pytest

from docs.make_rules import FOLDER, pages
from service.analysis.rule import Rule, all_rules

MADE = pages()


@pytest.mark.parametrize("name", MADE)
def test_a_page_is_up_to_date(name: str) -> None:
    """Run `python -m docs.make_rules` where this fails."""
    assert (FOLDER / name).read_text(encoding="utf-8") == MADE[name]


def test_nothing_else_lies_in_the_folder() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)


def test_every_rule_has_its_page() -> None:
    assert {f"{rule.code}.md" for rule in all_rules()} <= set(MADE)


@pytest.mark.parametrize("code", [rule.code for rule in all_rules()])
def test_every_rule_has_a_picture_with_its_window_shaded_for_light_and_dark_pages(code: str) -> None:
    picture = MADE[f"{code}.svg"]
    assert 'class="seen"' in picture
    assert 'class="run"' in picture or 'class="this"' in picture
    assert "prefers-color-scheme:dark" in picture
    assert "<title>" in picture
    assert f"({code}.svg)" in MADE[f"{code}.md"]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_page_tells_what_would_clear_it_or_why_nothing_is_told(rule: Rule) -> None:
    _, _, rest = MADE[f"{rule.code}.md"].partition("## What would clear it\n\n")
    assert rest.startswith("> " if rule.no_change is None else "No change is told: ")
    assert "## Golden scenarios" in rest
