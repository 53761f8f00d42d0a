"""The scan and the full pass give one result, and which files take which way."""

import dataclasses
import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import ParseError
from parsers.format import DEFAULT_LIMITS, Limits
from parsers.formats import gpx, scan, tcx

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
FORMATS = {"gpx": gpx, "tcx": tcx}
FULL_PASS = {
    "gpx_empty_segment.gpx": "a handful of points",
    "gpx_invalid_lonlat_missing.gpx": "a handful of points",
    "gpx_nikeplus_subsecond.gpx": "a handful of points",
}
SCANNED_FIXTURES = 0.8


def outcome(module, data, *, limits=DEFAULT_LIMITS):
    """Everything that a file gives, streams to the bit, or how it is refused."""
    try:
        activities = module.parse(data, limits)
    except ParseError as error:
        return type(error), error.code, error.message, error.offset
    return [
        [
            [(name, column.tobytes()) for name, column in value.items()]
            if spec.name == "streams"
            else list(value.items())
            if isinstance(value, dict)
            else value
            for spec in dataclasses.fields(activity)
            for value in [getattr(activity, spec.name)]
        ]
        for activity in activities
    ]


def by_full_pass(module, data, monkeypatch, **options):
    with monkeypatch.context() as patch:
        patch.setattr(scan, "reduced", lambda *_: None)
        return outcome(module, data, **options)


def assert_one_result(module, data, monkeypatch):
    assert outcome(module, data) == by_full_pass(module, data, monkeypatch)


def plain(path):
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.name.split(".")[-1 - (path.suffix == ".gz")] in FORMATS)


def module_of(path):
    return gpx if ".gpx" in path.name else tcx


def test_every_real_file_gives_the_same_both_ways(corpus, monkeypatch):
    files = files_of(corpus)
    assert files
    for path in files:
        assert_one_result(module_of(path), plain(path), monkeypatch)


def test_every_real_file_of_more_than_a_handful_of_points_is_scanned(corpus):
    """StravaGPX, Garmin Connect, Oregon, Movescount, Amazfit, MyTrails, GPSBabel; TCX of Garmin, Suunto and others."""
    ways = {path.name: scan.reduced(plain(path), module_of(path).POINT) for path in files_of(corpus)}
    assert {name for name, small in ways.items() if small is None} == set(FULL_PASS)
    left = {path.name: len(ways[path.name].text) / len(plain(path)) for path in files_of(corpus) if ways[path.name]}
    assert max(left.values()) < 0.2
    assert left["gpx_strava_trail_30k.gpx"] < 0.01


def test_every_fixture_gives_the_same_both_ways(monkeypatch):
    files = [path for name in FORMATS for path in files_of(FIXTURES / name)]
    assert len(files) > 20
    for path in files:
        assert_one_result(module_of(path), plain(path), monkeypatch)
    valid = [path for path in files if path.parent.name == "valid"]
    scanned = [path for path in valid if scan.reduced(plain(path), module_of(path).POINT)]
    assert len(scanned) > SCANNED_FIXTURES * len(valid)


def trkpt(second, *, heart_rate=True):
    beats = f"<extensions><x:hr>{120 + second % 9}</x:hr></extensions>" if heart_rate else ""
    time = f"2024-11-01T08:{second // 60:02d}:{second % 60:02d}Z"
    values = f"<ele>{second / 7:.3f}</ele><time>{time}</time>{beats}"
    return f'<trkpt lat="48.{1000 + 37 * second}" lon="1.{9 * second:017d}">{values}</trkpt>'


def gpx_of(points, gap="\n"):
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx creator="Garmin"><trk><name>a</name><type>running</type><trkseg>'
    )
    return f"{head}{gap.join(points)}</trkseg></trk></gpx>".encode()


