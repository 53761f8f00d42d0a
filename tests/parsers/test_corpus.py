"""Every real file of the corpus against its manifest: what the device states, and what independent readers count.

The manifest decides what is compared: a column that it leaves empty is not. Where we differ on purpose the reason
stands on docs/formats/corpus.md, and we have to differ there.
"""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

import parsers
from fixtures.manifest import COMPARE, SILENT, agree, content, facts_of, told
from parsers import ParseError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "corpus.md"


def table(title):
    """The rows of a table of the page, each a list of its cells."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line[:1] == "|"]
    return rows[2:]


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


REFUSED = {names(file)[0]: names(code)[0] for file, code, _ in table("Refused")}
DIFFERS = {(names(file)[0], field) for file, fields, _ in table("Where we differ") for field in names(fields)}


def test_the_page_tells_each_difference_once_and_why():
    rows = table("Where we differ")
    assert len(rows) > 20
    assert len(DIFFERS) == sum(len(names(fields)) for _, fields, _ in rows)
    assert all(len(why) > 5 for *_, why in rows)


def test_the_page_names_every_column_that_is_compared():
    compared = {field for fields, _ in table("What is compared") for field in names(fields)}
    assert compared == set(COMPARE)


def test_every_column_of_the_manifest_with_figures_is_compared(corpus):
    about_the_file = {"file", "sha256", "bytes", "format", "wrapper", "repo", "path", "commit", "license"}
    about_the_file |= {"maker_model", "sport", "special", "state", "readers", "disagreement"}
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        assert set(csv.DictReader(file).fieldnames) - about_the_file == set(COMPARE)


def test_what_other_projects_assert_is_understood():
    assert facts_of("x spec: dist 10 HRavg 134 moving 44:48 timer=elapsed 1:00; same run: ascent 3") == [
        ("dist", "10"),
        ("HRavg", "134"),
        ("timer", "1:00"),
        ("elapsed", "1:00"),
    ]
    assert facts_of("x spec: start 2017-03-20T19:09:28Z end 19:20:26.083Z") == [
        ("start", "19:09:28"),
        ("end", "19:20:26.083"),
    ]
    assert facts_of("two; first 3270 s 14332.28 m HRmax 181") == [
        ("timer", "3270"),
        ("dist", "14332.28"),
        ("HRmax", "181"),
    ]


def test_a_file_gives_what_its_manifest_says_or_the_refusal_that_it_deserves(row, corpus):
    name = row["file"]
    data = content(corpus, name)
    if name in REFUSED:
        with pytest.raises(ParseError) as caught:
            parsers.parse(data)
        assert caught.value.code == REFUSED[name]
        return
    activities = parsers.parse(data)
    stated = told(row)
    assert stated
    differing = {field for field, text in stated.items() if not agree(field, text, activities)}
    assert differing == {field for file, field in DIFFERS if file == name}


def test_every_activity_of_a_file_keeps_the_promises_of_its_streams(row, corpus):
    if row["file"] in REFUSED:
        pytest.skip("refused")
    for part, activity in enumerate(parsers.parse(content(corpus, row["file"]))):
        assert activity.part == part
        assert (np.diff(activity.streams.time_s) > 0).all()
        assert set(activity.provenance) >= {name for name, _ in activity.streams.items() if name != "time_s"}
        if activity.streams.distance_m is not None:
            known = activity.streams.distance_m[~np.isnan(activity.streams.distance_m)]
            assert (np.diff(known) >= 0).all()
        for channel, values in activity.streams.items():
            assert not np.isinf(values).any(), channel


def test_no_line_of_the_manifest_is_forgotten_and_no_exception_is_left_over(corpus):
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    files = {row["file"] for row in rows}
    listed = {name.partition("!")[0] for name in files}
    there = {path.name for path in corpus.iterdir()} - {"manifest.csv", "README.md"}
    assert listed
    assert there == listed
    assert {name for name, _ in DIFFERS} | set(REFUSED) <= files
    assert {kind for kind, _ in SILENT} <= {row["format"].partition(" ")[0] for row in rows}


TWINS = [
    ("fit_garmin_vivoactivehr_smart_4k.fit", "gpx_garmin_vivoactivehr_twin.gpx"),
    ("fit_garmin_fr945_treadmill_10k.fit", "tcx_garmin_fr945_treadmill_twin.tcx"),
    ("fit_suunto9baro_pause_records.fit", "fit_suunto9baro_no_pause_records.fit"),
]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_one_run_in_two_files_is_the_same_run(one, other, corpus):
    """Start within a second, heart rate within 1 bpm, distance within 2.5 % (a GPX has none of the device's own)."""
    (first,), (second,) = (parsers.parse(content(corpus, name)) for name in (one, other))
    assert abs((first.started_at - second.started_at).total_seconds()) <= 1
    beats = [float(np.nanmean(a.streams.heart_rate_bpm)) for a in (first, second)]
    assert beats[0] == pytest.approx(beats[1], abs=1)
    ways = [float(np.nanmax(a.streams.distance_m)) for a in (first, second)]
    assert ways[0] == pytest.approx(ways[1], rel=0.025)
