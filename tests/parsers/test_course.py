"""Courses: a way over the ground from files with and without times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.fit_writer import fit
from fixtures.generator import Run, Stretch
from parsers import ParseError, parse
from parsers.course import Course, course

FIXTURES = Path(__file__).parents[2] / "fixtures"
ROUTE = b"""<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><wpt lat="1" lon="1"/>
<rte><name>Round</name><rtept lat="10.0" lon="20.0"><ele>5</ele></rtept><rtept lat="10.001" lon="20.0"/></rte></gpx>"""
TRACKS = b"""<gpx><trk><trkseg><trkpt lat="10" lon="20"/><trkpt lat="10.001" lon="20"/></trkseg>
<trkseg><trkpt lat="%b" lon="20"/><trkpt lat="%b" lon="20"/></trkseg></trk></gpx>"""
THOUSANDTH_M = 111.195


def made(name: str) -> Course:
    return course((FIXTURES / name).read_bytes())


@pytest.mark.parametrize("name", ["gpx/invalid/course.gpx", "tcx/invalid/course.tcx"])
def test_a_course_that_is_no_run_is_a_way_all_the_same(name: str) -> None:
    with pytest.raises(ParseError):
        parse((FIXTURES / name).read_bytes())
    way = made(name)
    assert way.distance_m[0] == 0.0
    assert way.distance_m[-1] == pytest.approx(3000, abs=5)
    assert len(way) == len(way.lat_deg) == len(way.lon_deg) == 269


def test_a_recorded_run_is_a_course_whatever_its_format() -> None:
    run = Run((Stretch(3.0, length_m=3000.0),))
    way = course(fit(run))
    assert (way.format, way.name) == ("fit", None)
    assert way.distance_m[-1] == pytest.approx(3000, abs=10)
    assert way.altitude_m is not None
    assert np.allclose(way.altitude_m, 100.0, atol=0.2)


def test_a_route_is_read_where_there_is_no_track_and_waypoints_never() -> None:
    way = course(ROUTE)
    assert (way.name, len(way)) == ("Round", 2)
    assert way.distance_m[-1] == pytest.approx(THOUSANDTH_M, abs=0.1)
    assert way.altitude_m is not None
    assert np.isnan(way.altitude_m).tolist() == [False, True]


def test_segments_of_one_way_are_joined_and_those_of_several_places_are_not() -> None:
    near = course(TRACKS % (b"10.0011", b"10.0021"))
    assert near.distance_m[-1] == pytest.approx(2.1 * THOUSANDTH_M, abs=0.1)
    far = course(TRACKS % (b"11", b"11.001"))
    assert far.distance_m[-1] == pytest.approx(2 * THOUSANDTH_M, abs=0.1)


def test_a_recording_lends_a_course_no_name_of_its_device() -> None:
    assert made("tcx/invalid/course.tcx").name == "Made"
    recorded = b"<TrainingCenterDatabase><Activities><Activity><Creator><Name>Watch</Name></Creator>" + b"".join(
        b"<Trackpoint><Position><LatitudeDegrees>%d</LatitudeDegrees><LongitudeDegrees>0</LongitudeDegrees></Position>"
        b"</Trackpoint>" % lat
        for lat in (1, 2)
    )
    assert course(recorded + b"</Activity></Activities></TrainingCenterDatabase>").name is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "unknown_type"),
        (b"hello", "unknown_type"),
        (b'<gpx><trk><trkseg><trkpt lat="1" lon="1"/></trkseg></trk></gpx>', "no_usable_points"),
        (
            b'<gpx><trk><trkseg><trkpt lat="91" lon="1"/><trkpt lat="x" lon="1"/></trkseg></trk></gpx>',
            "no_usable_points",
        ),
        (b'<gpx><trk><trkseg><trkpt lat="1" lon="1"/><trkpt lat="2"', "truncated"),
        (b'<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>', "unknown_type"),
        (b'<?xml version="1.0"?><gpx><a></b></gpx>', "xml_malformed"),
        ((FIXTURES / "fit/invalid/course.fit").read_bytes()[:14], "no_usable_points"),
    ],
)
def test_what_shows_no_way_is_refused_with_its_code(data: bytes, code: str) -> None:
    with pytest.raises(ParseError) as refused:
        course(data)
    assert refused.value.code == code


def way_of(file: Path) -> Course | None:
    try:
        return course(file.read_bytes())
    except ParseError:
        return None


def test_every_file_of_the_fixtures_is_a_course_or_refused() -> None:
    files = [file for file in FIXTURES.rglob("*.*") if file.suffix in {".fit", ".gpx", ".tcx", ".gz", ".zip"}]
    ways = [way for file in files if (way := way_of(file)) is not None]
    assert len(ways) > 50
    assert all(np.all(np.diff(way.distance_m) >= 0) for way in ways)
