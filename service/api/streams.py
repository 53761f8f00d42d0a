"""What an activity is made of: the original file, its streams, and their kilometres, laps, hills and zones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

import numpy as np
import orjson
from fastapi import Query, Request
from numpy.typing import NDArray
from starlette.responses import Response
from tsdownsample import MinMaxDownsampler

from service import examine, ingest
from service.api import answers, rows
from service.api.access import ActivityName, Visit, Visiting, checked
from service.api.openapi import csv_too, json_of, tagged
from service.api.parameters import strict_router
from service.api.shapes import Shape
from service.api.wire import words
from service.errors import NotFound
from service.store import activities, files, history
from service.store.blobs import original_key
from service.store.files import SourceRow

if TYPE_CHECKING:
    from parsers import Activity

router = strict_router("activities")

CHANNELS = (
    "time_s",
    "distance_m",
    "altitude_m",
    "grade",
    "speed_mps",
    "gap_mps",
    "heart_rate_bpm",
    "cadence_spm",
    "temperature_c",
    "power_w",
    "lat_deg",
    "lon_deg",
)
_DECIMALS = 7
"""Enough for a position to the centimetre; every other channel is exact with fewer."""
_DECIMAL = frozenset({1.0, 10.0, 100.0, 1000.0, 10_000.0})
"""Units of which a whole number divided is written with no more decimals than these have noughts."""

_MISSING = str(examine.INT32_MISSING).encode()
"""No other number of an answer is written so: values are above it, and those of `units_per` positive."""
_FEW = 64
"""So many samples show of nearly every channel with fractions that it has some."""

_SANDBOX = "sandbox; default-src 'none'"
_MEDIA_TYPES = {
    "fit": "application/vnd.ant.fit",
    "gpx": "application/gpx+xml",
    "streams": "application/json",
    "tcx": "application/vnd.garmin.tcx+xml",
}

_EXTREMES = MinMaxDownsampler()  # type: ignore[no-untyped-call]  # its constructor alone is without types
"""Passes over NaN. The triangles of LTTB look better on paper, but lose the extremes of a column with gaps."""

Columns = dict[str, NDArray[np.float64]]


class StreamColumns(Shape):
    """Samples by channel; every list has `points` values, null where the sample lacks one."""

    points: int
    channels: dict[str, list[float | None] | None]
    units_per: dict[str, float] | None = None
    """With `scaled`: the number of each channel by which its values are to be divided."""


@router.get(
    "/v1/activities/{activity}/file",
    operation_id="get_activity_file",
    responses=tagged(
        {200: {"description": "The original bytes, as a download", "content": {"application/octet-stream": {}}}}
    ),
)
def get_file(
    activity: ActivityName,
    visit: Visiting,
    request: Request,
    source: Annotated[str | None, Query(max_length=64, description="The sha256 of one of the sources.")] = None,
) -> Response:
    """The file as it was sent (without its gzip), the richest one where there are several."""
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
        sources = files.sources_of(db, [row.id], scope=visit.scope).get(row.id, ())
    chosen = next((one for one in sources if source in (None, one.sha256)), None)
    if chosen is None:
        raise NotFound("This activity has no such source.")
    headers = _download(chosen)
    if answers.unchanged(request, headers["ETag"]):
        return Response(None, 304, headers)
    return Response(visit.house.blobs.get(original_key(row.athlete_id, chosen.sha256)), 200, headers)


def _download(source: SourceRow) -> dict[str, str]:
    """Headers of a foreign file: a download under a plain name, never a page of ours."""
    name = source.filename or f"activity.{source.format}"
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return {
        "Content-Type": _MEDIA_TYPES.get(source.format, "application/octet-stream"),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _SANDBOX,
        "ETag": f'"{source.sha256}"',
    }


@router.get(
    "/v1/activities/{activity}/streams",
    operation_id="get_activity_streams",
    responses=tagged(csv_too(json_of(200, StreamColumns))),
)
def get_streams(
    activity: ActivityName,
    visit: Visiting,
    request: Request,
    *,
    channels: Annotated[str | None, Query(max_length=500, description="Comma list; absent: all there are.")] = None,
    max_points: Annotated[int | None, Query(ge=2, le=1_000_000, description="Thin out to at most so many.")] = None,
    scaled: Annotated[bool, Query(description="Whole numbers, to be divided by `units_per`; JSON alone.")] = False,
) -> Response:
    """The samples in columns. A channel that was asked for and is not there is null.

    With `scaled` a value is a whole number, which takes a quarter of the time: divided by the channel's number in
    `units_per` it is what the plain answer says.
    """
    wanted = words(channels, known=frozenset(CHANNELS), field="channels")
    with visit.reading() as db:
        row = activities.get(db, checked(activity, "act"), scope=visit.scope)
    stored = ingest.columns_of(visit.house.blobs, row)
    shown = [name for name in CHANNELS if (name in stored if wanted is None else name in wanted)]
    if scaled and not answers.wants_csv(request):
        body = as_scaled_json(_thinned_whole(stored, max_points=max_points), shown)
        return answers.tagged(request, body, revision=row.revision, media_type=answers.JSON)
    columns = thinned(floats(stored), max_points=max_points)
    points = len(columns["time_s"])
    if answers.wants_csv(request):
        return _streams_csv(request, columns, shown, points=points)
    body = as_json({name: columns.get(name) for name in shown}, points=points)
    return answers.tagged(request, body, revision=row.revision, media_type=answers.JSON)


def as_json(columns: Mapping[str, NDArray[np.float64] | None], *, points: int) -> bytes:
    """The answer's body. A channel of nothing but whole numbers is written as such: in a seventh of the time."""
    content = {"points": points, "channels": {name: _plainest(column) for name, column in columns.items()}}
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def as_scaled_json(stored: examine.Encoded, shown: Iterable[str]) -> bytes:
    """The answer's body in the integers that are stored, with what to divide them by."""
    there = {name: stored[name] for name in shown if name in stored}
    content = {
        "points": len(stored["time_s"][0]),
        "units_per": {name: units_per for name, (_, units_per) in there.items()},
        "channels": {name: there[name][0] if name in there else None for name in shown},
    }
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY).replace(_MISSING, b"null")