def trackpoint(second, *, heart_rate=True):
    beats = f"<HeartRateBpm><Value>{120 + second % 9}</Value></HeartRateBpm>" if heart_rate else ""
    time = f"2024-11-01T09:{second // 60:02d}:{second % 60:02d}+01:00"
    return f"<Trackpoint><Time>{time}</Time><DistanceMeters>{3.1 * second:.2f}</DistanceMeters>{beats}</Trackpoint>"


def tcx_of(points, gap=""):
    return (
        '<TrainingCenterDatabase><Activities><Activity Sport="Running"><Id>2024-11-01T08:00:00Z</Id>'
        '<Lap StartTime="2024-11-01T08:00:00Z"><TotalTimeSeconds>60</TotalTimeSeconds><AverageHeartRateBpm><Value>100'
        f"</Value></AverageHeartRateBpm><Track>{gap.join(points)}</Track></Lap><Creator><Name>Edge</Name></Creator>"
        "</Activity></Activities></TrainingCenterDatabase>"
    ).encode()


RUN = [trkpt(second, heart_rate=second % 7 != 3) for second in range(100)]
LAP = [trackpoint(second, heart_rate=second % 7 != 3) for second in range(100)]
DOCUMENTS = [(gpx, gpx_of(RUN)), (gpx, gpx_of(RUN, gap="")), (tcx, tcx_of(LAP)), (tcx, tcx_of(LAP, gap="\r\n  "))]


@pytest.mark.parametrize(("module", "data"), DOCUMENTS)
def test_two_shapes_in_turn_are_scanned_as_one_stretch(module, data, monkeypatch):
    small = scan.reduced(data, module.POINT)
    (block,) = small.blocks
    assert len(block.epoch_s) > 80
    assert small.text.count(b"<?taken-out 0?>") == 1
    assert_one_result(module, data, monkeypatch)


def with_inside(text):
    """A run with a text after its 50th point, which is far from where a shape is learned."""
    return gpx_of([*RUN[:50], text, *RUN[50:]])


HIDES = {
    "a comment that swallows points": with_inside("<!-- ").replace(RUN[80].encode(), b" -->"),
    "a comment that is opened and not closed": with_inside("<!--"),
    "a comment that looks closed": with_inside("<!-->").replace(RUN[80].encode(), b" -->"),
    "a CDATA section that swallows points": with_inside("<![CDATA[").replace(RUN[80].encode(), b"]]>"),
    "a processing instruction that swallows points": with_inside("<?x ").replace(RUN[80].encode(), b" ?>"),
    "a processing instruction like our mark": with_inside("<?taken-out 0?>"),
    "a document type": gpx_of(RUN).replace(b"<gpx", b"<!DOCTYPE gpx><gpx", 1),
    "an entity declaration": gpx_of(RUN).replace(b"<gpx", b'<!DOCTYPE gpx [<!ENTITY a "b">]><gpx', 1),
    "UTF-16": gpx_of(RUN).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "an encoding in which ASCII is not ASCII": gpx_of(RUN).replace(b"UTF-8", b"Shift_JIS"),
    "an encoding that nobody knows": gpx_of(RUN).replace(b"UTF-8", b"x-none"),
    "points of a shape each": gpx_of([f"<a{n}/>{point}" for n, point in enumerate(RUN)]),
    "another case": gpx_of(RUN).replace(b"trkpt", b"TrkPt"),
    "a prefix": gpx_of(RUN).replace(b"<trkpt", b"<g:trkpt").replace(b"</trkpt", b"</g:trkpt"),
    "points that nobody closes": gpx_of(RUN).replace(b"</trkpt>", b""),
    "points without anything": gpx_of(['<trkpt lat="1" lon="2"/>'] * 50),
    "no points": gpx_of([]),
    "nothing": b"",
}


@pytest.mark.parametrize("name", HIDES)
def test_the_scan_keeps_away_from(name, monkeypatch):
    assert scan.reduced(HIDES[name], gpx.POINT) is None
    assert_one_result(gpx, HIDES[name], monkeypatch)


