"""Uploading sample files over the API, to a running server or to the same app in this process, and the table of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table

from service import figures, settings
from service.cli.report import Look
from service.cli.started import as_typed
from service.cli.terminal import complain, console, harmless_name, is_plain
from service.errors import Unavailable
from service.samples import Sample, Samples, files_of, made_runs

TIMEOUT_S = 60.0
LOOK_TIMEOUT_S = 1.0
INSIDE = "http://127.0.0.1"
MOST_WARNINGS = 4
FAULTS_OF_FILES = frozenset({400, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one activity of one file; `activity` None where there is none, then `problem` says why."""

    name: str
    outcome: str
    activity: Mapping[str, Any] | None = None
    problem: Mapping[str, Any] | None = None


def run(*, server: str | None, athlete: str, folder: Path | None) -> int:
    """Upload every sample file, print the table and what to look at; 1 where a file was rejected, else 0.

    Raises BadCall where there are no files, Unavailable where the server does not answer.
    """
    samples = made_runs() if folder is None else files_of(folder)
    server = server or _running()
    try:
        sent = asyncio.run(_send_all(samples, server=server, athlete=athlete))
    except (httpx.HTTPError, httpx.InvalidURL) as wrong:
        raise Unavailable(
            f"the server does not answer ({type(wrong).__name__}): is the service running there?"
        ) from wrong
    _show(sent, address=server, athlete=athlete)
    return 1 if any(one.outcome == "rejected" for one in sent) else 0


async def _send_all(samples: Samples, *, server: str | None, athlete: str) -> list[Sent]:
    async with _client(server) as client:
        await _introduce(client, samples, athlete=athlete)
        return [sent for sample in samples.files for sent in await _send(client, sample, athlete=athlete)]


def _running() -> str | None:
    """The address of the service that the settings name, where it answers: two processes need not share the store."""
    chosen = settings.load()
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    address = f"http://{host}:{chosen.port}"
    try:
        answer = httpx.get(f"{address}/healthz", timeout=LOOK_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError:
        return None
    return address if answer.is_success else None


@asynccontextmanager
async def _client(server: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server, or of an app of our own over the local store, which then goes through the same door."""
    if server is not None:
        async with httpx.AsyncClient(base_url=server, timeout=TIMEOUT_S, trust_env=False) as client:
            yield client
        return
    from service.cli.server import prepared  # noqa: PLC0415 - the web framework is not needed to speak to a server

    app = prepared()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=INSIDE, timeout=TIMEOUT_S) as client,
    ):
        yield client


async def _introduce(client: httpx.AsyncClient, samples: Samples, *, athlete: str) -> None:
    """Tell who runs, so that amounts can be reckoned; never over what a person told.

    Where there are runs that are not of these samples, somebody else runs there: that profile is left alone, and it is
    said what will be missing.
    """
    known = await _answer(await client.get(f"/v1/athletes/{athlete}"))
    untold = samples.untold(known)
    if not untold:
        return
    runs = await _answer(await client.get(f"/v1/athletes/{athlete}/activities", params={"limit": 200}))
    files = {source["sha256"] for run in runs["items"] for source in run["sources"]}
    if await asyncio.to_thread(samples.are_all, files):
        await _answer(await client.patch(f"/v1/athletes/{athlete}", json=untold))
    elif "mass_kg" in untold:
        complain(
            "There are other runs of this athlete, so the profile is left as it is. It has no weight: the made-up runs "
            "get no amounts to drink and eat. For all of it, fill an athlete of their own: --athlete."
        )


async def _answer(response: httpx.Response) -> Any:
    """The document of a success. Raises Unavailable with the service's own sentence otherwise."""
    body = response.json() if "json" in response.headers.get("content-type", "") else {}
    if not response.is_success:
        raise Unavailable(f"the service refuses: {body.get('detail') or f'HTTP {response.status_code}'}")
    return body


async def _send(client: httpx.AsyncClient, sample: Sample, *, athlete: str) -> list[Sent]:
    data = await asyncio.to_thread(sample.path.read_bytes)
    name = sample.path.name
    told: dict[str, str | float] = {"filename": name, **sample.conditions}
    response = await client.post(f"/v1/athletes/{athlete}/uploads", params=told, content=data)
    if response.status_code in FAULTS_OF_FILES:
        return [Sent(name, "rejected", problem=response.json())]
    upload = await _answer(response)
    return [Sent(name, item["outcome"], item["activity"], item["problem"]) for item in upload["items"]]


def _show(sent: Sequence[Sent], *, address: str | None, athlete: str) -> None:
    paper = console()
    look = Look(width=paper.width, plain=is_plain(paper.file))
    paper.print(_table([one for one in sent if one.activity is not None], look))
    for one in sent:
        if one.activity is None:
            complain(f"{harmless_name(one.name)}: {one.outcome} ({(one.problem or {}).get('code')})")
    tally = Counter(one.outcome for one in sent)
    paper.print()
    paper.print(look.text(", ".join(f"{count} {outcome}" for outcome, count in tally.items())))
    paper.print()
    for line in what_next(sent, address=address, athlete=athlete):
        paper.print(look.text(line), soft_wrap=True)


def _table(sent: Iterable[Sent], look: Look) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("day", no_wrap=True)
    table.add_column("file")
    for title in ("km", "time", "score"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("warnings")
    for one in sent:
        table.add_row(*(look.text(words) for words in _row(one)))
    return table


def _row(one: Sent) -> tuple[str, ...]:
    activity = one.activity or {}
    summary, assessment = activity.get("summary") or {}, activity.get("assessment") or {}
    codes = list(dict.fromkeys(warning["code"] for warning in assessment.get("warnings") or ()))
    score, metres = assessment.get("score"), summary.get("distance_m")
    return (
        str(activity.get("started_at") or "")[:10],
        harmless_name(one.name),
        "" if metres is None else figures.half_up(metres / 1000, 1),
        figures.clock(summary.get("moving_s")) or "",
        "" if score is None else str(score),
        figures.words(assessment.get("level") or assessment.get("status")),
        ", ".join(map(figures.words, codes[:MOST_WARNINGS])),
    )


def what_next(sent: Sequence[Sent], *, address: str | None, athlete: str) -> list[str]:
    """What to look at now: the history, and the run with the highest score."""
    base = address.rstrip("/") if address else "http://127.0.0.1:8000"
    lines = [] if address else [f"Start the service with `{as_typed()} serve`, then look at:"]
    lines.append(f"  history  {base}/athletes/{athlete}/history")
    scored = [one.activity for one in sent if one.activity and (one.activity.get("assessment") or {}).get("score")]
    if scored:
        worst = max(scored, key=lambda activity: activity["assessment"]["score"])
        lines.append(f"  the run with the highest score  {base}{worst['page']}")
    return [
        *lines,
        f"  the same for programs  {base}/v1/athletes/{athlete}/risk-history",
        f"  docs     {base}/docs",
    ]
