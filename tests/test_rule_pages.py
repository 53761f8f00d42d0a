"""The pages of the rules are what the records, the docstrings and the tables of cases make of them."""

from __future__ import annotations

import pytest

from docs.make_rules import FOLDER, pages
from service.analysis.rule import all_rules

MADE = pages()


@pytest.mark.parametrize("name", MADE)
def test_a_page_is_up_to_date(name: str) -> None:
    """Run `python -m docs.make_rules` where this fails."""
    assert (FOLDER / name).read_text(encoding="utf-8") == MADE[name]


def test_nothing_else_lies_in_the_folder() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)


def test_every_rule_has_its_page() -> None:
    assert {f"{rule.code}.md" for rule in all_rules()} <= set(MADE)
