"""Standing advice: what holds for the athlete now, not for one run."""

from __future__ import annotations

from typing import Any

from service.api.advice import StandingAdvice


def advice(api: Any, athlete: str, **headers: str) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/athletes/{athlete}/advice", headers=headers)
    assert answer.status_code == 200, answer.text
    StandingAdvice.model_validate(answer.json())
    return list(answer.json()["items"])


def test_an_athlete_without_a_run_has_the_advice_that_always_holds(api: Any) -> None:
    items = advice(api, str(api.athlete()))
    assert {"strength", "sleep", "day_fluid"} <= {item["code"] for item in items}
    assert {item["phase"] for item in items} <= {"daily", "weekly", "monthly"}
    assert sum(item["primary"] for item in items) <= 5
    assert all(item["text"] for item in items)


def test_advice_is_not_repeated_in_the_assessment_of_a_run(api: Any) -> None:
    athlete = str(api.athlete())
    run = api.run(athlete, "fit/valid/even_run.fit")
    said = {reminder["code"] for reminder in run["assessment"]["reminders"]}
    assert not said & {item["code"] for item in advice(api, athlete)}


def test_advice_urges_no_minerals_where_amounts_are_hidden(api: Any) -> None:
    athlete = str(api.athlete(hide_amounts=True))
    assert all(item["amount"] is None for item in advice(api, athlete))


def test_a_foreign_athlete_is_not_found(api: Any) -> None:
    assert api.get("/v1/athletes/ath_00000000000000000000000000/advice").status_code == 404
