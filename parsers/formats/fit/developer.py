"""Developer fields: columns that an app on the watch added, with the names and units it gave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from parsers.activity import Column
from parsers.formats.fit import profile
from parsers.formats.fit.messages import Messages

_INDEX, _NUMBER, _BASE, _NAME, _SCALE, _OFFSET, _UNITS, _NATIVE_MESSAGE, _NATIVE_FIELD = 0, 1, 2, 3, 6, 7, 8, 14, 15
_MOST_CELLS = 1_500_000
"""Values kept over all developer fields of a file: 12 MB. Real files hold at most a fifth of it."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a `field_description` message says of a developer field; `native` is the record field it stands in for."""

    name: str
    units: str | None
    base: int
    scale: float
    offset: float
    native: int | None


@dataclass(frozen=True, slots=True)
class Developer:
    """Columns of the records by name, with their units; and those that stand in for a field of the profile."""

    columns: Mapping[str, tuple[str | None, Column]] = field(default_factory=dict)
    native: Mapping[int, Column] = field(default_factory=dict)


def developer_fields(file: Messages) -> Developer:
    """Every developer field of the records that is described, numeric, and not missing throughout.

    A field without description is skipped: nothing says what its bytes mean. Where two bear one name, the first wins.
    """
    table = file.tables[profile.RECORD]
    described = dict(_descriptions(file)) if profile.FIELD_DESCRIPTION in file else {}
    columns: dict[str, tuple[str | None, Column]] = {}
    native: dict[int, Column] = {}
    for key in table.developer_fields():
        about = described.get(key)
        if about is None or about.name in columns or (len(columns) + 1) * len(table) > _MOST_CELLS:
            continue
        column = table.developer_column(*key, about.base, scale=about.scale, offset=about.offset)
        if column is None or np.isnan(column).all():
            continue
        columns[about.name] = (about.units, column)
        if about.native is not None:
            native.setdefault(about.native, column)
    return Developer(columns, native)


def _descriptions(file: Messages) -> Iterator[tuple[tuple[int, int], Description]]:
    """Descriptions by (developer data index, field number), in file order."""
    kind = profile.FIELD_DESCRIPTION
    rows = zip(
        *(file.values(kind, number) for number in (_INDEX, _NUMBER, _BASE, _SCALE)),
        file.values(kind, _OFFSET, signed=True),
        file.values(kind, _NATIVE_MESSAGE),
        file.values(kind, _NATIVE_FIELD),
        file.texts(kind, _NAME),
        file.texts(kind, _UNITS),
        strict=True,
    )
    for index, number, base, scale, offset, message, native, name, units in rows:
        if index is None or number is None or base is None:
            continue
        stands_in = native is not None and message in (None, profile.RECORD)
        yield (
            (int(index), int(number)),
            Description(
                name=name or f"field_{index:.0f}_{number:.0f}",
                units=units,
                base=int(base),
                scale=scale or 1.0,
                offset=offset or 0.0,
                native=int(native) if stands_in and native is not None else None,
            ),
        )
