"""`crampwatch demo --sync`: a sync service played on this computer, and a run's whole way from the watch to the advice.

The real service listens on loopback over a temporary store, the played one beside it; everything between them is HTTP.
Nothing leaves the computer, and nothing is left of it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn

from service import logs, settings
from service.api.protocol import guarded
from service.app import create_app, has_ended
from service.cli.database import bring_up_to_date
from service.cli.process import leave_at_once
from service.cli.server import listen
from service.cli.terminal import console, harmless
from service.errors import BadCall, Unavailable
from service.fakes.playing import FakeRun, Message
from service.fakes.polar import FakePolar
from service.fakes.subscriber import Heard, Subscriber
from service.samples import FOLDER
from service.settings import Settings, providers_in

USER: Final = "475"
PAST: Final = "fit/valid/even_run.fit"
TODAY: Final = "fit/valid/fast_start.fit"
MASS_KG: Final = 70
WITHIN_S: Final = 60.0
LOOK_EVERY_S: Final = 0.1


def run() -> None:
    """Play the story and tell it. Raises BadCall where there are no made-up runs, Unavailable where it gets stuck."""
    for name in (PAST, TODAY):
        if not (FOLDER / name).is_file():
            raise BadCall("the made-up runs come with the source, not with the package: run this in a checkout")
    logs.configure(level="error", style="console")
    with tempfile.TemporaryDirectory(prefix="crampwatch-") as folder:
        ended = asyncio.run(_played(Path(folder)))
    if not ended:
        leave_at_once()


async def _played(folder: Path) -> bool:
    """Whether nothing runs any more."""
    async with FakePolar() as polar, Subscriber() as subscriber:
        polar.users = [USER]
        async with (
            _served(_settings(folder, polar, subscriber)) as (address, app),
            httpx.AsyncClient(base_url=address, trust_env=False, timeout=WITHIN_S) as http,
        ):
            await _Story(polar, subscriber, http).told()
        return has_ended(app)


def _settings(folder: Path, polar: FakePolar, subscriber: Subscriber) -> Settings:
    """Those of a store that is gone afterwards, whatever the environment says of the real one."""
    return settings.load(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/crampwatch.db",
        blob_url=f"file://{folder}/blobs",
        auth="local",
        host="127.0.0.1",
        role="all",
        public_url="",
        secret_keys="",
        forget_deauthorized=True,
        sync_wait_scale=0.001,
        delivery_origins=subscriber.origin,
        providers=providers_in(polar.variables()),
    )


@asynccontextmanager
async def _served(chosen: Settings) -> AsyncIterator[tuple[str, Any]]:
    """The service at a free port: its address, and the application."""
    listening = listen(chosen.host, 0)
    await asyncio.to_thread(bring_up_to_date, chosen)
    app = create_app(chosen)
    config = uvicorn.Config(
        app, http=guarded(chosen), log_config=None, access_log=False, proxy_headers=False, lifespan="on", ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _until(lambda: _value(server.started or serving.done()), what="the service does not start")
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", app
    finally:
        server.should_exit = True
        await serving
        listening.close()


async def _value(found: Any) -> Any:
    return found


async def _until(look: Callable[[], Awaitable[Any]], *, what: str) -> Any:
    """What `look` finds, once it finds something. Raises Unavailable."""
    for _ in range(int(WITHIN_S / LOOK_EVERY_S)):
        found = await look()
        if found:
            return found
        await asyncio.sleep(LOOK_EVERY_S)
    raise Unavailable(f"the story got stuck: {what}")


def _say(text: str = "") -> None:
    console().print(harmless(text), soft_wrap=True)


@dataclass(slots=True)
class _Story:
    """The service that is played, and whoever calls ours: a runner's browser, the other service, an integrator."""

    polar: FakePolar
    subscriber: Subscriber
    http: httpx.AsyncClient
    known: str = ""

    async def told(self) -> None:
        """From the consent to the goodbye."""
        _say(f"Polar Flow is played on this computer, at {self.polar.url}; crampwatch listens at {self.http.base_url}.")
        _say("All that follows goes over HTTP between the two. Nothing leaves this computer.")
        await self._subscribe()
        await self._connect()
        await self._past()
        await self._run()
        await self._result()
        await self._delivered()
        await self._leave()

    async def _subscribe(self) -> None:
        wanted = {"url": self.subscriber.url, "events": ["activity.assessed", "connection.broken"]}
        made = (await self._ask("POST", "/v1/webhook-endpoints", json=wanted)).json()
        self.subscriber.secret = made["secret"]
        _say()
        _say("1. Subscribe. An integrator, played as well, wants to hear of each assessment and registers an address")
        _say(f"   ({self.subscriber.url}). The secret that signs the messages is told this once.")

    async def _connect(self) -> None:
        await self._ask("PATCH", "/v1/athletes/me", json={"mass_kg": MASS_KG})
        self._add(PAST, "aQlC82", "Morning run")
        begun = await self._ask("POST", "/v1/athletes/me/connections/polar")
        _say()
        _say("2. Connect. crampwatch says where to send the runner's browser:")
        _say(f"   {begun.json()['authorize_url'].partition('?')[0]}?…")
        async with httpx.AsyncClient(trust_env=False) as browser:
            sent_back = await browser.get(begun.json()["authorize_url"])
        await self._ask("GET", sent_back.headers["location"], headers={"accept": "text/html"})
        (made,) = (await self._ask("GET", "/v1/athletes/me/connections")).json()["items"]
        _say(f"   The runner agrees and comes back. {made['title']}, account {made['external_id']}: {made['state']}.")

    async def _past(self) -> None:
        (past,) = await _until(lambda: self._runs(1), what="the past does not come")
        _say()
        _say("3. The past. The service was asked for earlier runs; one came:")
        self.known = past["id"]
        _say(f"   {past['started_at'][:10]}, {past['summary']['distance_m'] / 1000:.1f} km, assessed like any other.")

    async def _run(self) -> None:
        run = self._add(TODAY, "aQlC83", "Evening run")
        message = self.polar.created(run)
        forged = Message(message.body.replace(b"aQlC83", b"aQlC99"), message.headers)
        _say()
        _say("4. Run. The watch has sent a run to Polar, and Polar tells of it, with a signature.")
        refused, taken = await self._webhook(forged), await self._webhook(message)
        _say(f"   A forged message is answered with {refused}, the true one with {taken}; a copy of it with")
        _say(f"   {await self._webhook(message)}, too, and it changes nothing.")

    async def _result(self) -> None:
        found = await _until(lambda: self._runs(2), what="the run does not come")
        run = next(one for one in found if one["id"] != self.known)
        assessment = run["assessment"]
        _say()
        _say(
            f"5. Fetch. The file was asked for with the runner's token and stored: {run['sources'][0]['format']}, "
            f"{run['sources'][0]['bytes']} bytes."
        )
        _say()
        _say("6. Assessment.")
        _say(f"   {assessment['headline']['text']}")
        _say(f"   {assessment['score']} of 100 points, level {assessment['level']} (points, not per cent).")
        for warning in assessment["warnings"]:
            _say(f"   {warning['title']}: {warning['severity']}, evidence grade {warning['evidence_grade']}.")
        for reminder in [one for one in assessment["reminders"] if one["primary"]][:2]:
            _say(f"   Next time: {reminder['text']}")

    async def _delivered(self) -> None:
        heard = await _until(self._heard, what="the integrator hears nothing")
        _say()
        _say("7. Delivered. The integrator's address was sent, signed and in order:")
        for one in heard:
            told = one.document
            _say(f"   {told['sequence']}  {told['type']}: signature {'right' if one.is_ours else 'WRONG'}")
        sent = await _until(self._all_taken, what="the log of deliveries does not say that they were taken")
        _say(f"   The log of deliveries has {len(sent)}, all of them taken.")
        feed = (await self._ask("GET", "/v1/events")).json()["items"]
        _say(f"   Whoever would rather ask finds all {len(feed)} events of this story in GET /v1/events.")

    async def _leave(self) -> None:
        await self._ask("DELETE", "/v1/athletes/me/connections/polar")
        await _until(self._none, what="the runs do not go")
        _say()
        _say(
            "8. Goodbye. The runner disconnects: the tokens are gone, Polar has taken our access back"
            f"{'' if USER not in self.polar.access.values() else ' (not yet)'}, and the"
        )
        _say("   runs that it sent are removed, as the terms of such services demand.")
        _say()
        _say("Training information, not medical advice. The temporary store of this story is removed now.")

    def _add(self, name: str, activity: str, title: str) -> FakeRun:
        return self.polar.add(FakeRun(USER, activity, (FOLDER / name).read_bytes(), title))

    async def _webhook(self, message: Message) -> int:
        address = f"/v1/webhooks/polar/{self.polar.path_secret}"
        answer = await self.http.post(address, content=message.body, headers=list(message.headers))
        return answer.status_code

    async def _runs(self, number: int) -> list[dict[str, Any]]:
        """The runs, once there are so many; else none."""
        found = (await self._ask("GET", "/v1/athletes/me/activities?include=assessment")).json()["items"]
        return found if len(found) == number else []

    async def _heard(self) -> list[Heard]:
        """What the integrator heard, once it is an assessment of each run; else nothing."""
        return self.subscriber.heard if len(self.subscriber.heard) >= 2 else []

    async def _all_taken(self) -> list[dict[str, Any]]:
        """The log of deliveries, once every one was taken; else nothing."""
        (endpoint,) = (await self._ask("GET", "/v1/webhook-endpoints")).json()["items"]
        sent = (await self._ask("GET", f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")).json()["items"]
        return list(sent) if all(one["status"] == "delivered" for one in sent) else []

    async def _none(self) -> bool:
        return not (await self._ask("GET", "/v1/athletes/me/activities")).json()["items"]

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer. Raises Unavailable where it is none that goes on."""
        answer = await self.http.request(method, path, **more)
        if not answer.is_success:
            raise Unavailable(f"the story got stuck: {method} was answered with {answer.status_code}")
        return answer