def _thinned_whole(stored: examine.Encoded, *, max_points: int | None) -> examine.Encoded:
    """The stored columns at the rows to which the plain answer is thinned."""
    n = len(stored["time_s"][0])
    if max_points is None or n <= max_points:
        return stored
    rows = kept_rows(floats(stored), max_points=max_points)
    return {name: (whole[rows], units_per) for name, (whole, units_per) in stored.items()}


def _plainest(column: NDArray[np.float64] | None) -> NDArray[np.float64] | NDArray[np.int64] | None:
    if column is None or not _is_whole(column[:_FEW]):
        return column
    return column.astype(np.int64) if _is_whole(column) else column


def _is_whole(column: NDArray[np.float64]) -> bool:
    """Whether all are whole numbers; what is missing is none."""
    return bool((np.rint(column) == column).all())


def floats(stored: examine.Encoded) -> Columns:
    """The stored integers as numbers in the units of their names; NaN is missing."""
    columns: Columns = {}
    for name, (whole, units_per) in stored.items():
        column = whole / units_per
        if units_per not in _DECIMAL:
            np.round(column, _DECIMALS, out=column)
        column[whole == examine.INT32_MISSING] = np.nan
        columns[name] = column
    return columns


def thinned(columns: Columns, *, max_points: int | None) -> Columns:
    """`max_points` rows (all, where there are no more) that keep the shape: rows are whole samples, never averages."""
    if max_points is None or len(columns["time_s"]) <= max_points:
        return columns
    rows = kept_rows(columns, max_points=max_points)
    return {name: column[rows] for name, column in columns.items()}


