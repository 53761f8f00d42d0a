"""The guarded XML reader that GPX and TCX share: one strict, streaming pass of expat, no tree, no entities, no network.

An lxml tree of 5 MB of the tiniest elements grew its process by 155 MiB, and by 227 MiB where each had three empty
attributes (measured); this pass, which keeps nothing but what its reader picks, by 16 MiB. Prefixes are not resolved:
elements are told by their local names, so a prefix that was never declared (a real Movescount export) is no error,
while everything else that is not well-formed is.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.parsers.expat import errors

from parsers.errors import BadXml
from parsers.format import Limits

MOST_NAMES = 5_000
"""Different element and attribute names; chosen by us: watches use fewer than a hundred, expat remembers each."""
WINDOW = 16 * 1024
CDATA = "<![CDATA["
DOCTYPE = "<!DOCTYPE"
CUT_CODES = frozenset(
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
ENTITY_CODE = errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
TEXT_CODECS = (
    "utf-8",
    "ascii",
    "iso8859",
    "cp12",
    "cp437",
    "cp85",
    "koi8",
    "mac-",
    "gb",
    "big5",
    "shift",
    "euc",
    "tis-620",
)
"""Beginnings of the codec names that a declaration may ask for; others of Python's transform rather than decode."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What to call for which element, by local name in lower case; elements in none of the three are passed over.

    `opens` get the attributes as an element begins, `texts` its text and `ends` nothing as it ends. `marks` get the
    text of a processing instruction, by its name as written; there are none in a file as it came.
    """

    opens: Mapping[str, Callable[[Mapping[str, str]], None]]
    texts: Mapping[str, Callable[[str], None]]
    ends: Mapping[str, Callable[[], None]]
    marks: Mapping[str, Callable[[str], None]] = field(default_factory=dict)


def walk(data: bytes, reader: Reader, *, limits: Limits) -> bool:
    """Feed the document to `reader`; False where it ends before its root does: what precedes the cut has been fed.

    Raises BadXml: `xml_malformed`, `xml_forbidden` for a DOCTYPE or an entity, `xml_limit`, `encoding`.
    """
    text, whole = decoded(data)
    try:
        _check_runs(text, limits)
    except BadXml:
        if DOCTYPE in text[:WINDOW]:
            _doctype()  # what is forbidden is the better reason
        raise
    parser = _Pass(reader, limits)
    return parser.run(text) and whole


def decoded(data: bytes) -> tuple[str, bool]:
    """The document as text without leading white space, and whether its last character is whole.

    Raises BadXml `encoding` for bytes that are not what the file says they are, or an encoding nobody should use.
    """
    encoding = encoding_of(data)
    try:
        return data.decode(encoding).lstrip(), True
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 4 and error.reason in {"unexpected end of data", "truncated data"}:
            return data[: error.start].decode(encoding).lstrip(), False
        raise BadXml("encoding", f"The file is not written in the encoding that it names ({encoding}).") from error
    except UnicodeError as error:
        raise BadXml("encoding", "The file's characters cannot be decoded.") from error


def root_name(head: bytes) -> str | None:
    """The local name of the root in lower case, from a file's first bytes; `!doctype` where one comes first."""
    if b"<" not in head:  # in every encoding that is read: an archive may hold fifty thousand photos
        return None
    try:
        text = head.decode(encoding_of(head), errors="ignore").lstrip()
    except (BadXml, UnicodeError):
        text = head.decode("latin-1").lstrip()
    at = 0
    while text.startswith(("<?", "<!--"), at):
        close = "?>" if text.startswith("<?", at) else "-->"
        found = text.find(close, at)
        if found < 0:
            return None
        at = found + len(close)
        at += len(text) - at - len(text[at:].lstrip())
    if not text.startswith("<", at):
        return None
    tag = text[at + 1 : at + 200].replace("/", " ").replace(">", " ").split()
    return tag[0].rpartition(":")[2].lower() if tag else None


