"""What files say cannot steer a terminal."""

import io
import unicodedata

import pytest

from service.cli.terminal import harmless, harmless_document, harmless_name, is_plain

HOSTILE = {
    "colour": "\x1b[31mred",
    "window title": "\x1b]0;owned\x07",
    "C1 control sequence": "a\x9b31mb",
    "device control string": "\x90q\x9c",
    "bell and backspace": "a\x07\x08b",
    "bidi override": "run\u202egpj.fit",
    "bidi isolate": "run\u2066x\u2069",
    "zero width": "ru\u200bn",
    "line separator": "a\u2028b",
    "lone surrogate": "a\udc80b",
    "delete": "a\x7fb",
    "private use": "a\ue000b",
    "new lines": "a\r\n\tb",
}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_control_or_format_character_survives(name, plain):
    clean = harmless(HOSTILE[name], plain=plain)
    assert not [mark for mark in clean if unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]


@pytest.mark.parametrize("name", HOSTILE)
def test_plain_text_is_ascii(name):
    assert harmless(HOSTILE[name] + " – 18 °C ≥ 5 ½ é 漢 ✓", plain=True).isascii()


def test_ordinary_words_of_any_language_stay():
    for words in ("Grüße aus Łódź", "漢字ラン", "Кросс 10 км", "نصف ماراثون", "emoji 🏃 too", "5:29 /km – 12 %"):
        assert harmless(words) == words


def test_a_name_is_at_most_two_hundred_characters():
    assert len(harmless_name("x" * 5000)) == 200


def test_every_string_of_a_document_is_cleaned_and_nothing_else_is_touched():
    document = {"a": ["\x1b[1m", {"b": ("x\x07", 1.5, None, True)}], "n": 3}
    assert harmless_document(document) == {"a": ["[1m", {"b": ["x", 1.5, None, True]}], "n": 3}


@pytest.mark.parametrize(
    ("encoding", "plain"), [("utf-8", False), ("UTF-16", False), ("ascii", True), ("latin-1", True), ("cp1252", True)]
)
def test_only_the_encodings_of_unicode_show_block_characters(encoding, plain):
    assert is_plain(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is plain


def test_a_stream_without_a_known_encoding_gets_ascii():
    assert is_plain(io.StringIO()) is True
    assert is_plain(None) is True
