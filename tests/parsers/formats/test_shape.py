"""What a repeated point looks like, which others look like it, and what their values are."""

import numpy as np
import pytest

from parsers.formats.shape import LONGEST_POINT, MOST_SLOTS, WIDEST, Kind, learn, matched

KIND = Kind(
    b"trkpt",
    attributes={"lat": "lat_deg", "lon": "lon_deg"},
    channels={"ele": "altitude_m", "time": "time", "hr": "heart_rate_bpm", "heartrate": "heart_rate_bpm"},
    strange=frozenset({"trkpt", "trk"}),
)
POINT = b'<trkpt lat="48.5" lon="-1.25">\n <ele>12.5</ele><time>2024-11-01T08:00:00Z</time><x:hr>120</x:hr></trkpt>'


def columns(shape):
    return [slot.column for slot in shape.slots]


def test_a_shape_is_the_text_around_the_values():
    shape = learn(POINT, KIND)
    assert shape.before == b'<trkpt lat="'
    assert columns(shape) == ["lat_deg", "lon_deg", "altitude_m", "time", "heart_rate_bpm"]
    assert [slot.after for slot in shape.slots][:3] == [b'" lon="', b'">\n <ele>', b"</ele><time>"]


def changed(old, new):
    assert old in POINT
    return POINT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed(b'lat="48.5" lon="-1.25"', b'lon="-1.25" lat="48.5"'), ["lon_deg", "lat_deg"]),
        (changed(b'"48.5"', b"'48.5'"), ["lat_deg", "lon_deg"]),
        (changed(b'lat="48.5" ', b""), []),
        (changed(b"<ele>12.5</ele>", b"<sat>7</sat>"), ["lat_deg", "lon_deg", None]),
        (changed(b"<ele>", b"<heartrate>99</heartrate><ele>"), ["lat_deg", "lon_deg", "heart_rate_bpm"]),
    ],
)
def test_attributes_come_in_any_order_and_unknown_values_in_between(text, expected):
    shape = learn(text, KIND)
    assert columns(shape)[: len(expected)] == expected
    known = [column for column in columns(shape) if column]
    assert len(known) == len(set(known))


@pytest.mark.parametrize(
    "text",
    [
        POINT.replace(b"</trkpt>", b""),
        POINT + POINT,
        changed(b"<ele>12.5</ele>", b"<ele></ele>"),
        changed(b"<ele>12.5</ele>", b"<ele/>"),
        changed(b"<ele>12.5</ele>", b"<ele> \n</ele>"),
        changed(b"<ele>12.5</ele>", b"<ele><a>1</a></ele>"),
        changed(b"<ele>12.5</ele>", b"<ele>1<a/>2</ele>"),
        changed(b"<ele>12.5</ele>", b"<trk/>"),
        changed(b"<ele>12.5</ele>", b"<a:TRK/>"),
        changed(b"<ele>12.5</ele>", b"<trkpt/>"),
        changed(b"12.5", b"<!-- c -->12.5"),
        changed(b"12.5", b"<![CDATA[12.5]]>"),
        changed(b"12.5", b"12&#46;5"),
        changed(b"12.5", b"<?pi 1?>12.5"),
        changed(b"12.5", "12.5 m ü".encode()),
        changed(b'lat="48.5"', b'lat="48.5" lat="48.5"'),
        changed(b'lat="48.5"', b'lat = "48.5"'),
        changed(b'lat="48.5"', b'title="a>b" lat="48.5"'),
        changed(b'lat="48.5"', b'title=\' lat="48.5"\' lat="48.5"'),
        changed(b"12.5</ele>", b"12.5</ele" + b" " * LONGEST_POINT + b">"),
        changed(b"<ele>", b"<sat>7</sat>" * MOST_SLOTS + b"<ele>"),
        b'<trkpt lat="1" lon="2"><sat>7</sat></trkpt>',
        b'<trkpt lat="1" lon="2"/>',
        b"",
    ],
)
def test_a_point_that_is_not_plain_has_no_shape(text):
    assert learn(text, KIND) is None


def match(*points, model=POINT):
    data = b"\n".join(points)
    begins = np.array([sum(len(point) + 1 for point in points[:number]) for number in range(len(points))])
    found = matched(learn(model, KIND), np.frombuffer(data + bytes(1000), np.uint8), begins)
    assert [data[begins[row] : end] for row, end in zip(found.rows, found.ends, strict=True)] == [
        points[row] for row in found.rows
    ]
    return found


def test_points_of_the_shape_give_their_values_by_column():
    found = match(POINT, changed(b"12.5", b"-3"), changed(b"120", b"60"))
    assert found.rows.tolist() == [0, 1, 2]
    assert found.columns["altitude_m"].tolist() == [12.5, -3, 12.5]
    assert found.columns["heart_rate_bpm"].tolist() == [120, 120, 60]
    assert found.columns["lon_deg"].tolist() == [-1.25] * 3
    assert found.columns["time"].tolist() == [1730448000.0] * 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", np.nan),
        (b" 7 ", 7),
        (b"1e2", 100),
        (b"1,5", 1.5),
        (b"nan", np.nan),
        (b"none", np.inf),
        (b"1_0", np.inf),
        (b"1" * 30, float("1" * 30)),
        (b"0." + b"1" * 30, float("0." + "1" * 30)),
    ],
)
def test_an_odd_value_is_read_as_the_reader_reads_it(value, expected):
    found = match(POINT, changed(b"12.5", value))
    assert found.rows.tolist() == [0, 1]
    np.testing.assert_equal(found.columns["altitude_m"][1], expected)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"12.5", b"1" * (WIDEST + 1)),
        (b"12.5", b"&lt;"),
        (b"12.5", b"\n12.5"),
        (b"12.5", b"12\xff"),
        (b"12.5", b"1\x005"),
        (b"12.5", b"1]]>2"),
        (b"12.5", b"<!-- -->"),
        (b"48.5", b"48'5"),
        (b"2024-11-01T08:00:00Z", b"\xe2\x80\x94"),
        (b"ele", b"Ele"),
        (b"\n <", b"\n\t<"),
        (b"</trkpt>", b"<a/></trkpt>"),
        (b"<x:hr>120</x:hr>", b""),
        (b"<x:hr>", b"<y:hr>"),
    ],
)
def test_a_point_that_differs_does_not_have_the_shape(old, new):
    assert match(POINT, changed(old, new), POINT).rows.tolist() == [0, 2]


def test_a_text_that_nobody_wants_may_vary_within_harmless_characters():
    model = changed(b"<ele>12.5</ele>", b"<name>TP00001</name>")
    other = changed(b"<ele>12.5</ele>", b"<name>Point 2, home</name>")
    strange = changed(b"<ele>12.5</ele>", b"<name>[2]</name>")
    assert match(model, other, strange, model=model).rows.tolist() == [0, 1]


def test_points_at_the_very_end_of_the_data_are_left_out():
    data = POINT * 20
    begins = np.arange(20) * len(POINT)
    shape = learn(POINT, KIND)
    found = matched(shape, np.frombuffer(data, np.uint8), begins)
    left = -(-(shape.reach) // len(POINT)) - 1
    assert found.rows.tolist() == list(range(20 - left))
    assert len(matched(shape, np.frombuffer(POINT, np.uint8), np.array([0])).rows) == 0