def clean(text: str, most: int) -> str | None:
    """A name as people may see it: no control characters, single spaces, at most `most` characters; None if empty."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * most]).split())[:most] or None


def encoding_of(data: bytes) -> str:
    """The codec of a document (XML 1.0, appendix F): byte-order mark, else the look of `<?`, else the declaration."""
    for mark, codec in BOMS:
        if data.startswith(mark):
            return codec
    if b"\0" in data[:2]:
        return "utf-16-be" if data.startswith(b"\0") else "utf-16-le"
    declared = _declared(data[:1024])
    if declared is None or declared.startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return "utf-8"  # an 8-bit file that calls itself UTF-16 was a string once (.NET exporters)
    try:
        codec = codecs.lookup(declared).name
    except (LookupError, ValueError) as error:
        raise BadXml("encoding", "The file names an encoding that is not known.") from error
    if not codec.startswith(TEXT_CODECS):
        raise BadXml("encoding", "The file names an encoding that is not accepted.")
    return codec


def _declared(head: bytes) -> str | None:
    """The encoding that an XML declaration names, in lower case."""
    head = head.lstrip()
    if not head.startswith(b"<?xml"):
        return None
    declaration = head[: head.find(b"?>")].replace(b"'", b'"').replace(b" ", b"")
    _, found, rest = declaration.partition(b'encoding="')
    return rest.partition(b'"')[0].decode("ascii", "replace").lower() if found else None


def _check_runs(text: str, limits: Limits) -> None:
    """Refuse a text, attribute or comment past the limit before expat holds it: a long run without `<`.

    A run of twice the window covers a whole window, so only windows without any `<` are looked at closely.
    """
    window = min(WINDOW, max(1, limits.xml_text_bytes // 2))
    at = 0
    while at < len(text):
        if text.find("<", at, at + window) < 0:
            begin = text.rfind("<", 0, at) + 1
            end = text.find("<", at)
            end = len(text) if end < 0 else end
            if end - begin > limits.xml_text_bytes:
                raise _too_long()
            at = end
        at += window
    begin = text.find(CDATA)
    while begin >= 0:  # a section may be full of `<`
        end = text.find("]]>", begin)
        if (len(text) if end < 0 else end) - begin > limits.xml_text_bytes:
            raise _too_long()
        begin = text.find(CDATA, end) if end >= 0 else -1


def _too_long() -> BadXml:
    return BadXml("xml_limit", "The file holds a text that is far too long.")


class _Pass:
    """One run of expat over one document; state lives as long as the run."""

    def __init__(self, reader: Reader, limits: Limits) -> None:
        self.reader = reader
        self.limits = limits
        self.depth = 0
        self.names: dict[str, str] = {}
        self.kinds: dict[str, _Kind] = {}
        self.parser = expat.ParserCreate(None, None, self.names)
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        pieces: list[str] = []
        self.parser.StartElementHandler = self._started(pieces)
        self.parser.EndElementHandler = self._ended(pieces)
        self.parser.StartDoctypeDeclHandler = _doctype
        if reader.marks:
            self.parser.ProcessingInstructionHandler = self._mark

    def run(self, text: str) -> bool:
        """Whether the root was closed."""
        try:
            self.parser.Parse(text, True)  # noqa: FBT003 - expat's own signature: this is all there is
        except expat.ExpatError as error:
            if error.code in CUT_CODES and self.depth > 0:
                return False
            if error.code == ENTITY_CODE:
                raise BadXml("xml_forbidden", "The file uses an entity.", offset=error.lineno) from error
            raise BadXml(
                "xml_malformed", f"The file is not well-formed XML (line {error.lineno}).", offset=error.lineno
            ) from error
        return True

    def _mark(self, target: str, text: str) -> None:
        if target in self.reader.marks:
            self.reader.marks[target](text)

    def _started(self, pieces: list[str]) -> Callable[[str, list[str]], None]:
        parser, kinds, names, take = self.parser, self.kinds, self.names, pieces.append
        most_depth, most_attributes = self.limits.xml_depth, 2 * self.limits.xml_attributes

        def start(tag: str, attributes: list[str]) -> None:
            self.depth += 1
            if self.depth > most_depth or len(attributes) > most_attributes or len(names) > MOST_NAMES:
                raise BadXml("xml_limit", "The file is nested too deep, or has too many attributes or names.")
            opened, text, _ = kinds[tag] if tag in kinds else self._kind(tag)
            if opened is not None:
                opened(dict(zip(attributes[::2], attributes[1::2], strict=True)))
            if text is not None:
                pieces.clear()
                parser.CharacterDataHandler = take

        return start

    def _ended(self, pieces: list[str]) -> Callable[[str], None]:
        parser, kinds, longest = self.parser, self.kinds, self.limits.xml_text_bytes

        def end(tag: str) -> None:
            self.depth -= 1
            _, text, ended = kinds[tag]
            if text is not None:
                parser.CharacterDataHandler = None
                whole = "".join(pieces)
                if len(whole) > longest:
                    raise _too_long()
                text(whole)
            if ended is not None:
                ended()

        return end

    def _kind(self, tag: str) -> _Kind:
        """What the reader wants of an element, remembered by its name as written."""
        name = tag.rpartition(":")[2].lower()
        kind = self.reader.opens.get(name), self.reader.texts.get(name), self.reader.ends.get(name)
        self.kinds[tag] = kind
        return kind


_Kind = tuple[
    Callable[[Mapping[str, str]], None] | None,
    Callable[[str], None] | None,
    Callable[[], None] | None,
]


def _doctype(*_: object) -> None:
    raise BadXml("xml_forbidden", "The file declares a document type, which no watch file needs.")
