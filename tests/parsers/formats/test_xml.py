import tracemalloc
from dataclasses import replace
from time import process_time

import pytest
from lxml import etree

import parsers
from parsers import ParseError
from parsers.format import DEFAULT_LIMITS, KIB
from parsers.formats import xml

MIB_5 = 5 * 1024 * KIB
POINT = '<trkpt lat="46" lon="7.{0:04d}"><ele>5</ele><time>2020-01-01T{1:02d}:{2:02d}:{3:02d}Z</time></trkpt>'
POINTS = "".join(POINT.format(n, n // 3600, n // 60 % 60, n % 60) for n in range(120))


def gpx(inside="", points=POINTS):
    return f"<gpx>{inside}<trk><trkseg>{points}</trkseg></trk></gpx>"


def code(data, **limits):
    """The refusal's code, or None where the file is read."""
    raw = data.encode() if isinstance(data, str) else data
    try:
        parsers.parse(raw, limits=replace(DEFAULT_LIMITS, **limits))
    except ParseError as error:
        return error.code
    return None


# --- encodings


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8", None),
        ("utf-8-sig", "utf-8"),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("utf-16", None),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("latin-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("utf-8", "utf-16"),  # what .NET programs write
    ],
)
def test_every_legal_encoding_is_read(encoding, declared):
    declaration = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    document = declaration + gpx().replace(
        "<trkseg>", "<name>Côte d’été</name><trkseg>" if encoding != "latin-1" else "<name>Côte</name><trkseg>"
    )
    activity = parsers.parse(document.encode(encoding))[0]
    assert activity.name.startswith("Côte")
    assert len(activity.streams) == 120


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0" encoding="UTF-8"?>'
        + gpx().replace("<trk>", "<trk><name>\xe9\xe8</name>").encode("latin-1"),
        gpx().replace("<trk>", "<trk><name>\xe9\xe8</name>").encode("latin-1"),
        b'<?xml version="1.0" encoding="no-such"?>' + gpx().encode(),
        b'<?xml version="1.0" encoding="utf-7"?>' + gpx().encode(),
        b'<?xml version="1.0" encoding="unicode_escape"?>' + gpx().encode(),
        b'<?xml version="1.0" encoding="hex"?>' + gpx().encode(),
        b'<?xml version="1.0" encoding="a\xffb"?>' + gpx().encode(),
        gpx().replace("<trk>", "<trk><name>\ud800</name>").encode("utf-16-le", "surrogatepass"),
    ],
)
def test_bytes_that_are_not_what_the_file_says_are_refused(data):
    assert code(data) == "encoding"


# --- well-formedness: recovered for undeclared prefixes only


def test_a_prefix_that_was_never_declared_is_no_error():
    """A real Movescount export uses gpxdata: without declaring it."""
    points = POINTS.replace("</trkpt>", "<extensions><gpxdata:hr>120</gpxdata:hr></extensions></trkpt>")
    assert parsers.parse(gpx(points=points).encode())[0].streams.heart_rate_bpm[0] == 120


@pytest.mark.parametrize("lead", ["", " \n\t ", "\ufeff", "\ufeff\n", '\n  <?xml version="1.0"?>', "<!-- hello -->\n"])
def test_white_space_and_marks_before_the_document_are_tolerated(lead):
    assert code(lead + gpx()) is None


@pytest.mark.parametrize(
    "broken",
    [
        gpx().replace("</trkseg>", "</trksec>"),
        gpx().replace('lat="46"', "lat=46", 1),
        gpx().replace('lat="46"', 'lat="46" lat="47"', 1),
        gpx().replace("<ele>5", "<ele>5\0", 1),
        gpx().replace("<ele>5", "<ele>5\x08", 1),
        gpx().replace("<ele>5", "<ele>5&#0;", 1),
        gpx().replace("<ele>5", "<ele>5&#x1F;", 1),
        gpx().replace("<ele>5", "<ele>5&#xD800;", 1),
        gpx().replace("<ele>5", "<ele>5 & 6", 1),
        gpx().replace("<ele>5", "<ele>5 < 6", 1),
        gpx() + "junk",
        gpx() + "\0\0",
        gpx() + gpx(),
        gpx().replace("<ele>", "<!-- -- --><ele>", 1),
    ],
)
def test_everything_else_that_is_not_well_formed_is_refused(broken):
    assert code(broken) == "xml_malformed"


