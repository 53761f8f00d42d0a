"""A level that is higher than its points has the reason beside it, wherever runs are listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.analysis import rules
from service.store.scope import Scope
from service.web import lifting

HEAT = {"temperature_c": "30", "humidity_pct": "70"}
MILD = {"temperature_c": "15", "humidity_pct": "50"}


def row(page: Any, run: str) -> str:
    return str(page.text(f"//table[@class='runs']/tbody/tr[th/a/@href='/activities/{run}']"))


def test_every_rule_that_lifts_a_level_is_known_here() -> None:
    folder = Path(str(rules.__file__)).parent
    lifts = {path.stem for path in folder.glob("*.py") if "condition_level=" in path.read_text()}
    assert lifts == set(lifting.FLOORS)


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
