"""Every statement of the article is shown to whoever reads the documentation, with who carries it out."""

from __future__ import annotations

import pytest

from docs.make_statements import PAGE, carriers, page
from service.analysis.advice import panels, statements


def test_the_page_is_the_one_that_the_catalogue_makes() -> None:
    """Run `python -m docs.make_statements` where this fails."""
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("ref", statements.STATEMENTS)
def test_every_statement_is_carried_out_by_somebody(ref: str) -> None:
    assert list(carriers(ref))


def test_every_background_text_is_shown() -> None:
    assert len(panels.PANELS) >= 3
    assert [key for key, panel in panels.PANELS.items() if panel.text not in page()] == []