# --- what is forbidden


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE gpx [<!ENTITY a "b">]>' + gpx(),
        '<!DOCTYPE gpx SYSTEM "http://127.0.0.1:9/x.dtd">' + gpx(),
        '<?xml version="1.0"?>\n<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + gpx("<name>&x;</name>"),
        "<!DOCTYPE lolz ["
        + "".join(f"<!ENTITY l{n} '" + f"&l{n - 1};" * 10 + "'>" for n in range(1, 10))
        + "]>"
        + gpx("&l9;"),
        gpx("<name>&undeclared;</name>"),
        "<!DOCTYPE TrainingCenterDatabase><TrainingCenterDatabase/>",
    ],
)
def test_document_types_and_entities_are_refused(document):
    assert code(document) == "xml_forbidden"
    assert code(document.encode("utf-16")) == "xml_forbidden"


@pytest.mark.parametrize("text", ["&lt;&gt;&amp;&apos;&quot;", "&#233;&#x2019;", "<![CDATA[<&>]]>"])
def test_the_five_named_characters_numbers_and_cdata_are_read(text):
    assert code(gpx(f"<name>{text}</name>")) is None


# --- limits: n passes, n + 1 does not


def test_depth():
    assert code("<gpx>" + "<a>" * 31 + "</a>" * 31 + "</gpx>") == "not_activity"
    assert code("<gpx>" + "<a>" * 32 + "</a>" * 32 + "</gpx>") == "xml_limit"


def test_attributes():
    def crowd(n):
        attributes = " ".join(f"b{i}='1'" for i in range(n))
        return gpx(f"<a {attributes}/>")

    assert code(crowd(64)) is None
    assert code(crowd(65)) == "xml_limit"


@pytest.mark.parametrize("frame", ["<name>{}</name>", "<unknown>{}</unknown>", "<a b='{}'/>", "<!--{}-->"])
def test_one_text(frame):
    overhead = len(frame) - 2 - frame.rfind("</") if "</" in frame else len(frame)
    most = 64 * KIB - overhead - 20
    assert code(gpx(frame.format("x" * most))) is None
    assert code(gpx(frame.format("x" * (64 * KIB + 1)))) == "xml_limit"


@pytest.mark.parametrize("name", ["name", "unknown"])
def test_one_cdata_text_full_of_markup(name):
    assert code(gpx(f"<{name}><![CDATA[{'<' * 60_000}]]></{name}>")) is None
    assert code(gpx(f"<{name}><![CDATA[{'<' * (64 * KIB + 1)}]]></{name}>")) == "xml_limit"


def test_a_wanted_text_in_many_pieces_is_still_one_text():
    assert code(gpx().replace("<trkseg>", f"<name>{'<![CDATA[' + '<' * 30_000 + ']]>'}</name><trkseg>")) is None
    many = ("<![CDATA[" + "<" * 30_000 + "]]>") * 3
    assert code(gpx().replace("<trkseg>", f"<name>{many}</name><trkseg>")) == "xml_limit"


def test_names():
    assert code(gpx("".join(f"<n{i}/>" for i in range(6000)))) == "xml_limit"
    assert code(gpx("".join(f'<n a{i}=""/>' for i in range(6000)))) == "xml_limit"


