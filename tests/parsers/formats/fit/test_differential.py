"""Our decoder and python-fitparse read the same raw values from every real FIT file.

Known differences of the oracle, allowed for here: it shows half a message at a cut end as a whole one (we leave it
out), it has no word for trailing checksums when told not to check them (each file of a chain is handed to it without),
and its components repeat a field that the message has itself (only fields that stand in the message are compared).
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitparse.base import FitFileDecoder
from fitparse.utils import FitParseError
from garmin_fit_sdk import Decoder, Stream

from parsers.format import Limits
from parsers.formats.fit.columns import STRING
from parsers.formats.fit.messages import Messages, read
from parsers.formats.fit.profile import RECORD

TIMESTAMP = 253
BYTE = 0x0D
Row = dict[int, Any]


def oracle(file: Messages) -> dict[int, list[Row]]:
    """What python-fitparse reads: for each message number the rows, each with its raw values by field number."""
    extent = file.extent
    header = bytes((12, 0x20, 0, 0)) + (extent.end - extent.start).to_bytes(4, "little") + b".FIT"
    rows: dict[int, list[Row]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of odd field sizes and of cut files; so do we, in notes
        for message in _until_broken(header + file.data[extent.start : extent.end]):
            row: Row = {}
            for value in message.fields:
                number = value.field_def.def_num if value.field_def is not None else None
                if number is None and message.header.time_offset is not None and value.def_num == TIMESTAMP:
                    number = TIMESTAMP
                developer = value.field_def is not None and value.field_def in message.def_mesg.dev_field_defs
                if number is not None and not developer and row.get(number) is None:
                    row[number] = value.raw_value
            rows[message.mesg_num].append(row)
    return rows


def _until_broken(data: bytes) -> Iterator[Any]:
    try:
        yield from FitFileDecoder(data, check_crc=False, check_developer_data=False).get_messages()
    except FitParseError:
        return


def same_numbers(ours: np.ndarray, theirs: list[Any], *, is_byte: bool) -> bool:
    """Whether n × width numbers equal the oracle's values: a number, a tuple, or None for missing."""
    expected = np.full(ours.shape, np.nan)
    for row, value in enumerate(theirs):
        for at, item in enumerate(value if isinstance(value, tuple) else (value,)):
            if item is not None and math.isfinite(item):
                expected[row, at] = float(item)
    if is_byte:  # 0xFF is a legal byte of a longer value: the oracle calls only the whole missing
        silent = np.isnan(expected).all(axis=1)
        ours = np.where(np.isnan(ours) & ~silent[:, None] & ~np.isnan(expected), 255.0, ours)
    return bool(((ours == expected) | (np.isnan(ours) & np.isnan(expected))).all())


def test_every_raw_field_of_the_messages_read_equals_the_oracles(corpus_fit: Path) -> None:
    data = corpus_fit.read_bytes()
    if not data:
        pytest.skip("nothing to decode")
    compared = 0
    for file in read(data, Limits())[0]:
        theirs = oracle(file)
        for number, table in file.tables.items():
            rows = theirs[number]
            assert 0 <= len(rows) - len(table) <= (1 if file.walk.stopped == "cut" else 0), number
            compared += compare(file, number, rows[: len(table)])
    assert compared or not any(file.tables for file in read(data, Limits())[0])


def compare(file: Messages, number: int, rows: list[Row]) -> int:
    """Compare every field of one kind of message; how many fields there were."""
    table = file.tables[number]
    bases = {
        triple[0]: triple[2]
        for group in table.groups
        for triple in zip(*[iter(group.definition.triples)] * 3, strict=True)
    }
    for field, base in bases.items():
        theirs = [row.get(field) for row in rows]
        where = f"message {number}, field {field}"
        if base & 0x1F == STRING:
            assert [_plain(text) for text in theirs] == table.texts(field), where
            continue
        ours = table.matrix(field)
        if field == TIMESTAMP:
            ours = file.times(number)[:, None]
        if ours is not None:
            assert same_numbers(ours, theirs, is_byte=base & 0x1F == BYTE), where
    return len(bases)


def _plain(text: str | None) -> str | None:
    return "".join(letter for letter in text if letter.isprintable()).strip() or None if text else None


@pytest.mark.parametrize(
    "name",
    ["fit_garmin_fenix5_tiny_run", "fit_suunto9_run_nohr", "fit_garmin_fr965_stamina", "fit_zwift_run_treadmill"],
)
def test_records_equal_those_of_garmins_own_sdk(corpus: Path, name: str) -> None:
    data = (corpus / f"{name}.fit").read_bytes()
    messages, errors = Decoder(Stream.from_byte_array(bytearray(data))).read(
        apply_scale_and_offset=False,
        convert_datetimes_to_dates=False,
        convert_types_to_strings=False,
        expand_sub_fields=False,
        expand_components=False,
        merge_heart_rates=False,
    )
    assert not errors
    file = read(data, Limits())[0][0]
    for field, key in {
        TIMESTAMP: "timestamp",
        3: "heart_rate",
        5: "distance",
        2: "altitude",
        78: "enhanced_altitude",
    }.items():
        theirs = [record.get(key) for record in messages["record_mesgs"]]
        ours = file.column(RECORD, field)
        if ours is None:
            assert not any(value is not None for value in theirs), key
        else:
            assert same_numbers(ours[:, None], theirs, is_byte=False), key
