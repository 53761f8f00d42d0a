"""The very same file by several sync services and by hand: one run, that goes with the last who takes it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.service.scene import BASE, Scene, play, watch_file
from tests.service.sync.stage import RUNS

ORDERS = [("garmin", "polar", "upload"), ("polar", "upload", "garmin"), ("upload", "garmin", "polar")]


def doors(activity: dict[str, Any]) -> list[str]:
    return [source["via"] for source in activity["sources"]]


async def by_hand(on_stage: Scene, file: bytes) -> str:
    uploaded = await on_stage.http.post(f"{BASE}/v1/athletes/{on_stage.athlete_id}/uploads", content=file)
    return str(uploaded.json()["items"][0]["outcome"])


async def left_with(on_stage: Scene, expected: set[str]) -> dict[str, Any]:
    """The only activity, once it came by these doors and no other."""

    async def only() -> dict[str, Any] | None:
        found = await on_stage.activities()
        return found[0] if len(found) == 1 and set(doors(found[0])) == expected else None

    return dict(await on_stage.until(only))


async def left(on_stage: Scene, name: str) -> None:
    """The athlete takes the consent back."""
    answer = await on_stage.http.delete(f"{BASE}/v1/athletes/{on_stage.athlete_id}/connections/{name}")
    assert answer.status_code == 204


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_the_same_bytes_through_two_services_and_by_hand_are_one_activity_until_the_last_is_taken_back(
    order: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(on_stage: Scene) -> None:
        file = watch_file("garmin")
        scenes = {one.name: one for one in (on_stage, *on_stage.others)}
        came: set[str] = set()
        for door in order:
            if door == "upload":
                assert await by_hand(on_stage, file) == ("duplicate" if came else "created")
            else:
                await scenes[door].told(scenes[door].fake.created(scenes[door].add(file=file)))
            came.add(door)
            activity = await left_with(on_stage, came)
        assert doors(activity) == list(order)
        assert len({source["sha256"] for source in activity["sources"]}) == 1
        received = [source["received_at"] for source in activity["sources"]]
        assert received == sorted(received)
        assert (await on_stage.feed()).count("activity.assessed") == 1

        await left(on_stage, "garmin")
        await left_with(on_stage, {"polar", "upload"})
        await left(on_stage, "polar")
        last = await left_with(on_stage, {"upload"})
        assert last["id"] == activity["id"]
        assert last["assessment"] == activity["assessment"]
        original = await on_stage.http.get(f"{BASE}/v1/activities/{last['id']}/file")
        assert original.content == file
        assert "activity.deleted" not in await on_stage.feed()

    play(story, "garmin", tmp_path, monkeypatch, others=("polar",))


def test_a_service_that_has_its_consent_taken_back_may_bring_the_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No stone is left of a further arrival, as none is left of a run that went so."""

    async def story(on_stage: Scene) -> None:
        (polar,) = on_stage.others
        file = watch_file("garmin")
        await on_stage.told(on_stage.fake.created(on_stage.add(file=file)))
        await left_with(on_stage, {"garmin"})
        await polar.told(polar.fake.created(polar.add(file=file)))
        await left_with(on_stage, {"garmin", "polar"})
        await left(on_stage, "garmin")
        await left_with(on_stage, {"polar"})
        await on_stage.consented()
        await on_stage.told(on_stage.fake.created(on_stage.fake.runs[RUNS["garmin"][0]]))
        activity = await left_with(on_stage, {"garmin", "polar"})
        assert doors(activity) == ["polar", "garmin"]

    play(story, "garmin", tmp_path, monkeypatch, others=("polar",))


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_deletion_told_by_one_service_leaves_the_run_to_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, comes_first: bool
) -> None:
    async def story(on_stage: Scene) -> None:
        (polar,) = on_stage.others
        file = watch_file("polar")
        run, other = on_stage.add(file=file), polar.add(file=file)
        first, second = (on_stage, polar) if comes_first else (polar, on_stage)
        for one in (first, second):
            await one.told(one.fake.created(run if one is on_stage else other))
            await left_with(on_stage, {first.name, one.name})
        await on_stage.told(on_stage.fake.created(run))
        await on_stage.settled()
        assert doors(await left_with(on_stage, {"polar", "standard"})) == [first.name, second.name]
        await on_stage.told(on_stage.fake.message("activity.deleted", run))
        activity = await left_with(on_stage, {"polar"})
        await on_stage.told(on_stage.fake.message("activity.created", run, message_id="late"))
        await on_stage.settled()
        assert doors(await left_with(on_stage, {"polar"})) == ["polar"]
        feed = await on_stage.feed()
        assert (feed.count("activity.updated"), feed.count("activity.deleted")) == (2, 0)
        assert activity["assessment"]["status"] == "scored"

    play(story, "standard", tmp_path, monkeypatch, others=("polar",))