@pytest.mark.parametrize(
    ("opening", "unit", "closing", "expected"),
    [
        ("<gpx>", "<a/>", "</gpx>", "not_activity"),
        ("<gpx><trk><trkseg>", "<trkpt/>", "</trkseg></trk></gpx>", "no_time"),
        ("<gpx><trk><trkseg>", "<trkpt><hr>1</hr></trkpt>", "</trkseg></trk></gpx>", "no_time"),
        ("<gpx><trk><trkseg>", "<trkpt lat='1' lon='2'/>", "</trkseg></trk></gpx>", "no_time"),
        ("<gpx><trk>", "<trkseg/>", "</trk></gpx>", "not_activity"),
        ("<gpx>", "<trk/>", "</gpx>", "xml_limit"),
        ("<gpx><trk><name>", "&#65;", "</name></trk></gpx>", "xml_limit"),
        ("<gpx>", "<x:n xmlns:x='u'/>", "</gpx>", "not_activity"),
        ("<gpx>", "<!---->", "</gpx>", "not_activity"),
        ("<gpx>", "<?a?>", "</gpx>", "not_activity"),
        ("<gpx ", "xmlns:a='b' ", "/>", "xml_limit"),
        ("<TrainingCenterDatabase>", "<Activity/>", "</TrainingCenterDatabase>", "xml_limit"),
        ("<TrainingCenterDatabase><Activity>", "<Lap/>", "</Activity></TrainingCenterDatabase>", "xml_limit"),
        (
            "<TrainingCenterDatabase><Activity><Lap>",
            "<Track/>",
            "</Lap></Activity></TrainingCenterDatabase>",
            "no_usable_points",
        ),
        (
            "<TrainingCenterDatabase><Activity><Lap>",
            "<Trackpoint><Time>2020-01-01T00:00:00Z</Time></Trackpoint>",
            "</Lap></Activity></TrainingCenterDatabase>",
            "no_usable_points",
        ),
    ],
)
def test_five_megabytes_of_anything_stay_within_five_seconds_and_64_mib(opening, unit, closing, expected):
    begun = process_time()
    assert code(filled(opening, unit, closing, MIB_5)) in {expected, "xml_malformed", "xml_limit"}
    assert process_time() - begun < 5
    smaller = filled(
        opening, unit, closing, MIB_5 // 10
    )  # what is kept grows with the file; tracing five would take long
    tracemalloc.start()
    try:
        code(smaller)
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * KIB // 10
    finally:
        tracemalloc.stop()


def filled(opening, unit, closing, size):
    return (opening + unit * ((size - len(opening) - len(closing)) // len(unit)) + closing).encode()


def test_five_megabytes_of_many_names_stay_within_memory():
    data = ("<gpx>" + "".join(f"<n{n}/>" for n in range(600_000)) + "</gpx>").encode()
    begun = process_time()
    assert code(data) == "xml_limit"
    assert process_time() - begun < 5


# --- the differential: what we take, lxml takes, and the other way round


@pytest.mark.parametrize(
    "document",
    [
        gpx(),
        gpx("<a>x<!-- y -->z</a>"),
        gpx("<a><![CDATA[x]]>y</a>"),
        gpx("<p:a xmlns:p='u' p:b='1'/>"),
        gpx("<A.b-c_d/>"),
        gpx("<a"),
        gpx("<a b/>"),
        gpx("</a>"),
        gpx("<1/>"),
        gpx("<a>]]></a>"),
        gpx("<?xml ?>"),
        gpx("<a b='<'/>"),
    ],
)
def test_lxml_agrees_on_what_is_well_formed(document):
    try:
        etree.fromstring(document.encode())
        whole = True
    except etree.XMLSyntaxError:
        whole = False
    assert (code(document) is None) == whole


def test_a_name_for_people_has_no_control_characters_and_an_end():
    assert xml.clean(" a\n\tb\x00\u202ec ", 200) == "a b c"
    assert xml.clean("x" * 1000, 200) == "x" * 200
    assert xml.clean(" \n", 10) is None
