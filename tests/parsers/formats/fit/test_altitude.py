"""How the altitude was measured: told by the product, else by its tremble."""

from __future__ import annotations

import numpy as np
import pytest

from parsers.activity import Streams
from parsers.barometers import BY_PRODUCT, has_barometer, says_barometer
from parsers.formats.fit.altitude import altitude_kind, tremble_m
from parsers.formats.fit.profile import name_of

N = 2000


def streams(sigma_m: float | None, *, distance: bool = True) -> Streams:
    """Six kilometres over a hill, the altitude trembling by so much; None: no altitude."""
    way = np.arange(N) * 3.0
    noise = np.random.default_rng(7).normal(0.0, sigma_m or 0.0, N)
    altitude = 100.0 + 40.0 * np.sin(way / 800.0) + noise
    return Streams(
        np.arange(N, dtype=np.float64),
        distance_m=way if distance else None,
        altitude_m=None if sigma_m is None else altitude,
    )


@pytest.mark.parametrize(
    ("sigma_m", "maker", "product", "expected"),
    [
        pytest.param(3.0, "garmin", "fr945", ("barometric", "product"), id="a product with a barometer, however noisy"),
        pytest.param(0.1, "garmin", "fr245", ("gps", "product"), id="a product without one, however smooth"),
        pytest.param(0.1, "suunto", "Suunto 9 Baro", ("barometric", "product"), id="Suunto by its name"),
        pytest.param(0.1, "suunto", "Suunto 9", ("gps", "product"), id="and without"),
        pytest.param(0.1, "coros", "COROS PACE 2", ("barometric", "product"), id="COROS by its maker"),
        pytest.param(0.3, "strava", "1161", ("barometric", "noise"), id="unknown and smooth"),
        pytest.param(2.0, "strava", "1161", ("unknown", "noise"), id="unknown and trembling"),
        pytest.param(None, "garmin", "fr945", ("unknown", "none"), id="no altitude"),
    ],
)
def test_kind(sigma_m: float | None, maker: str, product: str, expected: tuple[str, str]) -> None:
    assert altitude_kind(streams(sigma_m), manufacturer=maker, product=product) == expected


def test_without_a_way_or_with_too_little_of_it_nothing_is_known() -> None:
    assert altitude_kind(streams(0.1, distance=False), manufacturer=None, product=None) == ("unknown", "none")
    assert tremble_m(np.arange(50) * 20.0, np.zeros(50)) is None
    assert tremble_m(np.arange(400) * 1.0, np.zeros(400)) is None


@pytest.mark.parametrize("sigma_m", [0.2, 0.7, 0.9, 3.0])
def test_tremble_is_the_sigma_of_the_noise(sigma_m: float) -> None:
    got = streams(sigma_m)
    assert got.altitude_m is not None
    assert tremble_m(got.distance_m, got.altitude_m) == pytest.approx(sigma_m, rel=0.12)


def test_the_longest_matching_name_decides() -> None:
    names = ("venu2", "venusq", "vivoactive5", "fr70", "fr70_2026", "edge_remote")
    assert [has_barometer("garmin", name) for name in names] == [True, False, False, False, None, None]


def test_every_garmin_name_in_the_table_begins_a_name_of_the_profile() -> None:
    products = {name_of("garmin_product", number) or "" for number in range(1, 6000)}
    strange = [start for start in BY_PRODUCT["garmin"] if not any(name.startswith(start) for name in products)]
    assert strange == []


@pytest.mark.parametrize(
    ("maker", "product", "says"),
    [
        ("garmin", "Forerunner 945", True),
        ("garmin", "Garmin Forerunner 910XT", True),
        ("garmin", "fēnix 6S", True),
        ("garmin", "vívoactive HR", True),
        ("garmin", "Edge 530", True),
        ("garmin", "Venu Sq", False),
        ("garmin", "Forerunner 310XT", False),
        ("garmin", "Garmin Connect", False),
        ("suunto", "Suunto Spartan Ultra", True),
        ("suunto", "Suunto 9", False),
        ("coros", "COROS PACE 3", True),
        (None, "StravaGPX", False),
        (None, "Apple Watch with Barometer", True),
        (None, None, False),
    ],
)
def test_a_text_file_names_a_product_with_a_barometer_or_says_so_itself(
    maker: str | None, product: str | None, says: bool
) -> None:
    assert says_barometer(maker, product) is says
