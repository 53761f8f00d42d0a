"""What a link of a page downloads: the table of a history, as a spreadsheet opens it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

FORMULAS = (
    *('=HYPERLINK("http://127.0.0.1/","look")', "+1+1", "-2+3", "@SUM(A1:A9)", "=cmd|' /C calc'!A0"),
    *("＝1+1", " =1+1", '"=1+1'),
)
"""Names that a spreadsheet might run; the last three it takes for text only where the quotes are right."""
FILES = (
    *("fast_start", "easy_run", "jog", "tempo", "even_run"),
    *("hills", "long_run", "no_altitude"),
)


@pytest.fixture(scope="module")
def athlete(service: Any) -> str:
    """A runner whose runs bear names that a spreadsheet might run, in the order of time."""
    made = str(service.athlete(name="=1+1"))
    for file, name in zip(FILES, FORMULAS, strict=True):
        run = service.run(made, f"fit/valid/{file}.fit", temperature_c="18", humidity_pct="50")
        service.call("PATCH", f"/v1/activities/{run}", json={"name": name})
    return made


def saved(made: Any, folder: Path) -> tuple[str, list[dict[str, str]], bytes]:
    """What a click on the link for spreadsheets leaves on the disk: its name, its rows, its bytes."""
    with made.page.expect_download() as waited:
        made.page.click("text=The same for a spreadsheet (CSV)")
    path = folder / "saved.csv"
    waited.value.save_as(path)
    body = path.read_bytes()
    return waited.value.suggested_filename, list(csv.DictReader(body.decode("utf-8").splitlines())), body


def test_the_link_for_spreadsheets_downloads_what_the_filters_leave(
    tab: Callable[..., Any], service: Any, athlete: str, tmp_path: Path
) -> None:
    made = tab(accept_downloads=True)
    page = made.open(f"/athletes/{athlete}/history", drawn=True)
    page.select_option("select[name=warning]", "fast_start")
    page.click("form.filters button")
    page.wait_for_url("**warning=fast_start*")
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer) if ".csv" in answer.url else None)
    name, rows, _ = saved(made, tmp_path)
    assert name == "risk-history.csv"
    query = {"warning": "fast_start"}
    listed = service.call("GET", f"/v1/athletes/{athlete}/risk-history", params=query)["items"]
    assert [row["activity_id"] for row in rows] == [row["activity_id"] for row in listed]
    assert 0 < len(rows) < len(FILES)
    assert list(rows[0]) == [name for name in listed[0] if name not in ("red_flags", "utc_offset_s")]
    (answer,) = answers
    told = answer.headers
    assert told["content-type"] == "text/csv; charset=utf-8"
    assert told["content-disposition"] == 'attachment; filename="risk-history.csv"'
    assert told["x-content-type-options"] == "nosniff"


def test_no_cell_of_it_is_a_formula(tab: Callable[..., Any], service: Any, athlete: str, tmp_path: Path) -> None:
    made = tab(accept_downloads=True)
    made.open(f"/athletes/{athlete}/history", drawn=True)
    _, rows, body = saved(made, tmp_path)
    assert len(rows) == len(FILES)
    cells = [cell for row in csv.reader(body.decode().splitlines()) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))] == []
    assert {row["name"].removeprefix("'") for row in rows} == set(FORMULAS)
