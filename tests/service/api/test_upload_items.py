"""What an upload says of its items: with few questions to the database, whatever became of the activities since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """Every statement that the engine is given meanwhile."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(engine, "before_cursor_execute", note)


def test_three_items_take_as_many_questions_as_one_and_a_deleted_activity_is_null(
    api: Any, athlete: str, watch_file: Any
) -> None:
    counts = []
    for names in (["fast_start"], ["hills", "jog", "pauses"]):
        parts = [("file", (name, watch_file(f"fit/valid/{name}.fit"))) for name in names]
        made = api.post(f"/v1/athletes/{athlete}/uploads", files=parts)
        assert made.json()["created"] == len(names)
        with statements(api.app.state.house.engine) as asked:
            items = api.get(made.headers["location"]).json()["items"]
        assert [item["name"] for item in items] == names
        counts.append(len(asked))
    assert counts[0] == counts[1]
    api.delete(f"/v1/activities/{items[1]['activity']['id']}")
    after = api.get(made.headers["location"]).json()["items"]
    assert [item["activity"] is None for item in after] == [False, True, False]
