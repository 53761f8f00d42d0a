"""Ids: opaque, prefixed, in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.store.ids import ID_LENGTH, is_id, new_id

NOW = datetime(2026, 10, 4, 7, 0, 12, tzinfo=UTC)


def test_ids_sort_by_the_time_they_were_made_at() -> None:
    made = [new_id("act", NOW + timedelta(milliseconds=step)) for step in (0, 1, 1000, 10**9)]
    assert made == sorted(made)
    assert {len(one) for one in made} == {ID_LENGTH}


def test_ids_of_one_moment_differ_and_keep_their_order() -> None:
    made = [new_id("act", NOW) for _ in range(1000)]
    assert made == sorted(set(made))


@pytest.mark.parametrize(
    "value", ["act_01m42vd330twyhakrv42twwhgn", "act_" + "0" * 26, "act_7zzzzzzzzzzzzzzzzzzzzzzzzz"]
)
def test_an_id_is_known_by_its_shape(value: str) -> None:
    assert is_id(value, "act")
    assert not is_id(value, "ath")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "act_",
        "act_" + "0" * 25,
        "act_" + "0" * 27,
        "act_" + "8" + "0" * 25,
        "act_" + "l" * 26,
        "act_" + "A" * 26,
        "act_../../../../../../etc/pass",
        "act_" + "0" * 26 + "\n",
        "act_" + "٣" * 26,
    ],
)
def test_nothing_else_is_one(value: str) -> None:
    assert not is_id(value, "act")
