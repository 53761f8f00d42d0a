"""Each trap of real files has a test that is there, and each test of a trap is told of."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "formats" / "traps.md"
FIT_TRAPS = "parsers/formats/fit/test_traps.py"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| trap |")
]
NAMED = [(row[0], *name.split("::")) for row in ROWS for name in re.findall(r"`([\w/]+\.py::\w+)`", row[-1])]
LEAST = 60
"""Traps that are known. The number may grow: whoever takes one out of the page has to say so here."""


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_the_page_has_a_row_for_each_trap_with_at_least_one_test() -> None:
    assert len(ROWS) >= LEAST
    assert len({row[0] for row in ROWS}) == len(ROWS)
    assert {row[0] for row in ROWS} == {trap for trap, *_ in NAMED}


@pytest.mark.parametrize(("trap", "file", "name"), NAMED, ids=lambda value: str(value)[:40])
def test_the_test_of_a_trap_is_there(trap: str, file: str, name: str) -> None:
    assert name in functions_of(file), f"nothing stands guard any more over: {trap}"


def test_every_test_of_a_fit_trap_is_on_the_page() -> None:
    told = {name for _, file, name in NAMED if file == FIT_TRAPS}
    assert functions_of(FIT_TRAPS) - told == set()
