"""The texts of the pages: each that a template asks for is there, and each that is there is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from service.web import sheets

ROOM = Path(__file__).parents[3] / "service" / "web"
TEMPLATES = sorted((ROOM / "templates").glob("*.html"))
SCRIPTS = sorted((ROOM / "static").glob("*.js"))
CATALOGUE = (ROOM / "texts" / "en.ftl").read_text()
KEYS = set(re.findall(r"^([a-z][\w-]*) =", CATALOGUE, re.MULTILINE))


def asked() -> set[str]:
    found = set()
    for path in (*TEMPLATES, *ROOM.glob("*.py")):
        found |= set(re.findall(r'\bt\(\s*["\']([\w-]+)["\']', path.read_text()))
    return found | {field.label for sheet in sheets.SHEETS for field in sheet.fields}


def test_there_are_templates_and_texts() -> None:
    assert len(TEMPLATES) > 5
    assert len(KEYS) > 100


def test_every_text_that_is_asked_for_is_there_and_the_other_way_round() -> None:
    told = {key for key in KEYS if re.search(rf"\{{ {key} \}}", CATALOGUE)}
    assert asked() - KEYS == set()
    assert KEYS - asked() - told == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_script_no_style_no_handler_and_marks_nothing_as_safe(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\|\s*safe|Markup|autoescape", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|hx-on|://", source)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(path: Path) -> None:
    """What is left of it without code, comments and marks is no sentence: the words are the catalogue's."""
    code = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(), flags=re.DOTALL)
    bare = re.sub(r"<[^>]*>", " ", code)
    bare = re.sub(r"&\w+;|crampwatch|KiB", " ", bare)
    assert re.findall(r"[A-Za-z]{3,}", bare) == []


SIGNS = r"ml|fl oz|l/h|kg|lb|mg|km|mi|ft|km/h|mph|°C|°F|bpm|spm|min|1–10"


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=lambda path: path.name)
def test_no_unit_is_written_but_in_the_catalogue(path: Path) -> None:
    """Scripts read them off the page, which has each under its key."""
    source = path.read_text()
    if path.name == "page.html":
        source = re.sub(r"{% for sign in \([^)]*\) %}", "", source)
    written = rf"""(?<!t\()(?<!unit=)["'`>](?:{SIGNS})["'`<]|}} (?:{SIGNS})["'`<]|\((?:{SIGNS})\)["'`<]"""
    assert re.findall(written, source) == []
    assert re.findall(written, '"bpm" `${rate} bpm` `${name} (min)` "lb"') == ['"bpm"', "} bpm`", "(min)`", '"lb"']


def test_jinja_escapes_what_a_template_writes() -> None:
    from service.web.pages import _templates

    environment = _templates()
    assert environment.autoescape is True
    assert environment.undefined is jinja2.StrictUndefined
