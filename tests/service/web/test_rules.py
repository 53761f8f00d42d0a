"""The pages of the rules: where a warning comes from, open to everybody."""

from __future__ import annotations

from typing import Any

import pytest

from service.analysis.rule import all_rules

RULES = {rule.code: rule for rule in all_rules()}


def test_every_rule_is_listed_with_its_grade_and_leads_to_its_page(browser: Any) -> None:
    page = browser.open("/rules")
    assert [one.get("href") for one in page.all("//dl//a")] == [f"/rules/{code}" for code in RULES]
    for said, rule in zip(page.texts("//dl//dd"), RULES.values(), strict=True):
        assert said == f"{rule.summary} grade {rule.evidence_grade}"


@pytest.mark.parametrize("code", RULES)
def test_a_rule_shows_each_threshold_with_its_source_and_each_statement(browser: Any, code: str) -> None:
    page, rule = browser.open(f"/rules/{code}"), RULES[code]
    assert page.text("//h1") != code
    rows = page.texts("//section[@aria-labelledby='thresholds-title']//tbody/tr")
    assert len(rows) == len(rule.thresholds)
    for said, threshold in zip(rows, rule.thresholds.values(), strict=True):
        assert threshold.source in said
    statements = page.all("//section[@aria-labelledby='statements-title']//div/@id")
    assert statements == list(rule.article_refs)
    assert f"grade {rule.evidence_grade}" in page.text("//main")
    shown = page.texts("//section[@aria-labelledby='points-title']//li")
    assert len(shown) == (len(rule.points) if any(rule.points.values()) else 0)


def test_a_rule_that_is_not_there_is_a_page_that_says_so(browser: Any) -> None:
    assert "There is no such page or run here." in browser.open("/rules/banana", status=404).text("//main")


def test_a_warning_leads_to_its_rule(api: Any, browser: Any) -> None:
    page = browser.open(f"/activities/{api.run(api.athlete())['id']}")
    (link,) = page.all("//li[@id='why-fast_start']//a[starts-with(@href, '/rules/')]")
    assert link.get("href") == "/rules/fast_start"
    browser.open(link.get("href"))


def test_lengths_are_told_in_the_units_of_the_page_that_leads_there(api: Any, browser: Any) -> None:
    run = api.run(api.athlete(units="imperial"))
    (link,) = browser.open(f"/activities/{run['id']}").all("//li[@id='why-fast_start']//a[contains(@href, '/rules/')]")
    assert "9,843 ft" in browser.open(link.get("href")).text("//main")
    assert "3,000 m" in browser.open("/rules/fast_start?units=ell").text("//main")


def test_the_menu_is_that_of_the_other_pages_and_nothing_in_it_is_current(browser: Any) -> None:
    page = browser.open("/rules")
    assert page.texts("//nav//a") == ["Runs", "History", "Coach", "Settings"]
    assert page.all("//nav//a[@aria-current]") == []
