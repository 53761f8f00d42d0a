"""How often noisy runs are called what they are not, and missed for what they are: 120 seeds a family, as FIT files.

The true pace wanders by 5 % from one 100 m to the next, and each second's speed is off by 5 %.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from fixtures.fit_writer import fit
from fixtures.runs import noisy
from service import examine

pytestmark = pytest.mark.golden

SEEDS = 120
ANY = frozenset({"low", "moderate", "high"})

RATES = {
    "an even run is hardly ever called fast": ("even", "fast_start", ANY - {"low"}, (0.0, 0.01)),
    "an even run is sometimes called a little fast": ("even", "fast_start", {"low"}, (0.0, 0.11)),
    "an even run never fades": ("even", "fade", ANY, (0.0, 0.0)),
    "a start that is 12 % fast is found": ("fast", "fast_start", ANY, (0.92, 1.0)),
    "a start that is 12 % fast is mostly called moderate": ("fast", "fast_start", ANY - {"low"}, (0.6, 0.85)),
    "a downhill start is never called fast": ("downhill", "fast_start", ANY, (0.0, 0.0)),
    "a fade of 15.4 % is found": ("fade", "fade", ANY, (0.95, 1.0)),
    "rolling hills are always found": ("rolling", "hilly", {"moderate"}, (1.0, 1.0)),
}
FAMILIES = sorted({family for family, *_ in RATES.values()})


@pytest.fixture(scope="module")
def assessed() -> Callable[[str], Sequence[Mapping[str, Any]]]:
    """Every assessment of a family, made once."""
    made: dict[str, list[Mapping[str, Any]]] = {}

    def get(family: str) -> list[Mapping[str, Any]]:
        if family not in made:
            made[family] = [_assessment(fit(noisy(family, seed))) for seed in range(SEEDS)]
        return made[family]

    return get


def _assessment(data: bytes) -> Mapping[str, Any]:
    (activity,) = examine.read(data)
    return examine.examine(
        activity, input_sha256="", profile={}, history=(), conditions={}, program_version="test"
    ).assessment


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fact", RATES)
def test_a_rate(assessed, fact) -> None:  # type: ignore[no-untyped-def]
    family, code, severities, (least, most) = RATES[fact]
    called = 0
    for document in assessed(family):
        whole = (one for one in document["warnings"] if one["code"] == code and not one["segment"])
        called += any(one["severity"] in severities for one in whole)
    assert least <= called / SEEDS <= most, called


@pytest.mark.timeout(600)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_called_structured_or_interrupted(assessed, family) -> None:  # type: ignore[no-untyped-def]
    documents = assessed(family)
    assert len(documents) == SEEDS
    assert sum(document["structured"] for document in documents) == 0
    assert sum(len(document["questions"]) for document in documents) == 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_explanation_sums_up_in_noise_too(assessed, family) -> None:  # type: ignore[no-untyped-def]
    for document in assessed(family):
        assert document["score"] == sum(line["points"] for line in document["explanation"])