HARMLESS = {
    "a comment": with_inside("<!-- half way -->"),
    "a CDATA section in a name": gpx_of(RUN).replace(b">a<", b"><![CDATA[a]]><"),
    "a waypoint": with_inside('</trkseg></trk><wpt lat="1" lon="2"/><trk><trkseg>'),
    "a new segment": with_inside("</trkseg><trkseg>"),
    "a new track, six hours later": gpx_of(
        [*RUN[:50], "</trkseg></trk><trk><name>b</name><trkseg>", *(p.replace("T08", "T18") for p in RUN[50:])]
    ),
    "points outside a segment": with_inside("</trkseg>") + b"",
    "a point inside an element whose text is wanted": with_inside("<name>").replace(RUN[80].encode(), b"</name>"),
    "a point inside a point": with_inside('<trkpt lat="3" lon="4"><ele>7</ele>').replace(RUN[80].encode(), b"</trkpt>"),
    "a point with a surprise": with_inside(RUN[50].replace("<ele>", "<trk><name>c</name></trk><ele>")),
    "a point with an entity": with_inside(RUN[50].replace("<ele>", "<ele>&#49;")),
    "a point with an entity that nobody declared": with_inside(RUN[50].replace("<ele>", "<ele>&x;")),
    "a point without a time": with_inside('<trkpt lat="3" lon="4"><ele>7</ele></trkpt>'),
    "a byte that is no UTF-8": with_inside("@").replace(b"@", b"\xff"),
    "a name in Latin-1": gpx_of(RUN).replace(b"UTF-8", b"ISO-8859-1").replace(b">a<", b">\xe4<"),
    "a byte-order mark": b"\xef\xbb\xbf" + gpx_of(RUN),
    "white space first": b" \n\t" + gpx_of(RUN),
    "a cut inside a point": gpx_of(RUN)[:-200],
    "a cut between points": gpx_of(RUN).partition(RUN[90].encode())[0],
    "an end tag too many": gpx_of(RUN) + b"</gpx>",
    "a wrong end tag": gpx_of(RUN).replace(b"</trkseg>", b"</trk>"),
    "fractions of a second": gpx_of([point.replace("Z</time>", ".4995Z</time>") for point in RUN]),
    "times with offsets": gpx_of([point.replace("Z</time>", "+05:30</time>") for point in RUN]),
    "a 60th second": gpx_of([*RUN[:30], RUN[30].replace(":30Z", ":60Z"), *RUN[31:]]),
    "the year 0": gpx_of([*RUN[:30], RUN[30].replace("2024", "0000"), *RUN[31:]]),
    "attributes in single quotes": gpx_of([point.replace('"', "'") for point in RUN]),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_the_scan_gives_the_same_around(name, monkeypatch):
    assert scan.reduced(HARMLESS[name], gpx.POINT) is not None
    assert_one_result(gpx, HARMLESS[name], monkeypatch)


TCX_HARMLESS = {
    "a new lap": "</Track></Lap><Lap><DistanceMeters>7</DistanceMeters><Track>",
    "a new track": "</Track><Track>",
    "another activity": '</Track></Lap></Activity><Activity Sport="Biking"><Lap><Track>',
    "points in a course": "</Track></Lap></Activity></Activities><Courses><Course><Track>",
    "points inside a statement of the lap": "<AverageHeartRateBpm>",
    "points inside the creator": "<Creator>",
}


@pytest.mark.parametrize("name", TCX_HARMLESS)
def test_the_scan_of_laps_gives_the_same_around(name, monkeypatch):
    data = tcx_of([*LAP[:50], TCX_HARMLESS[name], *LAP[50:]])
    assert scan.reduced(data, tcx.POINT) is not None
    assert_one_result(tcx, data, monkeypatch)
    closed = data.replace(LAP[90].encode(), b"</" + TCX_HARMLESS[name].strip("<>").encode() + b">")
    assert_one_result(tcx, closed, monkeypatch)


def test_a_course_before_the_activity_gives_its_points_nobody(monkeypatch):
    course = "<Courses><Course><Track>" + "".join(LAP[:50]) + "</Track></Course></Courses>"
    data = tcx_of(LAP[50:]).replace(b"<Activities>", course.encode() + b"<Activities>")
    assert len(scan.reduced(data, tcx.POINT).blocks) == 2
    assert_one_result(tcx, data, monkeypatch)
    (activity,) = tcx.parse(data, Limits())
    assert activity.record_count == 50


SNIPPETS = [
    *("<!-- c -->", "<!--", "-->", "<!-->", "<![CDATA[", "]]>", "<![CDATA[x]]>", "&amp;", "&#65;", "&x;", "<?pi x?>"),
    *("<?taken-out 0?>", "?>", "<trkpt>", "</trkpt>", '<trkpt lat="1" lon="2">', "<trk>", "</trk>", "<name>n</name>"),
    *("<name>", "</name>", "<type>", "</type>", "<trkseg>", "<Trackpoint>", "</Trackpoint>", "<Lap>", "</Lap>"),
    *("<Activity>", "</Activity>", "<Id>1</Id>", "<Creator>", "</Creator>", "\0", "\udcff", "ä", " ", "\n", "<", ">"),
    *('"', "'", "&", "e5", "-", ".", "nan", "1_0", "<ele>5</ele>", "<hr>9</hr>", "<x:hr/>", "<ele></ele>", "9" * 30),
    *("<AverageHeartRateBpm>", "</AverageHeartRateBpm>", "<Value>7</Value>", "<!DOCTYPE a>", "2024-11-01T08:00:00.5Z"),
]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.sampled_from(["insert", "insert at <", "insert at >", "delete", "copy", "after each", "cut"]),
        st.sampled_from(SNIPPETS),
    ),
    max_size=4,
)
EACH = (b"</trkpt>", b"</Trackpoint>", b"<ele>", b"</ele>", b"<Value>", b"<time>", b"<Time>")


