"""What holds for every rule of the folder: its record is whole, its texts are there, its cases are told."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest

from service.analysis.advice.statements import STATEMENTS
from service.analysis.finding import SEVERITIES
from service.analysis.risk import LEVELS
from service.analysis.rule import MARKS, Rule, all_rules
from service.analysis.texts import english

HERE = Path(__file__).parent
RULES = {rule.code: rule for rule in all_rules()}


def test_there_are_rules() -> None:
    assert {"fast_start", "hilly", "duration"} <= set(RULES)


def test_orders_are_a_fixed_reading_order() -> None:
    assert [rule.code for rule in all_rules()] == [rule.code for rule in sorted(RULES.values(), key=_by_order)]


def _by_order(rule: Rule) -> tuple[int, str]:
    return rule.order, rule.code


@pytest.mark.parametrize("code", RULES)
def test_the_docstring_is_a_page(code: str) -> None:
    page = inspect.getdoc(inspect.getmodule(RULES[code].check))
    assert page is not None
    assert len(page.split()) > 40


@pytest.mark.parametrize("code", RULES)
def test_every_threshold_has_a_mark_and_a_source(code: str) -> None:
    for threshold in RULES[code].thresholds.values():
        assert threshold.mark in MARKS
        assert threshold.source
        assert (threshold.mark == "J") == threshold.source.startswith("chosen by us")


@pytest.mark.parametrize("code", RULES)
def test_texts_are_declared_and_named_after_the_rule(code: str) -> None:
    keys = set(RULES[code].texts)
    assert {f"{code}-title", f"{code}-text", f"{code}-headline"} <= keys
    assert all(key.startswith(f"{code}-") for key in keys)
    assert keys <= set(english())
    if any(RULES[code].points.values()):
        assert f"{code}-points" in keys


@pytest.mark.parametrize("code", RULES)
def test_statements_and_grades_exist(code: str) -> None:
    rule = RULES[code]
    assert rule.article_refs
    assert set(rule.article_refs) <= set(STATEMENTS)
    assert rule.evidence_grade in {"A", "B", "C", "D"}


@pytest.mark.parametrize("code", RULES)
def test_what_a_rule_lifts_a_level_to_stands_in_its_record(code: str) -> None:
    rule, source = RULES[code], inspect.getsource(inspect.getmodule(RULES[code].check) or inspect)
    assert rule.lifts.keys() <= rule.points.keys()
    for levels in rule.lifts.values():
        assert list(levels) == sorted(levels, key=LEVELS.index)
    assert ("condition_level=" in source) == ("condition_level=rule.lift(" in source) == bool(rule.lifts)


@pytest.mark.parametrize("code", RULES)
def test_points_grow_with_severity(code: str) -> None:
    points = [RULES[code].points[severity] for severity in SEVERITIES if severity in RULES[code].points]
    assert points == sorted(points)


@pytest.mark.parametrize("code", RULES)
def test_the_cases_tell_found_clear_skipped_and_the_very_threshold(code: str) -> None:
    cases = _tests_of(code)
    told = {expected.split()[0] for _, _, expected in cases.CASES.values()}
    needed = {"found", "clear"} if hasattr(cases, "NEVER_SKIPS") else {"found", "clear", "skipped"}
    assert needed <= told
    assert any("threshold" in name for name in vars(cases) if name.startswith("test_"))


def _tests_of(code: str) -> ModuleType:
    path = HERE / f"test_{code}.py"
    spec = importlib.util.spec_from_file_location(f"cases_of_{code}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
