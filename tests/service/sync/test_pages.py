"""Every provider has its page, which names what it needs and says what is not proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import sync
from service.settings import PROVIDER_VARIABLES

DOCS = Path(__file__).parents[3] / "docs" / "sync"
PROVIDERS = sync.providers()
ENDS = {field: end for end, (field, _) in PROVIDER_VARIABLES.items()}


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_a_page_names_every_variable_that_the_provider_needs(provider):
    page = (DOCS / f"{provider.name}.md").read_text()
    needed = [f"`CRAMPWATCH_{provider.name.upper()}_{ENDS[name]}`" for name in (*provider.needs, "path_secret")]
    assert [variable for variable in needed if variable not in page] == []
    for title in ("## Access", "## Settings", "## What is done", "## Proven against the fake", "## Not proven"):
        assert len(page.partition(title)[2].partition("\n## ")[0].strip()) > 60


def test_the_index_names_every_page_and_no_other():
    index = (DOCS / "README.md").read_text()
    assert {path.stem for path in DOCS.glob("*.md")} == {"README", *PROVIDERS}
    assert [name for name in PROVIDERS if f"({name}.md)" not in index] == []


def test_every_setting_of_a_provider_is_read_by_some_name():
    from dataclasses import fields

    from service.settings import ProviderSettings
    from service.sync.provider import Setup

    given = {each.name for each in fields(ProviderSettings)}
    assert given == {field for field, _ in PROVIDER_VARIABLES.values()}
    assert given - {"origins"} == {each.name for each in fields(Setup)} - {"files"}