def edited(data, place, how, snippet):
    """The data with one change; places beyond the end count from the beginning again."""
    at = place % (len(data) + 1)
    text = snippet.encode("utf-8", "surrogateescape")
    if how.startswith("insert at"):
        found = data.find(how[-1].encode(), at)
        at = len(data) if found < 0 else found + (how[-1] == ">")
    if how == "delete":
        return data[:at] + data[at + len(text) :]
    if how == "copy":
        return data[:at] + data[at // 2 : at // 2 + 300] + data[at:]
    if how == "after each":
        mark = EACH[place % len(EACH)]
        return data.replace(mark, mark + text)
    if how == "cut":
        return data[:at]
    return data[:at] + text + data[at:]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(DOCUMENTS), EDITS)
def test_whatever_is_done_to_a_document_it_gives_the_same_both_ways(document, edits):
    module, data = document
    for edit in edits:
        data = edited(data, *edit)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_one_result(module, data, monkeypatch)


@pytest.mark.parametrize(
    "limits", [Limits(xml_text_bytes=100), Limits(xml_depth=6), Limits(xml_depth=5), Limits(xml_attributes=1)]
)
def test_limits_hold_for_both_ways_alike(limits, monkeypatch):
    for module, data in DOCUMENTS:
        assert outcome(module, data, limits=limits) == by_full_pass(module, data, monkeypatch, limits=limits)


@pytest.mark.parametrize(
    "point",
    [
        "<",
        "<t",
        "<trkpt",
        "<trkpt>",
        "<trkpt></trkpt>",
        "<trkpt><ele>1</ele></trkpt>",
        '<trkpt lat="1" lon="2"><ele>x</ele></trkpt>',
    ],
)
def test_five_megabytes_of_anything_take_less_memory_than_the_file_tenfold(point):
    data = b"<gpx><trk><trkseg>" + point.encode() * (5_000_000 // len(point)) + b"</trkseg></trk></gpx>"
    tracemalloc.start()
    scan.reduced(data, gpx.POINT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(data)
