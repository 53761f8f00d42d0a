"""The real application with its pages, and HTML read by a parser that forgives nothing it would have to guess."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lxml.html
import pytest

from service.settings import Settings
from tests.service.api.conftest import Api, fixture, opened

UNSAFE = {"Sec-Fetch-Site": "same-origin"}


def words(element: Any) -> str:
    """The texts of an element, each apart from the next."""
    return " ".join(" ".join(element.itertext()).split())


def filled(form: Any) -> dict[str, list[str]]:
    """The fields of a form as a browser sends them when nobody touched it."""
    found: dict[str, list[str]] = {}
    for one in form.xpath(".//*[@name][not(ancestor::fieldset[@disabled])]"):
        if one.tag == "select":
            options = one.xpath("./option[@selected]") or ([] if one.get("multiple") else one.xpath("./option")[:1])
            told = [option.get("value") for option in options]
        elif one.tag == "textarea":
            told = [one.text_content().removeprefix("\n").replace("\n", "\r\n")]
        elif one.get("type") in ("checkbox", "radio"):
            told = [one.get("value")] if one.get("checked") is not None else []
        else:
            told = [one.get("value") or ""]
        found.setdefault(one.get("name"), []).extend(told)
    return found


class Page:
    """One page: asked with CSS-like questions, answered with texts."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.tree = lxml.html.document_fromstring(answer.text)

    def all(self, xpath: str) -> list[Any]:
        return list(self.tree.xpath(xpath))

    def one(self, xpath: str) -> Any:
        found = self.all(xpath)
        assert len(found) == 1, (xpath, len(found))
        return found[0]

    def fields(self, path: str) -> dict[str, list[str]]:
        """What a browser sends of the form that goes to an address ending so, as it is shown."""
        return filled(self.one(f"//form[substring(@action, string-length(@action) - {len(path) - 1}) = '{path}']"))

    def text(self, xpath: str) -> str:
        return words(self.one(xpath))

    def texts(self, xpath: str) -> list[str]:
        return [words(one) for one in self.all(xpath)]


class Browser:
    """The pages of one application, opened by path as a browser without JavaScript would."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def open(self, path: str, *, status: int = 200, **more: Any) -> Page:
        answer = self.api.get(path, headers={"Accept": "text/html", **more.pop("headers", {})}, **more)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return Page(answer)

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> Any:
        return self.api.post(path, data=fields, headers=UNSAFE | headers)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    yield from opened(Settings(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def browser(api: Api) -> Browser:
    return Browser(api)


@pytest.fixture(scope="session")
def watch_file() -> Any:
    return fixture
