"""A level that is higher than its points has the reason beside it, wherever runs are listed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from service import levels
from service.analysis.risk import LEVELS, THRESHOLDS, level_of
from service.analysis.rule import all_rules
from service.store.scope import Scope
from service.web import assets, bar, lifting

HEAT = {"temperature_c": "30", "humidity_pct": "70"}
MILD = {"temperature_c": "15", "humidity_pct": "50"}


def row(page: Any, run: str) -> str:
    return str(page.text(f"//table[@class='runs']/tbody/tr[th/a/@href='/activities/{run}']"))


def test_what_can_lift_a_level_is_what_the_rules_say() -> None:
    assert levels.lifts() == {rule.code: rule.lifts for rule in all_rules() if rule.lifts}
    assert lifting._by_codes(levels.lifts(), "very_high") == ("heat",)
    assert set(lifting._by_codes(levels.lifts(), "moderate")) == {"hilly", "dry_windy", "cold"}


def test_the_chart_and_the_bar_have_the_borders_of_the_analysis(browser: Any, api: Any) -> None:
    athlete = api.athlete(mass_kg=70)
    api.run(athlete, "fit/valid/fast_start.fit", **MILD)
    chart = browser.open(f"/athletes/{athlete}/history").one("//*[@id='curve']")
    for name, level in (("moderate", "moderate"), ("high", "high"), ("very-high", "very_high")):
        first = int(chart.get(f"data-from-{name}"))
        assert (level_of(first - 1), level_of(first)) != (level, level)
        assert level_of(first) == level
    assert (chart.get("data-from-low"), int(chart.get("data-end"))) == ("0", THRESHOLDS["score_max"].value)
    assert [(word, int(chart.get(f"data-from-{word.replace('_', '-')}"))) for word in LEVELS] == [
        (word, first) for word, first, _ in bar.BORDERS
    ]


def test_no_script_knows_a_border_by_itself() -> None:
    borders = "|".join(str(first) for _, first, _ in bar.BORDERS[1:])
    scripts = sorted((Path(str(assets.__file__)).parent / "static").glob("*.js"))
    assert len(scripts) > 3
    assert [one.name for one in scripts if re.search(rf"(?<![.\w])(?:{borders})(?![.\w])", one.read_text())] == []


def test_what_lifted_a_level_stands_beside_it(browser: Any, api: Any) -> None:
    athlete = api.athlete(mass_kg=70)
    hot = api.run(athlete, "fit/valid/long_run.fit", **HEAT)["id"]
    hilly = api.run(athlete, "fit/valid/hills.fit", **MILD)["id"]
    plain = api.run(athlete, "fit/valid/fast_start.fit", **MILD)["id"]
    for path in (f"/athletes/{athlete}", f"/athletes/{athlete}/history"):
        page = browser.open(path)
        assert "very high lifted from moderate by heat" in row(page, hot)
        assert "high lifted from low by hills" in row(page, hilly)
        assert "lifted" not in row(page, plain)
        assert "moderate from 25 on, high from 45 and very high from 65" in page.text("//main")


def test_where_the_codes_leave_it_open_the_severities_decide(browser: Any, api: Any) -> None:
    """A warm run over high hills: heat and hills can each make a run high, and here the hills alone did."""
    athlete = api.athlete()
    run = api.run(athlete, "fit/valid/hills.fit", temperature_c="27", humidity_pct="40")
    assert {"heat", "hilly"} <= {one["code"] for one in run["assessment"]["warnings"]}
    listed = api.get(f"/v1/athletes/{athlete}/risk-history").json()["items"]
    with api.app.state.house.engine.connect() as db:
        found = lifting.causes(db, listed, scope=Scope.of(athlete))
    assert found == {run["id"]: ("hilly",)}


@pytest.mark.parametrize("source", ["points", None])
def test_a_level_that_the_points_give_asks_for_no_reason(source: str | None) -> None:
    run = {"activity_id": "act_1", "level": "high", "level_source": source, "warnings": ["heat"]}
    assert lifting.causes(None, [run], scope=Scope.everyone()) == {}  # type: ignore[arg-type] - nothing is asked of it
