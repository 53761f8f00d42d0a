"""The original file, the streams, and the rows worked out of them."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api import rows as row_shapes
from service.api import shapes, streams
from service.api.streams import CHANNELS, as_json, as_scaled_json, floats, thinned
from service.examine import INT32_MISSING

HILLS = "fit/valid/hills.fit"


@pytest.fixture(scope="module")
def run(api: Any) -> dict[str, Any]:
    return dict(api.run(api.athlete(hr_rest_bpm=50, hr_max_bpm=190), HILLS))


@pytest.fixture(scope="module")
def path(run: dict[str, Any]) -> str:
    return f"/v1/activities/{run['id']}"


def table(answer: Any) -> list[list[str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.text)))


def test_the_file_is_a_download_and_never_a_page(api: Any, run: dict[str, Any], path: str, watch_file: Any) -> None:
    answer = api.get(f"{path}/file")
    assert answer.content == watch_file(HILLS)
    assert hashlib.sha256(answer.content).hexdigest() == run["sources"][0]["sha256"]
    assert answer.headers["content-disposition"].startswith('attachment; filename="hills.fit"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["content-type"] == "application/vnd.ant.fit"
    assert answer.headers["etag"] == f'"{run["sources"][0]["sha256"]}"'


def test_a_hostile_file_name_cannot_break_the_header(api: Any, athlete: str, watch_file: Any) -> None:
    made = api.upload(athlete, watch_file(HILLS), name='"; x="<b>.html\r\nSet-Cookie: a=b').json()
    activity = made["items"][0]["activity"]
    answer = api.get(f"/v1/activities/{activity['id']}/file")
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert "set-cookie" not in answer.headers
    plain = answer.headers["content-disposition"].split('"')[1]
    assert all(letter.isalnum() or letter in "._-" for letter in plain)


def test_a_source_is_chosen_by_its_hash(api: Any, run: dict[str, Any], path: str, problem_of: Any) -> None:
    assert api.get(f"{path}/file", params={"source": run["sources"][0]["sha256"]}).status_code == 200
    problem_of(api.get(f"{path}/file", params={"source": "0" * 64}), 404, "not_found")


def test_streams_are_columns_of_one_length(api: Any, path: str) -> None:
    found = api.get(f"{path}/streams").json()
    streams.StreamColumns.model_validate(found)
    assert found["points"] > 1000
    assert {len(column) for column in found["channels"].values()} == {found["points"]}
    assert set(found["channels"]) <= set(CHANNELS)
    assert {"time_s", "distance_m", "altitude_m", "grade", "speed_mps", "gap_mps"} <= set(found["channels"])
    time_s = found["channels"]["time_s"]
    assert time_s == sorted(set(time_s))
    assert found["channels"]["distance_m"][-1] == pytest.approx(api.get(path).json()["summary"]["distance_m"], rel=0.01)


def test_channels_select_and_what_is_not_there_is_null(api: Any, path: str, problem_of: Any) -> None:
    found = api.get(f"{path}/streams", params={"channels": "speed_mps,power_w,time_s"}).json()
    assert found["channels"].keys() == {"time_s", "speed_mps", "power_w"}
    assert found["channels"]["power_w"] is None
    problem_of(api.get(f"{path}/streams", params={"channels": "speed_mps,mood"}), 422, "invalid_field")
    problem_of(api.get(f"{path}/streams", params={"channels": ""}), 422, "invalid_field")


@pytest.mark.parametrize("most", [2, 3, 10, 101, 1000, 100_000])
def test_thinning_keeps_the_ends_and_the_extremes(api: Any, path: str, most: int) -> None:
    full = api.get(f"{path}/streams").json()
    thin = api.get(f"{path}/streams", params={"max_points": most}).json()
    assert thin["points"] <= most
    assert thin["points"] == min(most, full["points"])
    for name in ("time_s", "distance_m"):
        assert thin["channels"][name][0] == full["channels"][name][0]
        assert thin["channels"][name][-1] == full["channels"][name][-1]
    if most >= 10:
        speeds = [value for value in full["channels"]["speed_mps"] if value is not None]
        thin_speeds = [value for value in thin["channels"]["speed_mps"] if value is not None]
        assert (min(thin_speeds), max(thin_speeds)) == (min(speeds), max(speeds))


def test_a_thinned_row_is_a_whole_sample() -> None:
    n = 500
    columns = {"time_s": np.arange(float(n)), "altitude_m": np.sin(np.arange(n) / 7), "speed_mps": np.full(n, np.nan)}
    thin = thinned(columns, max_points=40)
    rows = thin["time_s"].astype(int)
    assert len(rows) == len(set(rows)) == 40
    np.testing.assert_array_equal(thin["altitude_m"], columns["altitude_m"][rows])


@pytest.mark.parametrize("most", [2, 3, 7, 100, 499])
@pytest.mark.parametrize("speed", ["even", "absent", "lost"])
def test_an_even_pace_is_thinned_to_as_many_rows_as_were_asked_for(most: int, speed: str) -> None:
    n = 500
    columns = {"time_s": np.arange(float(n))}
    if speed != "absent":
        columns["speed_mps"] = np.full(n, 3.0 if speed == "even" else np.nan)
    rows = thinned(columns, max_points=most)["time_s"]
    assert len(rows) == most
    assert np.diff(rows).max(initial=0) <= 2 * n / (most - 1) + 1


@given(
    speeds=st.lists(st.one_of(st.none(), st.floats(0, 12)), min_size=3, max_size=300),
    most=st.integers(2, 310),
)
def test_thinning_keeps_number_ends_order_and_extremes_whatever_is_missing(
    speeds: list[float | None], most: int
) -> None:
    n = len(speeds)
    speed = np.array([np.nan if value is None else value for value in speeds])
    thin = thinned({"time_s": np.arange(float(n)), "speed_mps": speed}, max_points=most)
    rows = thin["time_s"].astype(int).tolist()
    assert len(rows) == min(most, n)
    assert rows == sorted(set(rows))
    assert (rows[0], rows[-1]) == (0, n - 1)
    np.testing.assert_array_equal(thin["speed_mps"], speed[rows])
    if most >= 4 and not np.isnan(speed).all():
        kept = thin["speed_mps"]
        assert (np.nanmin(kept), np.nanmax(kept)) == (np.nanmin(speed), np.nanmax(speed))


def test_streams_as_csv(api: Any, path: str) -> None:
    rows = table(
        api.get(f"{path}/streams", params={"channels": "time_s,power_w,heart_rate_bpm"}, headers={"Accept": "text/csv"})
    )
    found = api.get(f"{path}/streams").json()
    assert rows[0] == ["time_s", "heart_rate_bpm", "power_w"]
    assert len(rows) == found["points"] + 1
    assert rows[1][2] == ""
    assert float(rows[5][0]) == found["channels"]["time_s"][4]


def test_a_treadmill_run_has_no_positions(api: Any, athlete: str) -> None:
    activity = api.run(athlete, "fit/valid/treadmill.fit")
    channels = api.get(f"/v1/activities/{activity['id']}/streams").json()["channels"]
    assert not {"lat_deg", "lon_deg"} & channels.keys()


@pytest.mark.parametrize(("unit", "length_m"), [("km", 1000.0), ("mi", 1609.344)])
def test_splits_cover_the_run(api: Any, run: dict[str, Any], path: str, unit: str, length_m: float) -> None:
    found = api.get(f"{path}/splits", params={"unit": unit}).json()
    row_shapes.SplitPage.model_validate(found)
    names = {"distance_m", "moving_s", "pace_s_per_km", "gap_s_per_km", "ascent_m", "descent_m", "heart_rate_avg_bpm"}
    for row in found["items"]:
        assert names <= row.keys()
        assert row["cadence_avg_spm"] == pytest.approx(run["summary"]["cadence_avg_spm"], abs=10)
    lengths = [row["distance_m"] for row in found["items"]]
    assert lengths[:-1] == pytest.approx([length_m] * (len(lengths) - 1), abs=15)
    assert sum(lengths) == pytest.approx(run["summary"]["distance_m"], rel=0.01)
    assert sum(row["moving_s"] for row in found["items"]) == pytest.approx(run["summary"]["moving_s"], rel=0.02)


def test_an_unknown_unit_is_refused(api: Any, path: str, problem_of: Any) -> None:
    problem_of(api.get(f"{path}/splits", params={"unit": "ell"}), 422, "invalid_field")


@pytest.mark.parametrize(
    ("rows", "shape"),
    [
        ("splits", row_shapes.SplitPage),
        ("laps", row_shapes.LapPage),
        ("climbs", row_shapes.ClimbPage),
    ],
)
def test_rows_come_as_json_and_as_csv(api: Any, path: str, rows: str, shape: type[shapes.Shape]) -> None:
    found = api.get(f"{path}/{rows}").json()
    shape.model_validate(found)
    assert found["items"] != []
    lines = table(api.get(f"{path}/{rows}", headers={"Accept": "text/csv"}))
    assert lines[0] == list(found["items"][0])
    assert len(lines) == len(found["items"]) + 1


def test_zones_need_a_resting_and_a_maximal_rate(api: Any, athlete: str) -> None:
    path = f"/v1/activities/{api.run(athlete, 'fit/valid/easy_run.fit')['id']}/zones"
    assert api.get(path).json()["items"] == []
    api.patch(f"/v1/athletes/{athlete}", json={"hr_rest_bpm": 50, "hr_max_bpm": 190})
    found = api.get(path).json()
    row_shapes.ZonePage.model_validate(found)
    assert len(found["items"]) == 6
    assert len(table(api.get(path, headers={"Accept": "text/csv"}))) == 7


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [("laps", "start_s", "cadence_avg_spm"), ("climbs", "kind", "cadence_avg_spm"), ("zones", "zone", "minutes")],
)
def test_a_table_without_rows_has_its_line_of_names(api: Any, athlete: str, rows: str, first: str, last: str) -> None:
    activity = api.run(athlete, "gpx/valid/no_elevation.gpx")
    lines = table(api.get(f"/v1/activities/{activity['id']}/{rows}", headers={"Accept": "text/csv"}))
    assert [(line[0], line[-1]) for line in lines] == [(first, last)]


def test_numbers_are_written_as_short_as_they_are_and_missing_ones_as_null() -> None:
    stored = {
        "heart_rate_bpm": (np.array([150, 151, 152], np.int32), 1.0),
        "distance_m": (np.array([0, 298, 100], np.int32), 100.0),
        "power_w": (np.array([200, INT32_MISSING, 0], np.int32), 1.0),
        "cadence_spm": (np.array([64 * 170, 64 * 170 + 1, 0], np.int32), 64.0),
    }
    body = as_json({**floats(stored), "grade": None}, points=3)
    assert body == (
        b'{"points":3,"channels":{"heart_rate_bpm":[150,151,152],"distance_m":[0.0,2.98,1.0],'
        b'"power_w":[200.0,null,0.0],"cadence_spm":[170.0,170.015625,0.0],"grade":null}}'
    )


def test_a_channel_that_is_whole_at_first_alone_keeps_its_fractions() -> None:
    column = np.concatenate((np.zeros(1000), [0.5]))
    assert as_json({"altitude_m": column}, points=1001).endswith(b"0.0,0.5]}}")


@pytest.mark.parametrize("units_per", [1.0, 10.0, 100.0, 1000.0, 64.0, 2.0**31 / 180])
def test_a_number_has_no_more_decimals_than_its_scale_needs(units_per: float) -> None:
    whole = np.random.default_rng(1).integers(-(2**31) + 1, 2**31 - 1, 5000).astype(np.int32)
    column = floats({"x": (whole, units_per)})["x"]
    assert (column == np.round(whole / units_per, 7)).all()


@pytest.mark.parametrize("asked", [{}, {"max_points": 40}, {"channels": "time_s,lat_deg,power_w,heart_rate_bpm"}])
def test_scaled_streams_divided_by_their_units_are_the_plain_ones(api: Any, path: str, asked: dict[str, Any]) -> None:
    plain = api.get(f"{path}/streams", params=asked).json()
    found = api.get(f"{path}/streams", params={**asked, "scaled": "true"}).json()
    streams.StreamColumns.model_validate(found)
    assert (found["points"], list(found["channels"])) == (plain["points"], list(plain["channels"]))
    assert found["units_per"].keys() == {name for name, column in plain["channels"].items() if column is not None}
    for name, column in found["channels"].items():
        if column is None:
            assert plain["channels"][name] is None
            continue
        assert all(isinstance(value, int) for value in column if value is not None)
        divided = [None if value is None else round(value / found["units_per"][name], 7) for value in column]
        assert divided == plain["channels"][name], name


def test_what_is_missing_is_null_in_scaled_streams_too() -> None:
    heart = np.array([150, INT32_MISSING, -214748364], np.int32)
    stored = {"time_s": (np.array([0, 1000, 2000], np.int32), 1000.0), "heart_rate_bpm": (heart, 1.0)}
    assert as_scaled_json(stored, ["time_s", "heart_rate_bpm", "grade"]) == (
        b'{"points":3,"units_per":{"time_s":1000.0,"heart_rate_bpm":1.0},'
        b'"channels":{"time_s":[0,1000,2000],"heart_rate_bpm":[150,null,-214748364],"grade":null}}'
    )
