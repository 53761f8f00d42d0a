"""A process that reads broken files over and over neither grows nor gets slower."""

from __future__ import annotations

from fuzz.growth import Growth, measured

CASES = 200
"""`make fuzz` runs 5,000."""


def test_ten_passes_over_the_same_files_leave_nothing_behind(seed: int) -> None:
    found = measured(CASES, seed=seed)
    assert len(found.passes_s) == 10
    assert found.is_well(), found.sentence()


def test_what_piles_up_would_be_seen() -> None:
    even = (1.0,) * 10
    assert Growth(1, 0, 20 * 2**20, even).is_well()
    assert not Growth(1, 0, 21 * 2**20, even).is_well()
    assert not Growth(1, 0, 0, (1.0,) * 7 + (2.0,) * 3).is_well()
