"""Every file that once escaped, and a hostile one of each sort, is answered as it should be, and stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.cases import judged
from fuzz.kinds import REGRESSIONS, kinds

FILES = sorted(path for path in REGRESSIONS.iterdir() if path.suffix != ".md")
EXPECTED = {
    line.split("|")[1].strip().strip("`"): line.split("|")[2].strip().strip("`")
    for line in (REGRESSIONS / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
}


def test_each_file_is_told_of_and_small() -> None:
    assert {path.name for path in FILES} == EXPECTED.keys()
    assert len(FILES) > 10
    assert max(path.stat().st_size for path in FILES) < 40_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_that_escaped_once_is_answered(path: Path) -> None:
    verdict = judged(path.read_bytes(), kinds()[path.name.partition("_")[0]], chain=True)
    assert (verdict.code, verdict.wrong) == (EXPECTED[path.name], "")
