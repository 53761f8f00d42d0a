"""GPX and TCX files changed tag by tag: names, attributes, numbers, times, order, encodings, entities, declarations.

A seed document is cut into tags and texts once; a case changes a few of them and writes the document again, in this or
that encoding, now and then in another one than it says.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from random import Random

TOKENS = re.compile(r"<[^>]*>|[^<]+|<")
POINT_BEGINS = re.compile(r"<(?:\w+:)?(?:trkpt|Trackpoint)\b")
POINT_ENDS = re.compile(r"</(?:\w+:)?(?:trkpt|Trackpoint)\s*>")
FIRST_POINTS, LAST_POINTS = 90, 30

NUMBERS = (
    "0", "-0", "1", "-1", "+5", "5.", ".5", " 5 ", "1e3", "1E-3", "1e999", "-1e999", "nan", "NaN", "inf",
    "-Infinity", "4_6.0", "1,5", "0x10", "", " ", "--5", "5-", "1.2.3", "٣", "５", "1" * 400, "0." + "3" * 400, "90",
    "90.0000001", "180", "-180.5", "95", "255", "65535", "2147483648", "-2147483648", "9007199254740993", "1e-320",
    "\x0b5", "5\x1c", "\u00a05", "true", "null", "12 13", "7\n8", "&#53;", "&#x35;", "5<!-- -->6", "<![CDATA[5]]>",
)  # fmt: skip
TIMES = (
    "2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00.123456789012345678Z",
    "2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00-0530", "2020-01-01 00:00:00Z", "2020-01-01t00:00:00z",
    "2020-01-01T24:00:00Z", "2020-01-01T23:59:60Z", "2020-02-30T00:00:00Z", "2020-13-01T00:00:00Z",
    "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z", "2062-05-01T00:00:00Z", "2020-01-01", "20200101T000000Z", "1577836800", "1577836800000",
    "2020-01-01T00:00Z", "2020-01-01T00:00:00+99:99", "2020-01-01T00:00:00,5Z", "T00:00:00Z", "NaT", "",
    "\n2020-01-01T00:00:00Z\n", "2020-01-01T00:00:00ZZ", "２０２０-01-01T00:00:00Z", "2020-1-1T0:0:0Z",
    "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00+00:00:01",
)  # fmt: skip
NAMES = (
    "gpx", "trk", "trkseg", "trkpt", "ele", "time", "name", "type", "rte", "wpt", "hr", "extensions", "gpxdata:hr",
    "Activity", "Lap", "Track", "Trackpoint", "Time", "Value", "HeartRateBpm", "DistanceMeters", "Id", "Creator",
    "TrainingCenterDatabase", "a", "x:y", "_", "é", "speed", "power", "Watts", "cad", "RunCadence", "AltitudeMeters",
)  # fmt: skip
DANGERS = (
    "<!DOCTYPE gpx [<!ENTITY a 'b'>]>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/">', "&a;", "&amp;", "&lt;", "&#0;",
    "&#55296;", "&#1114112;", "&#x41;", "&", "<", "<!-- -->", "<!-- -- -->", "<![CDATA[<trkpt>]]>", "<![CDATA[",
    "]]>", "<?php x ?>", "<?xml version='1.0'?>", "<!ELEMENT a ANY>", "\0", "\x08", "\ufffe", "\ud800", "\u202e",
    "<a xmlns:b='c'/>", "<b:c/>", "<a b='1' b='2'/>", "<a b=1/>", "<1/>", "</>", "<a//>", "<" + "a" * 3000 + "/>",
    "<a>" * 40, "x" * 70_000, "<a " + " ".join(f"b{n}='1'" for n in range(70)) + "/>",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "utf-32", "ascii")
DECLARED = (
    "UTF-8",
    "utf-16",
    "ISO-8859-1",
    "windows-1252",
    "utf-7",
    "hex",
    "no-such",
    "UTF-32",
    "\xe9",
    "cp037",
    "punycode",
)

Tokens = list[str]


def taken_apart(data: bytes) -> Tokens:
    """The tags and texts of a document; of its points the first and the last."""
    text = _text(data)
    begins = [found.start() for found in POINT_BEGINS.finditer(text)]
    ends = [found.end() for found in POINT_ENDS.finditer(text)]
    if len(begins) == len(ends) > FIRST_POINTS + LAST_POINTS:
        text = (
            text[: begins[FIRST_POINTS]]
            + _tags_between(text[begins[FIRST_POINTS] : begins[-LAST_POINTS]])
            + text[begins[-LAST_POINTS] :]
        )
    return TOKENS.findall(text)


def _tags_between(middle: str) -> str:
    """What is left of a stretch of points without the points: the ends and beginnings of segments and laps."""
    pieces, at = [], 0
    for begin in POINT_BEGINS.finditer(middle):
        end = POINT_ENDS.search(middle, begin.start())
        pieces.append(middle[at : begin.start()].strip())
        at = end.end() if end else len(middle)
    return "".join([*pieces, middle[at:].strip()])


def _text(data: bytes) -> str:
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark):
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                break
    return data.decode("latin-1")


def mutated(seeds: list[Tokens], rng: Random) -> bytes:
    """A document made of one of the seeds and a few changes."""
    tokens = list(rng.choice(seeds))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 5, 9))):
        if tokens:
            rng.choice(CHANGES)(tokens, rng)
    if rng.random() < 0.04:
        tokens += rng.choice(seeds)
    return _written("".join(tokens), rng)


def _written(text: str, rng: Random) -> bytes:
    """The document as bytes: in UTF-8 most times, cut or scratched now and then."""
    chance = rng.random()
    if chance < 0.8:
        data = text.encode("utf-8", "surrogatepass")
    else:
        if chance < 0.9:
            text = _declaring(text, rng)
        data = _encoded(text, rng.choice(ENCODINGS))
    if rng.random() < 0.08:
        data = data[: rng.randrange(len(data) + 1)]
    if rng.random() < 0.06:
        scratched = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            if scratched:
                scratched[rng.randrange(len(scratched))] = rng.choice((0, 0x3C, 0x26, 0x80, 0xFF, rng.randrange(256)))
        data = bytes(scratched)
    return data


def _declaring(text: str, rng: Random) -> str:
    """The text with another declaration in front."""
    body = text[text.find("?>") + 2 :] if text.lstrip().startswith("<?xml") else text
    return f'<?xml version="1.0" encoding="{rng.choice(DECLARED)}"?>{body}'


def _encoded(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec, "surrogatepass" if codec.startswith("utf") else "xmlcharrefreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _some(tokens: Tokens, rng: Random, *, tags: bool) -> int | None:
    """The place of a tag, or of a text that is more than white space, near a random place."""
    begin = rng.randrange(len(tokens))
    for at in _around(tokens, begin, 60):
        if tokens[at].startswith("<") == tags and tokens[at].strip():
            return at
    return None


def _around(tokens: Tokens, begin: int, far: int) -> tuple[int, ...]:
    """Places from `begin` on, then those before it, none further off than `far`."""
    return (*range(begin, min(len(tokens), begin + far)), *range(max(0, begin - far), begin))


def _text_like(tokens: Tokens, rng: Random, *, times: bool) -> int | None:
    """The place of a text that is a number, or a time."""
    begin = rng.randrange(len(tokens))
    for at in _around(tokens, begin, 80):
        text = tokens[at].strip()
        if text[:1].isdigit() and ("T" in text) == times:
            return at
    return None


def _change_number(tokens: Tokens, rng: Random) -> None:
    at = _text_like(tokens, rng, times=False)
    if at is not None:
        tokens[at] = rng.choice(NUMBERS)


def _change_time(tokens: Tokens, rng: Random) -> None:
    at = _text_like(tokens, rng, times=True)
    if at is not None:
        tokens[at] = rng.choice(TIMES)


def _shift_times(tokens: Tokens, rng: Random) -> None:
    """A part of every time from one on is another: a year, an hour, a minute that stands still."""
    at = _text_like(tokens, rng, times=True)
    if at is None:
        return
    old, new = rng.choice(
        (("202", "198"), ("20", "19"), ("T0", "T1"), (":0", ":3"), ("Z", "+14:00"), ("Z", ""), ("Z", ".5Z"))
    )
    for later in range(at, len(tokens)):
        if "T" in tokens[later] and tokens[later][:1].isdigit():
            tokens[later] = tokens[later].replace(old, new, 1)


def _change_attribute(tokens: Tokens, rng: Random) -> None:
    at = _some(tokens, rng, tags=True)
    if at is None:
        return
    parts = re.split(r"(\"[^\"]*\"|'[^']*')", tokens[at])
    quoted = [place for place, part in enumerate(parts) if part[:1] in "\"'" and part]
    if quoted:
        parts[rng.choice(quoted)] = rng.choice(('"{}"', '"{}"', '"{}"', "'{}'", "{}", '"{}')).format(
            rng.choice(NUMBERS + TIMES)
        )
        tokens[at] = "".join(parts)
    else:
        tokens[at] = tokens[at].replace(
            ">", rng.choice((' lat="1">', " lon='2'>", " a='b'>", ' Sport="Running">', " x>")), 1
        )


def _rename(tokens: Tokens, rng: Random) -> None:
    """A tag, or all tags of its name, get another name, case or prefix."""
    at = _some(tokens, rng, tags=True)
    if at is None:
        return
    found = re.match(r"</?([^\s/>]+)", tokens[at])
    if found is None:
        return
    old = found.group(1)
    new = rng.choice((rng.choice(NAMES), old.upper(), old.lower(), f"ns:{old}", old.rpartition(":")[2], f"{old}2"))
    if rng.random() < 0.15:
        tokens[at] = tokens[at].replace(old, new, 1)
        return
    for place, token in enumerate(tokens):
        if token.startswith((f"<{old}", f"</{old}")):
            tokens[place] = token.replace(old, new, 1)


def _stretch(tokens: Tokens, rng: Random) -> slice:
    """A stretch of tokens: most times one or more whole elements side by side, else wherever it begins and ends."""
    begin = rng.randrange(len(tokens))
    if rng.random() < 0.25:
        return slice(begin, begin + rng.choice((1, 1, 2, 3, 30, 200)))
    begin = next((at for at in range(begin, len(tokens)) if _opens(tokens[at])), begin)
    end = begin
    for _ in range(rng.choice((1, 1, 1, 2, 10))):
        end = _end_of_element(tokens, end)
    return slice(begin, end)


def _opens(token: str) -> bool:
    return token.startswith("<") and not token.startswith(("</", "<?", "<!")) and not token.endswith("/>")


def _end_of_element(tokens: Tokens, at: int) -> int:
    """Behind the element that begins at or after `at`, or at the end of the one around it."""
    depth = 0
    for place in range(at, len(tokens)):
        if tokens[place].startswith("</"):
            depth -= 1
            if depth <= 0:
                return place + (depth == 0)
        elif _opens(tokens[place]):
            depth += 1
    return len(tokens)


def _drop(tokens: Tokens, rng: Random) -> None:
    del tokens[_stretch(tokens, rng)]


def _repeat(tokens: Tokens, rng: Random) -> None:
    chosen = _stretch(tokens, rng)
    tokens[chosen.start : chosen.start] = tokens[chosen][:2000] * rng.choice((1, 1, 3))


def _swap(tokens: Tokens, rng: Random) -> None:
    """Two texts change places, or two of whatever."""
    first, second = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    if rng.random() < 0.8:
        texts = _text_like(tokens, rng, times=False), _text_like(tokens, rng, times=rng.random() < 0.3)
        first, second = (there if there is not None else 0 for there in texts)
    tokens[first], tokens[second] = tokens[second], tokens[first]


def _move_stretch(tokens: Tokens, rng: Random) -> None:
    chosen = _stretch(tokens, rng)
    stretch = tokens[chosen]
    del tokens[chosen]
    to = rng.randrange(len(tokens) + 1)
    if rng.random() < 0.8:
        to = next((at for at in range(to, len(tokens)) if _opens(tokens[at])), to)
    tokens[to:to] = stretch


def _insert_danger(tokens: Tokens, rng: Random) -> None:
    tokens.insert(rng.randrange(len(tokens) + 1), rng.choice(DANGERS))


def _danger_in_text(tokens: Tokens, rng: Random) -> None:
    at = _some(tokens, rng, tags=False)
    if at is not None:
        tokens[at] += rng.choice(DANGERS)


def _insert_element(tokens: Tokens, rng: Random) -> None:
    name = rng.choice(NAMES)
    text = rng.choice((rng.choice(NUMBERS), rng.choice(TIMES)))
    whole = (f"<{name}>{text}</{name}>",) * 4 + (f"<{name}/>",) * 2
    made = rng.choice((*whole, f"<{name}>", f"</{name}>"))
    tokens.insert(rng.randrange(len(tokens) + 1), made)


def _self_close(tokens: Tokens, rng: Random) -> None:
    at = _some(tokens, rng, tags=True)
    if at is not None and tokens[at].endswith(">"):
        tokens[at] = tokens[at][:-1] + "/>"


CHANGES: tuple[Callable[[Tokens, Random], None], ...] = (
    _change_number,
    _change_number,
    _change_time,
    _shift_times,
    _change_attribute,
    _change_attribute,
    _rename,
    _rename,
    _drop,
    _repeat,
    _swap,
    _move_stretch,
    _insert_danger,
    _danger_in_text,
    _insert_element,
    _self_close,
)