def kept_rows(columns: Columns, *, max_points: int) -> NDArray[np.intp]:
    """The rows to which more than `max_points` are thinned.

    The first and the last row stay, and of each of many equal stretches the rows where its speed is lowest and highest
    (without a speed the altitude or the heart rate decides). Where these are one and the same, as at an even pace,
    evenly spaced rows make up the number.
    """
    n = len(columns["time_s"])
    lead = next((columns[name] for name in ("speed_mps", "altitude_m", "heart_rate_bpm") if name in columns), None)
    kept = np.zeros(n, dtype=np.bool_)
    kept[[0, n - 1]] = True
    if lead is not None and max_points >= 4:
        kept[_EXTREMES.downsample(lead, n_out=(max_points - 2) // 2 * 2)] = True
    others = np.flatnonzero(~kept)
    evenly = np.linspace(0, len(others) - 1, max_points - np.count_nonzero(kept)).astype(np.intp)
    kept[others[evenly]] = True
    return np.flatnonzero(kept)


def _streams_csv(request: Request, columns: Columns, shown: list[str], *, points: int) -> Response:
    table = [_texts(columns.get(name), points) for name in shown]
    body = answers.as_csv(shown, zip(*table, strict=True))
    disposition = 'attachment; filename="streams.csv"'
    return answers.tagged(request, body, revision=0, media_type=answers.CSV, content_disposition=disposition)


def _texts(column: NDArray[np.float64] | None, points: int) -> Iterable[float | None]:
    if column is None:
        return [None] * points
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 - NaN is not itself


@router.get(
    "/v1/activities/{activity}/splits",
    operation_id="list_splits",
    responses=tagged(csv_too(json_of(200, rows.SplitPage))),
)
def splits(
    activity: ActivityName,
    visit: Visiting,
    request: Request,
    unit: Annotated[Literal["km", "mi"], Query()] = "km",
) -> Response:
    """One row for each kilometre or mile."""
    return _rows(activity, visit, request, lambda run, _: examine.splits(run, unit=unit), shape=rows.Split)


@router.get(
    "/v1/activities/{activity}/laps", operation_id="list_laps", responses=tagged(csv_too(json_of(200, rows.LapPage)))
)
def laps(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """One row for each lap of the device."""
    return _rows(activity, visit, request, lambda run, _: examine.laps(run), shape=rows.LapRow)


@router.get(
    "/v1/activities/{activity}/climbs",
    operation_id="list_climbs",
    responses=tagged(csv_too(json_of(200, rows.ClimbPage))),
)
def climbs(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """One row for each climb or descent."""
    return _rows(activity, visit, request, lambda run, _: examine.climbs(run), shape=rows.ClimbRow)


@router.get(
    "/v1/activities/{activity}/zones", operation_id="list_zones", responses=tagged(csv_too(json_of(200, rows.ZonePage)))
)
def zones(activity: ActivityName, visit: Visiting, request: Request) -> Response:
    """One row for each heart rate zone; none where the resting or the maximal heart rate is unknown."""
    return _rows(activity, visit, request, _zones, shape=rows.ZoneRow)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the run."""

    profile: dict[str, Any]
    history: list[dict[str, Any]]


def _zones(run: Activity, known: Known) -> list[dict[str, Any]]:
    return examine.zones(run, profile=known.profile, history=known.history)


def _rows(
    name: str,
    visit: Visit,
    request: Request,
    make: Callable[[Activity, Known], list[dict[str, Any]]],
    *,
    shape: type[Shape],
) -> Response:
    """Rows worked out of the stored streams, as JSON or CSV; without rows a table has its line of names."""
    with visit.reading() as db:
        row = activities.get(db, checked(name, "act"), scope=visit.scope)
        state = activities.state(db, row.id, scope=visit.scope)
        profile = asdict(visit.athlete(db, row.athlete_id))
        earlier = history.digests(db, row.athlete_id, before=row.started_at)
    lines = make(ingest.restore(visit.house.blobs, row, state=state), Known(profile, earlier))
    if answers.wants_csv(request):
        names = list(shape.model_fields)
        body = answers.as_csv(names, ([line[name] for name in names] for line in lines))
        return answers.tagged(request, body, revision=0, media_type=answers.CSV)
    return answers.stored(request, {"items": lines, "next_cursor": None}, revision=0)
