"""What pages load: kept for good by its hash, packed, and never from anywhere else."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from service.web.assets import assets

STATIC = Path(__file__).parents[3] / "service" / "web" / "static"


def test_an_address_with_the_present_hash_may_be_kept_for_good(api: Any) -> None:
    address = assets().address("style.css")
    answer = api.get(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    again = api.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api.get("/static/0000/style.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("identity", False), ("", False)],
)
def test_a_file_is_packed_for_whoever_takes_it_so(api: Any, accepted: str, packed: bool) -> None:
    answer = api.get(assets().address("style.css"), headers={"Accept-Encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.text == (STATIC / "style.css").read_text()
    assert gzip.decompress(assets().files["style.css"].packed).decode() == answer.text


@pytest.mark.parametrize("name", ["../pages.py", "..%2Fpages.py", "package.json", "axe.min.js", "style.css%00"])
def test_nothing_else_of_the_folder_is_served(api: Any, name: str) -> None:
    assert api.get(f"/static/{assets().tag}/{name}").status_code == 404


def test_our_modules_import_only_each_other_and_name_no_address() -> None:
    sources = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    assert sources
    for source in sources.values():
        assert set(re.findall(r'from "([^"]+)"', source)) <= {f"./{name}" for name in sources}
        assert "://" not in source
        assert not re.search(r"\beval\b|innerHTML\s*=|new Function|document\.write", source)
    assert "://" not in (STATIC / "style.css").read_text()
