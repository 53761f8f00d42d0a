"""The numbers of the FIT profile that this reader needs, and names for the rest.

Message and field numbers, scales and offsets are those of Garmin's FIT profile. They stand here as a table of our own,
because the whole profile costs 19 ms and 3.6 MB to import; it is asked, once, only for names of makers, products,
sports and triggers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from types import MappingProxyType

FILE_ID = 0
SPORT = 12
SESSION = 18
LAP = 19
RECORD = 20
EVENT = 21
DEVICE_INFO = 23
WORKOUT_STEP = 27
ACTIVITY = 34
HEART = 132
FIELD_DESCRIPTION = 206

WANTED = frozenset(
    {FILE_ID, SPORT, SESSION, LAP, RECORD, EVENT, DEVICE_INFO, WORKOUT_STEP, ACTIVITY, HEART, FIELD_DESCRIPTION}
)
"""The messages that are read. `user_profile` (name, weight, birth) and the like are not among them, on purpose."""

ACTIVITY_FILE, COURSE_FILE = 4, 6
LOCAL_TIMESTAMP = 5
EPOCH_S = 631_065_600
"""Seconds from 1970 to FIT's own epoch, 1989-12-31T00:00:00Z."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of the record message that fills a column: physical value = raw / scale - offset."""

    column: str
    name: str
    number: int
    scale: float = 1.0
    offset: float = 0.0


SEMICIRCLES_PER_DEG = 2.0**31 / 180.0

RECORD_FIELDS = (
    RecordField("lat_deg", "position_lat", 0, SEMICIRCLES_PER_DEG),
    RecordField("lon_deg", "position_long", 1, SEMICIRCLES_PER_DEG),
    RecordField("altitude_m", "enhanced_altitude", 78, 5.0, 500.0),
    RecordField("altitude_m", "altitude", 2, 5.0, 500.0),
    RecordField("heart_rate_bpm", "heart_rate", 3),
    RecordField("cadence_spm", "cadence256", 52, 256.0),
    RecordField("cadence_spm", "cadence", 4),
    RecordField("distance_m", "distance", 5, 100.0),
    RecordField("speed_mps", "enhanced_speed", 73, 1000.0),
    RecordField("speed_mps", "speed", 6, 1000.0),
    RecordField("power_w", "power", 7),
    RecordField("temperature_c", "temperature", 13),
)
"""Where two fields fill one column, the better one stands first; the other serves where it is silent."""

FRACTIONAL_CADENCE = RecordField("cadence_spm", "fractional_cadence", 53, 128.0)
COMPRESSED_SPEED_DISTANCE = 8

_CLASH = (
    "fitparse and python-fitparse are both installed; they own the same folder, and either may have overwritten "
    "the other. Uninstall both, then install python-fitparse."
)


def refuse_clash(installed: Mapping[str, object] | None = None) -> None:
    """Nothing, or a refusal to start where the dead fitparse stands beside its maintained fork.

    Raises:
        RuntimeError: both distributions are installed (`installed` names them in tests).

    """
    if installed is None:
        installed = {name: True for name in ("fitparse", "python-fitparse") if _is_installed(name)}
    if "fitparse" in installed and "python-fitparse" in installed:
        raise RuntimeError(_CLASH)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


@cache
def _values(kind: str) -> Mapping[int, str]:
    from fitparse.profile import FIELD_TYPES  # noqa: PLC0415 - 19 ms and 3.6 MB that only names need

    return MappingProxyType(
        {number: name for number, name in FIELD_TYPES[kind].values.items() if isinstance(name, str)}
    )


def name_of(kind: str, number: float | None) -> str | None:
    """The profile's word for a value of an enumerated type; None where it has none.

    >>> name_of("sport", 1.0)
    'running'
    >>> name_of("sport", 201.0) is None
    True
    """
    return None if number is None or number != number else _values(kind).get(int(number))  # noqa: PLR0124 - NaN
