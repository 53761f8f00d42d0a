"""The contract of every provider, one check a fact: `test_contract` runs them all, `test_mutants` breaks the house."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import orjson

from parsers import parse, sniff
from service import sync
from service.fakes import Answer
from service.fakes.playing import FakeRun, Message
from service.sync.failures import (
    Gone,
    NeedsReauth,
    NotReady,
    ProviderDown,
    RateLimited,
    Rejected,
    SyncError,
    UnsafeURL,
    Unusable,
)
from service.sync.provider import Event, Inbound
from tests.service.sync.stage import (
    FIT,
    NOW,
    OPEN_FILES,
    URL_IN_EVENT,
    Stage,
    bomb,
    days,
    forged,
    inside,
    sealed,
)

Check = Callable[[Stage], Awaitable[None]]
CHECKS: dict[str, tuple[frozenset[str] | None, Check]] = {}
"""By name: for whom (None: everybody), and the check."""


def fact(*names: str, but: tuple[str, ...] = ()) -> Callable[[Check], Check]:
    """Take the check up, for the named providers or for all."""
    whom = frozenset(names) if names else frozenset(sync.providers()) - set(but)

    def taken(check: Check) -> Check:
        CHECKS[check.__name__] = (whom, check)
        return check

    return taken


def refused(stage: Stage, message: Message, **changes: object) -> Rejected:
    """How a message is refused, which it has to be; and not by an accident of ours."""
    try:
        found = stage.receive(message, **changes)
    except Rejected as wrong:
        assert wrong.__cause__ is None or isinstance(wrong.__cause__, orjson.JSONDecodeError), repr(wrong.__cause__)
        return wrong
    raise AssertionError(f"it was taken, as {found}")


@contextmanager
def fails(*kinds: type[SyncError]):
    """The block has to fail so, and not otherwise."""
    try:
        yield
    except kinds:
        return
    except SyncError as other:
        raise AssertionError(f"it failed as {type(other).__name__}: {other}") from other
    raise AssertionError(f"it did not fail as {[kind.__name__ for kind in kinds]}")


@fact()
async def a_new_run_is_one_event_and_its_file_is_fetched_whole(stage: Stage) -> None:
    received = stage.receive(stage.fake.created(stage.run))
    assert received.reply == stage.provider.ack
    assert received.reply.status == 200
    (event,) = received.events
    assert (event.provider, event.kind, event.user) == (stage.name, "created", stage.run.user)
    assert event.activity == stage.run.activity
    assert event.file == "always"
    assert orjson.loads(orjson.dumps(dict(event.hint))) == event.hint
    fetched = await stage.fetch(event)
    assert fetched.format == ("streams" if stage.name == "strava" else "fit")
    assert stage.expected() in {None, fetched.data}
    assert fetched.format == sniff(fetched.data)
    assert len(parse(fetched.data)) == 1
    again = stage.event()
    assert again.dedupe == event.dedupe


@fact()
async def what_proves_nothing_is_refused(stage: Stage) -> None:
    seen = 0
    for message in forged(stage):
        assert refused(stage, message).status in {400, 401, 403}, message.headers
        seen += 1
    assert seen > 5


@fact()
async def another_path_is_not_there(stage: Stage) -> None:
    good = stage.fake.created(stage.run)
    for wrong in ("", "é", "wrong", stage.fake.path_secret.upper(), f"{stage.fake.path_secret} "):
        assert refused(stage, good, path_secret=wrong).status == 404
    for setup in (None, replace(stage.setup, path_secret=None)):
        with fails(Rejected):
            sync.receive(stage.provider, setup, stage.inbound(good))


RUBBISH = (
    b"",
    b"null",
    b"[]",
    b"0",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 2000,
    b'{"n": 1e999}',
    b'{"s": "\\ud800"}',
    b"a=b&c=d",
    b"\x00" * 10,
)
ODD = (None, True, 0, -1, 1.5, 2**63, 2**64, "", "x" * 10_000, "a\x00b", "é", [], [[]], [None], {}, {"a": {}})


@fact()
async def rubbish_is_refused_or_tells_nothing_and_is_never_our_mistake(stage: Stage) -> None:
    for body in RUBBISH:
        message = sealed(stage, body)
        try:
            assert stage.receive(message).events == ()
        except Rejected as wrong:
            assert wrong.status in {400, 401, 403}, body
            assert wrong.__cause__ is None or isinstance(wrong.__cause__, orjson.JSONDecodeError), repr(wrong.__cause__)


@fact()
async def a_field_of_another_kind_costs_at_most_its_event(stage: Stage) -> None:
    """Each value of a good message, however deep, is replaced by each odd one."""
    good = orjson.loads(stage.fake.created(stage.run).body)
    for path in _paths(good):
        for odd in ODD:
            message = sealed(stage, orjson.dumps(_with(good, path, odd)) if _encodes(odd) else b"{}")
            try:
                for event in stage.receive(message).events:
                    assert isinstance(event.user, str)
                    assert event.activity is None or event.activity.isprintable()
            except Rejected as wrong:
                assert wrong.__cause__ is None, (path, odd, repr(wrong.__cause__))


def _encodes(value: object) -> bool:
    return not (isinstance(value, int) and abs(value) > 2**64 - 1)


def _paths(document: object, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(document, dict):
        steps = list(document.items())
    elif isinstance(document, list):
        steps = list(enumerate(document))
    else:
        return [before]
    return ([before] if before else []) + [path for key, value in steps for path in _paths(value, (*before, key))]


def _with(document: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    if isinstance(document, dict):
        return document | {path[0]: _with(document[path[0]], path[1:], value)}
    assert isinstance(document, list)
    return [_with(inner, path[1:], value) if at == path[0] else inner for at, inner in enumerate(document)]


@fact()
async def an_unknown_kind_of_event_is_acknowledged_and_is_none(stage: Stage) -> None:
    unknown = {
        "strava": {"object_type": "club", "object_id": 1, "owner_id": 1, "aspect_type": "create", "event_time": 1},
        "garmin": {"dailies": [{"userId": "4aac-1", "summaryId": "x"}], "moveIQActivities": [{"userId": "4aac-1"}]},
        "polar": {"event": "SLEEP", "user_id": 475, "entity_id": "x"},
        "suunto": {"type": "SUUNTO_247_SLEEP_CREATED", "username": "jane", "workout": {"workoutKey": "k"}},
        "wahoo": {"event_type": "plan", "user": {"id": 1}},
        "coros": {"dailyDataList": [{"openId": "open-1"}]},
        "intervals": {"events": [{"athlete_id": "i1", "type": "WELLNESS_UPDATED", "timestamp": "x"}]},
        "standard": {"type": "workout.created", "data": {"user_id": "u-1", "activity_id": "a-1"}},
    }[stage.name]
    received = stage.receive(sealed(stage, inside(stage, unknown)))
    assert received.events == ()
    assert received.reply == stage.provider.ack


@fact()
async def copies_of_a_message_have_one_key_and_other_runs_another(stage: Stage) -> None:
    keys = {stage.event(stage.fake.created(stage.run)).dedupe for _ in range(3)}
    assert len(keys) == 1
    assert stage.event(stage.fake.created(stage.other)).dedupe not in keys


@fact("garmin", "coros", "intervals")
async def one_body_tells_of_many_athletes(stage: Stage) -> None:
    runs = [FakeRun(f"user-{n % 7}", str(500_000 + n), FIT) for n in range(300)]
    message = {
        "garmin": lambda: stage.fake.batch(runs),
        "coros": lambda: stage.fake.batch([[run] for run in runs]),
        "intervals": lambda: stage.fake.batch([stage.fake.event(run, "ACTIVITY_UPLOADED") for run in runs]),
    }[stage.name]()
    events = stage.receive(message).events
    assert len(events) == len({event.dedupe for event in events}) == 300
    assert {event.user for event in events} == {run.user for run in runs}


@fact()
async def a_body_past_the_limit_is_refused_before_it_is_read(stage: Stage) -> None:
    limit = 10 * 2**20 if stage.name in {"garmin", "standard"} else 256 * 2**10
    message = sealed(stage, inside(stage, {"more": "x" * limit}))
    assert refused(stage, message).status == 413
    assert stage.receive(sealed(stage, inside(stage, {"more": "x" * (limit - 1000)}))).events == ()


@fact("strava", "wahoo", "intervals")
async def the_later_of_two_events_is_known_by_its_time(stage: Stage) -> None:
    first, second = _versions(stage)
    assert first.activity == second.activity
    assert first.dedupe != second.dedupe
    assert first.at is not None
    assert second.at is not None
    assert first.at < second.at


def _versions(stage: Stage) -> tuple[Event, Event]:
    if stage.name == "strava":
        messages = [
            stage.fake.event(stage.run, "create"),
            stage.fake.event(stage.run, "update", at_s=1795445270, title="B"),
        ]
    elif stage.name == "wahoo":
        later = {"updated_at": (stage.run.started_at + days(1)).isoformat()}
        messages = [stage.fake.message(stage.run), stage.fake.message(stage.run, **later)]
    else:
        late = stage.fake.event(stage.run, "ACTIVITY_ANALYZED", at="2026-11-01T09:01:00.000+00:00")
        messages = [stage.fake.batch([stage.fake.event(stage.run, "ACTIVITY_UPLOADED")]), stage.fake.batch([late])]
    first, second = (stage.event(message) for message in messages)
    assert second.kind == "updated"
    return first, second


@fact("strava", "garmin", "intervals", "standard")
async def a_consent_that_was_taken_back_is_told_in_every_form(stage: Stage) -> None:
    fake, user = stage.fake, stage.run.user
    messages = {
        "strava": lambda: [fake.deauthorised(user), fake.deauthorised(user, aspect="delete")],
        "garmin": lambda: [fake.deregistered(user)],
        "intervals": lambda: [
            fake.batch([{"athlete_id": user, "type": "APP_SCOPE_CHANGED", "timestamp": "t", "deauthorized": True}])
        ],
        "standard": lambda: [fake.message("user.deauthorized", stage.run)],
    }[stage.name]()
    for message in messages:
        event = stage.event(message)
        assert (event.kind, event.user, event.file) == ("deauthorized", user, "never")


@fact("garmin")
async def a_second_deregistration_another_day_is_another_event(stage: Stage) -> None:
    message = stage.fake.deregistered(stage.run.user)
    keys = [
        stage.receive(message, received_at=NOW + wait).events[0].dedupe for wait in (days(0), days(0.001), days(30))
    ]
    assert keys[0] == keys[1] != keys[2]


@fact("garmin", "intervals")
async def a_change_of_permissions_is_told(stage: Stage) -> None:
    if stage.name == "garmin":
        given = stage.event(stage.fake.permissions(stage.run.user, "ACTIVITY_EXPORT", "HEALTH_EXPORT", at_s=1))
        taken = stage.event(stage.fake.permissions(stage.run.user, "HEALTH_EXPORT", at_s=2))
        assert (given.may_fetch, taken.may_fetch) == (True, False)
        assert given.dedupe != taken.dedupe
    else:
        told = {"athlete_id": stage.run.user, "type": "APP_SCOPE_CHANGED", "timestamp": "t"}
        given = stage.event(stage.fake.batch([told]))
    assert given.kind == "permissions"


@fact("strava", "intervals", "standard")
async def a_deleted_run_is_told_and_nothing_is_fetched(stage: Stage) -> None:
    message = {
        "strava": lambda: stage.fake.event(stage.run, "delete"),
        "intervals": lambda: stage.fake.batch([stage.fake.event(stage.run, "ACTIVITY_DELETED")]),
        "standard": lambda: stage.fake.message("activity.deleted", stage.run),
    }[stage.name]()
    event = stage.event(message)
    assert (event.kind, event.activity, event.file) == ("deleted", stage.run.activity, "never")


@fact()
async def a_file_that_is_not_there_yet_is_asked_for_again(stage: Stage) -> None:
    stage.run.after, stage.run.before = 99, stage.not_there()
    for _ in range(3):
        with fails(NotReady):
            await stage.fetch()
    stage.run.after = 0
    assert stage.expected() in {None, (await stage.fetch()).data}


@fact(but=("coros",))
async def a_file_that_is_gone_for_good_is_not_asked_for_again(stage: Stage) -> None:
    for _ in range(4):
        stage.file_answers(Answer(410))
    with fails(Gone):
        await stage.fetch()


@fact()
async def an_answer_of_200_that_is_no_file_is_not_believed(stage: Stage) -> None:
    for body in (b"<html><body>Please log in</body></html>", b'{"error": "try later"}', b"", b"\x00" * 600, b"FIT"):
        if stage.name == "strava" and not body.startswith(b"<"):
            continue  # its answers are JSON: see the checks of its streams
        stage.file_answers(Answer(200, body, {"content-type": "application/vnd.ant.fit"}))
        with fails(NotReady, ProviderDown, Unusable):
            await stage.fetch()
        stage.fake.troubles.clear()


@fact("strava")
async def streams_without_samples_are_not_ready(stage: Stage) -> None:
    stage.fake.empty = 2
    for _ in range(2):
        with fails(NotReady):
            await stage.fetch()
    assert (await stage.fetch()).format == "streams"
    for empty in ({"time": {"data": []}}, {"time": {}}, {"heartrate": {"data": [1]}}, [], {"time": []}):
        stage.run.file = orjson.dumps(orjson.loads(stage.run.file) | {"streams": empty})
        with fails(NotReady):
            await stage.fetch()


@fact("strava")
async def an_activity_that_stays_unknown_is_given_up_quietly(stage: Stage) -> None:
    stage.fake.missing = 1
    try:
        await stage.fetch()
    except NotReady as later:
        steps = [
            sync.next_step(later, attempt=attempt, provider=stage.provider, chance=lambda: 0.5)
            for attempt in range(1, 5)
        ]
    assert steps == [sync.Again(300.0), sync.Again(900.0), sync.Again(2700.0), sync.GiveUp(quietly=True)]
    assert (await stage.fetch()).format == "streams"


@fact("strava")
async def the_same_activity_fetched_twice_is_the_same_document(stage: Stage) -> None:
    assert (await stage.fetch()).data == (await stage.fetch()).data


@fact("suunto")
async def a_fit_file_that_is_cut_or_a_husk_is_not_ready(stage: Stage) -> None:
    whole = stage.run.file
    for part in (whole[:-1], whole[: len(whole) // 2], whole[:14], HUSK):
        stage.run.file = part
        with fails(NotReady):
            await stage.fetch()
    stage.run.file = whole
    assert (await stage.fetch()).data == whole


HUSK = (
    bytes((14, 0x20, 0x93, 0x08))
    + (29).to_bytes(4, "little")
    + b".FIT\0\0"
    + bytes((0x40, 0, 0, 0, 0, 1, 0, 1, 0))
    + bytes((0, 4)) * 10
    + b"\0\0"
)


@fact(but=("standard",))
async def a_refused_token_is_renewed_once_and_kept_or_the_athlete_is_asked(stage: Stage) -> None:
    if stage.name in OPEN_FILES:
        _over_the_api(stage)
    event = stage.event()
    stage.fake.expire(stage.run.user)
    if stage.connection.tokens is not None and stage.connection.tokens.refresh is None:
        with fails(NeedsReauth):
            await _with_tokens(stage, event)
        return
    if stage.name == "coros":
        stage.fake.access[stage.connection.bearer] = stage.run.user
        stage.fake.result = "5006"
        with fails(NeedsReauth):
            await stage.fetch(event)
        stage.fake.result = None
        renewed = await sync.refresh(stage.provider, stage.setup, stage.wire, stage.connection.tokens)
        assert renewed.access == stage.connection.bearer
        assert renewed.expires_at == NOW + days(30)
        return
    vault = stage.vault()
    results = await asyncio.gather(
        *(_with_tokens(stage, event, vault=vault) for _ in range(1 if stage.name == "garmin" else 5))
    )
    assert all(stage.expected() in {None, fetched.data} for fetched in results)
    assert stage.fake.refreshes == 1
    assert vault.tokens == vault.kept[-1]
    assert vault.tokens.access in stage.fake.access
    assert vault.tokens.refresh in stage.fake.renewal


def _over_the_api(stage: Stage) -> None:
    """Have a run whose file is to be had with a token alone."""
    if stage.name == "coros":
        stage.fake.off_the_cdn.add(stage.run.activity)
    else:
        made = stage.fake.message
        stage.fake.created = lambda run: made(run, file=None)


async def _with_tokens(stage: Stage, event: Event, *, vault: object = None):
    return await sync.with_tokens(
        stage.provider,
        stage.connection,
        stage.setup,
        stage.wire,
        keeper=vault or stage.vault(),
        work=lambda connection: stage.fetch(event, connection=connection),
    )


@fact(but=("standard",))
async def a_consent_that_is_gone_needs_the_athlete(stage: Stage) -> None:
    if stage.name in OPEN_FILES:
        _over_the_api(stage)
    event = stage.event()
    stage.fake.revoke(stage.run.user)
    try:
        await _with_tokens(stage, event)
    except NeedsReauth as wrong:
        assert not wrong.may_refresh
        return
    raise AssertionError("it went on without a consent")


@fact()
async def too_many_calls_wait_as_long_as_was_asked_for(stage: Stage) -> None:
    event = stage.event()
    for headers, wait_s in (({"retry-after": "7"}, 7.0), ({"retry-after": "Sun, 01 Nov 2026 09:02:00 GMT"}, 120.0)):
        stage.file_answers(Answer(429, b"", headers))
        try:
            await stage.fetch(event)
        except RateLimited as wrong:
            assert wrong.after_s == wait_s
        else:
            raise AssertionError("the limit was overlooked")


@fact("strava", "intervals")
async def a_quota_without_a_word_lasts_to_the_next_quarter_or_midnight(stage: Stage) -> None:
    event = stage.event()
    for usage, wait_s in (("200,500", 901.0), ("150,2000", 15 * 3600.0 + 1)):
        stage.file_answers(Answer(429, b"", {"x-ratelimit-limit": "200,2000", "x-ratelimit-usage": usage}))
        try:
            await stage.fetch(event)
        except RateLimited as wrong:
            assert wrong.after_s == wait_s
        else:
            raise AssertionError("the limit was overlooked")


@fact()
async def a_service_that_is_down_slow_or_breaks_off_is_tried_again(stage: Stage) -> None:
    event = stage.event()
    stage.wire = replace(stage.wire, within_s=0.3)
    for trouble in (Answer(500), Answer(502, b"<html>"), Answer(200, FIT, cut=1000), Answer(200, FIT, wait_s=5.0)):
        stage.file_answers(trouble)
        with fails(ProviderDown):
            await stage.fetch(event)


@fact()
async def a_huge_answer_is_not_taken(stage: Stage) -> None:
    stage.file_answers(Answer(200, bytes(26 * 2**20)))
    with fails(Unusable):
        await stage.fetch()


@fact(but=("strava",))
async def a_compressed_bomb_is_not_unpacked(stage: Stage) -> None:
    packed = BOMB
    for headers in ({}, {"content-encoding": "gzip"}):
        stage.file_answers(Answer(200, packed, headers))
        with fails(Unusable):
            await stage.fetch()


BOMB = bomb()


@fact(but=("strava",))
async def gzip_is_taken_off_wherever_it_was_put_on(stage: Stage) -> None:
    once, twice = gzip.compress(FIT, mtime=0), gzip.compress(gzip.compress(FIT, mtime=0), mtime=0)
    for answer in (
        Answer(200, once),
        Answer(200, once, {"content-encoding": "gzip"}),
        Answer(200, twice, {"content-encoding": "gzip"}),
    ):
        stage.file_answers(answer)
        assert (await stage.fetch()).data == FIT
    stage.file_answers(Answer(200, once[:-100]))
    with fails(ProviderDown):
        await stage.fetch()


@fact()
async def nothing_leads_us_to_another_host(stage: Stage) -> None:
    stage.file_answers(Answer(302, b"", {"location": f"{stage.trap.url}/latest/meta-data"}))
    if stage.name == "coros":
        assert (await stage.fetch()).data == FIT  # over the API, as where the copy is gone
    else:
        with fails(UnsafeURL):
            await stage.fetch()
    assert stage.trap.seen == []


@fact("wahoo")
async def a_redirect_within_the_allowed_places_is_followed_without_a_token(stage: Stage) -> None:
    first = f"/files/{stage.run.activity}.fit"
    stage.fake.led[first] = f"{stage.fake.cdn.url}/files/{stage.other.activity}.fit"
    assert (await stage.fetch()).data == FIT
    assert [request.headers.get("authorization") for request in stage.fake.cdn.seen] == [None, None]
    stage.fake.led[f"/files/{stage.other.activity}.fit"] = f"{stage.fake.cdn.url}{first}"
    with fails(UnsafeURL):
        await stage.fetch()


@fact(*sorted(URL_IN_EVENT))
async def an_address_from_an_event_is_called_only_if_it_is_the_services_own(stage: Stage) -> None:
    good = str(stage.event().hint["file_url"])
    port = urlsplit(good).port
    evil = (
        f"{stage.trap.url}/files/1.fit",
        good.replace("http://", f"http://127.0.0.1:{port}@{urlsplit(stage.trap.url).netloc}/"),
        good.replace("http://", "http://user:pass@"),
        good.replace("127.0.0.1", "localhost"),
        good.replace("127.0.0.1", "2130706433"),
        good.replace("http://", "https://"),
        good.replace(f":{port}/", f":{port}/other/../../x/"),
        good.replace(f":{port}/", f":{port}/%2e%2e/"),
        f"{good}#x",
        f"{good}\\@evil.example",
        good.replace("/", "\\", 3),
        f"{good} ",
        f" {good}",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "",
        "http://[::ffff:127.0.0.1]/x",
        f"http://127.0.0.1:{port}/secret",
        "x" * 5000,
    )
    hosts = (getattr(stage.fake, "cdn", stage.fake.server), stage.trap)
    for url in evil:
        if stage.name == "coros":
            fetched = await stage.fetch(_at(stage, url))
            assert fetched.data == FIT  # over the API, which knows the run by its id
        else:
            with fails(UnsafeURL):
                await stage.fetch(_at(stage, url))
    assert [request.target for host in hosts for request in host.seen] == []


def _at(stage: Stage, url: str) -> Event:
    event = stage.event()
    return replace(event, hint={**event.hint, "file_url": url})


@fact("garmin")
async def an_address_that_says_a_thing_twice_is_not_called(stage: Stage) -> None:
    good = str(stage.event().hint["file_url"])
    for more in ("&id=1", "&token=2", "&token="):
        with fails(UnsafeURL):
            await stage.fetch(_at(stage, good + more))
    with fails(UnsafeURL):
        await stage.fetch(_at(stage, good.replace("activityFile", "activityFile/more")))
    assert stage.fake.server.seen == []


@fact("garmin")
async def the_download_bears_the_athletes_token_and_works_once(stage: Stage) -> None:
    event = stage.event()
    assert (await stage.fetch(event)).data == FIT
    assert [request.bearer for request in stage.fake.server.seen] == [stage.connection.bearer]
    with fails(Gone):
        await stage.fetch(event)
    await stage.provider.recover(event, stage.connection, stage.setup, stage.wire)
    (asked,) = stage.fake.asked_again
    assert asked[0] < stage.run.started_at.timestamp() < asked[1]
    assert asked[1] - asked[0] <= 3600
    assert (await stage.fetch(event)).data == FIT


@fact("garmin")
async def a_download_that_is_too_old_or_not_permitted_is_gone(stage: Stage) -> None:
    stage.fake.expired.add(stage.run.activity)
    with fails(Gone):
        await stage.fetch()
    stage.fake.expired.clear()
    stage.fake.forbidden.add(stage.run.user)
    with fails(Gone):
        await stage.fetch()


@fact("garmin")
async def a_summary_before_or_after_its_file_is_of_the_same_run_and_fetches_nothing(stage: Stage) -> None:
    both = stage.fake.batch([stage.run], activities=[stage.fake.summary(stage.run)])
    file, summary = stage.receive(both).events
    assert file.activity == summary.activity == stage.run.activity
    assert (file.file, summary.file) == ("always", "never")
    assert file.dedupe != summary.dedupe


@fact("wahoo", "coros", "standard")
async def no_token_goes_to_an_open_host(stage: Stage) -> None:
    await stage.fetch()
    host = getattr(stage.fake, "cdn", stage.fake.server)
    assert len(host.seen) == 1
    (request,) = host.seen
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers
    assert stage.connection.tokens is None or stage.connection.bearer not in request.target


@fact("coros")
async def every_leg_of_a_multisport_is_an_event_of_its_own(stage: Stage) -> None:
    legs = [stage.fake.add(FakeRun(stage.run.user, f"418173315956375599:{n}", FIT)) for n in range(3)]
    events = stage.receive(stage.fake.batch([legs])).events
    assert [event.dedupe for event in events] == [leg.activity for leg in legs]
    assert len({event.activity for event in events}) == 3
    assert [(await stage.fetch(event)).data for event in events] == [FIT] * 3


@fact("coros")
async def an_error_inside_an_answer_of_200_is_one(stage: Stage) -> None:
    stage.fake.off_the_cdn.add(stage.run.activity)
    for result, kind in (("5006", NeedsReauth), ("5010", NeedsReauth), ("5016", ProviderDown), ("9999", Unusable)):
        stage.fake.result = result
        with fails(kind):
            await stage.fetch()


@fact("coros")
async def a_status_check_is_answered_as_an_event_is(stage: Stage) -> None:
    status = stage.receive(Message(b"", (), method="GET"))
    assert status.events == ()
    for reply in (status.reply, stage.receive(stage.fake.created(stage.run)).reply):
        assert (reply.status, reply.body) == (200, b'{"message":"ok","result":"0000"}')


@fact("polar")
async def a_ping_is_answered_without_a_key_and_does_nothing(stage: Stage) -> None:
    received = stage.receive(Message(b'{"timestamp":"2026-11-01T08:00:00Z","event":"PING"}', ()))
    assert (received.reply.status, received.events) == (200, ())


@fact("polar")
async def a_file_in_another_form_is_found(stage: Stage) -> None:
    tcx = b'<?xml version="1.0"?><TrainingCenterDatabase xmlns="x"></TrainingCenterDatabase>'
    gpx = b'<?xml version="1.0"?><gpx version="1.1"></gpx>'
    for form, file, absent in itertools.product(("tcx", "gpx"), (tcx, gpx), (404, 204)):
        if form.encode() not in file.lower() and not (form == "tcx" and file is tcx):
            continue
        stage.run.told, stage.run.file = {"form": form, "absent": absent}, file
        fetched = await stage.fetch()
        assert (fetched.format, fetched.data) == (form, file)


@fact("polar")
async def an_athlete_who_is_no_user_of_the_app_has_to_connect_again(stage: Stage) -> None:
    stage.fake.members.clear()
    with fails(NeedsReauth):
        await stage.fetch()


@fact("polar")
async def an_address_in_the_body_is_not_looked_at(stage: Stage) -> None:
    told = orjson.loads(stage.fake.created(stage.run).body) | {"url": f"{stage.trap.url}/v3/exercises/x"}
    assert (await stage.fetch(stage.event(stage.fake.signed(told)))).data == FIT
    assert stage.trap.seen == []


@fact("suunto")
async def the_older_form_is_taken_with_our_credentials_alone(stage: Stage) -> None:
    legacy = stage.fake.legacy(stage.run)
    event = stage.event(legacy)
    assert (event.user, event.activity, event.dedupe) == (stage.run.user, stage.run.activity, stage.event().dedupe)
    for value in (None, "", "Basic eDp5", "Basic é", f"{stage.fake.basic_header()}x"):
        headers = tuple(pair for pair in legacy.headers if pair[0] != "authorization")
        wrong = replace(legacy, headers=headers if value is None else (*headers, ("authorization", value)))
        assert refused(stage, wrong).status == 401
    assert refused(stage, replace(stage.fake.created(stage.run), headers=legacy.headers[1:])).status == 401


@fact("suunto")
async def a_signature_is_hexadecimal_in_either_case(stage: Stage) -> None:
    told = orjson.loads(stage.fake.created(stage.run).body)
    assert stage.event(stage.fake.signed(told, upper=True)).activity == stage.run.activity


@fact("suunto")
async def every_call_bears_the_subscription_key_beside_the_token(stage: Stage) -> None:
    await stage.fetch()
    (request,) = stage.fake.server.seen
    assert request.headers["ocp-apim-subscription-key"] == stage.fake.subscription_key
    assert request.bearer == stage.connection.bearer
    stage.setup = replace(stage.setup, subscription_key="wrong")
    with fails(NeedsReauth):
        await stage.fetch()


@fact("wahoo")
async def an_echo_of_another_service_is_no_event(stage: Stage) -> None:
    assert stage.receive(stage.fake.message(stage.run, fitness_app_id=1001)).events == ()
    assert len(stage.receive(stage.fake.message(stage.run, fitness_app_id=1000)).events) == 1


@fact("wahoo")
async def a_summary_without_a_file_is_looked_up_first(stage: Stage) -> None:
    event = stage.event(stage.fake.message(stage.run, file=None))
    assert (await stage.fetch(event)).data == FIT
    assert stage.fake.server.seen[-1].bearer == stage.connection.bearer


@fact("intervals")
async def an_activity_from_a_source_without_files_is_no_event(stage: Stage) -> None:
    told = stage.fake.event(stage.run, "ACTIVITY_UPLOADED", source="STRAVA")
    assert stage.receive(stage.fake.batch([told])).events == ()


@fact("intervals")
async def an_analysis_asks_for_the_file_only_where_the_run_is_not_known(stage: Stage) -> None:
    event = stage.event(stage.fake.batch([stage.fake.event(stage.run, "ACTIVITY_ANALYZED")]))
    assert (event.kind, event.file) == ("updated", "if_unknown")
    stage.run.told["original"] = False
    for how in ("payload", "transport", "both"):
        stage.run.told["gzip"] = how
        assert (await stage.fetch(event)).data == FIT


@fact("intervals")
async def an_agreed_header_is_demanded_beside_the_secret(stage: Stage) -> None:
    stage.setup = replace(stage.setup, authorization="Bearer agreed")
    good = stage.fake.created(stage.run)
    assert refused(stage, good).status == 401
    assert stage.event(replace(good, headers=(*good.headers, ("authorization", "Bearer agreed")))).kind == "created"


@fact("strava")
async def a_handshake_is_echoed_to_whom_knows_the_word(stage: Stage) -> None:
    query = (("hub.mode", "subscribe"), ("hub.challenge", 'a"b'), ("hub.verify_token", stage.fake.verify_token))
    asked = Inbound("GET", stage.fake.path_secret, NOW, query=query)
    reply = sync.receive(stage.provider, stage.setup, asked).reply
    assert (reply.status, reply.media_type, reply.body) == (200, "application/json", b'{"hub.challenge":"a\\"b"}')
    for wrong in (
        replace(asked, query=(*query[:2], ("hub.verify_token", "STRAVA"))),
        replace(asked, query=query[:2]),
        replace(asked, query=query[1:]),
        replace(asked, query=(query[0], query[2])),
        replace(asked, query=(*query, query[2])),
    ):
        with fails(Rejected):
            sync.receive(stage.provider, stage.setup, wrong)
    with fails(Rejected):
        sync.receive(stage.provider, replace(stage.setup, verify_token=None), asked)


@fact("strava")
async def a_signature_is_demanded_only_where_its_key_is_set(stage: Stage) -> None:
    import hashlib
    import hmac

    stage.setup = replace(stage.setup, signing_secret="signing-key")
    good = stage.fake.created(stage.run)
    assert refused(stage, good).status == 401

    def signed(at_s: int, key: str = "signing-key") -> Message:
        mac = hmac.new(key.encode(), f"{at_s}.".encode() + good.body, hashlib.sha256).hexdigest()
        return replace(good, headers=(*good.headers, ("x-strava-signature", f"t={at_s},v1={mac}")))

    now_s = int(NOW.timestamp())
    assert stage.event(signed(now_s - 299)).kind == "created"
    for wrong in (signed(now_s - 301), signed(now_s + 301), signed(now_s, "other")):
        assert refused(stage, wrong).status == 401


@fact("standard")
async def a_signature_out_of_its_time_is_refused(stage: Stage) -> None:
    body = stage.fake.created(stage.run).body
    for minutes in (-5.1, 5.1, 60, -1e6):
        assert refused(stage, stage.fake.signed(body, at=NOW + days(minutes / 1440))).status == 401
    for minutes in (-4.9, 0, 4.9):
        assert stage.event(stage.fake.signed(body, at=NOW + days(minutes / 1440))).kind == "created"


@fact("standard")
async def both_secrets_hold_while_one_is_rotated_and_both_names_of_headers(stage: Stage) -> None:
    body, fake = stage.fake.created(stage.run).body, stage.fake
    for secrets in ((fake.old_secret,), (fake.new_secret,), (fake.old_secret, fake.new_secret)):
        for prefix in ("webhook", "svix"):
            event = stage.event(fake.signed(body, secrets=secrets, prefix=prefix, message_id="msg_7"))
            assert event.dedupe == "msg_7"
    other = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
    assert refused(stage, fake.signed(body, secrets=(other,))).status == 401


@fact("standard")
async def a_file_inside_the_message_is_the_file(stage: Stage) -> None:
    assert (await stage.fetch(stage.event(stage.fake.with_file(stage.run)))).data == FIT
    for inline in ("%%%", "aGVsbG8=", ""):
        with fails(Unusable):
            await stage.fetch(stage.event(stage.fake.message("activity.created", stage.run, file_base64=inline)))
    with fails(Unusable):
        await stage.fetch(stage.event(stage.fake.message("activity.created", stage.run)))


@fact("standard")
async def without_allowed_origins_no_address_is_called(stage: Stage) -> None:
    stage.setup = replace(stage.setup, files=())
    stage.wire = sync.wire(stage.provider, stage.setup, stage.http, now=lambda: NOW)
    with fails(UnsafeURL):
        await stage.fetch()
    assert stage.fake.server.seen == []


@fact(but=("standard",))
async def an_athlete_connects_by_consent(stage: Stage) -> None:
    back = "https://cramp.example/v1/oauth/callback"
    begun = sync.begin(stage.provider, stage.setup, redirect_uri=back)
    stage.fake.members.clear()
    answer = await stage.http.get(begun.url)
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == [begun.state]
    granted = await _exchanged(stage, query["code"][0], back=back, verifier=begun.verifier)
    assert granted.user == stage.provider.user_id(stage.run.user)
    connection = replace(stage.connection, tokens=granted.tokens)
    if stage.name in OPEN_FILES:
        _over_the_api(stage)
    assert stage.expected() in {None, (await stage.fetch(connection=connection)).data}
    assert (granted.tokens.expires_at is None) == (stage.fake.life_s is None)
    with fails(NeedsReauth):
        await _exchanged(stage, query["code"][0], back=back, verifier=begun.verifier)
    if stage.provider.oauth.pkce:
        again = parse_qs(urlsplit((await stage.http.get(begun.url)).headers["location"]).query)["code"][0]
        with fails(NeedsReauth):
            await _exchanged(stage, again, back=back, verifier="another")


async def _exchanged(stage: Stage, code: str, *, back: str, verifier: str | None) -> sync.Granted:
    return await sync.exchange(
        stage.provider, stage.setup, stage.wire, code=code, redirect_uri=back, athlete_id="ath_1", verifier=verifier
    )


@fact(but=("standard",))
async def an_answer_without_a_usable_token_is_no_consent(stage: Stage) -> None:
    fake = stage.fake
    for wrong in ([], ["a"], {"a": 1}, None, 7, True, "", "a b", "a\r\nX: y", "é", "x" * 9000):
        fake.granted = lambda user, access, renewal, wrong=wrong: {"access_token": wrong, "openId": user}
        begun = sync.begin(stage.provider, stage.setup, redirect_uri="https://cramp.example/cb")
        location = (await stage.http.get(begun.url)).headers["location"]
        with fails(ProviderDown):
            await _exchanged(
                stage,
                parse_qs(urlsplit(location).query)["code"][0],
                back="https://cramp.example/cb",
                verifier=begun.verifier,
            )


@fact(but=("standard", "polar", "intervals", "coros"))
async def credentials_of_ours_that_are_refused_are_no_athletes_fault(stage: Stage) -> None:
    stage.fake.client_secret = "changed"
    with fails(ProviderDown):
        await sync.refresh(stage.provider, stage.setup, stage.wire, stage.connection.tokens)


@fact(but=("standard",))
async def disconnecting_takes_the_access_back_there_and_twice_is_well(stage: Stage) -> None:
    for _ in range(2):
        await stage.provider.disconnect(stage.connection, stage.setup, stage.wire)
        assert stage.run.user not in stage.fake.access.values()
    assert stage.other.user in stage.fake.access.values()


@fact(but=("standard", "garmin"))
async def a_lost_run_is_found_by_asking_for_the_last_days(stage: Stage) -> None:
    old = FakeRun(stage.run.user, f"{stage.run.activity}9", stage.run.file, started_at=NOW - days(40))
    stage.fake.add(old)
    found = await sync.reconcile(stage.provider, stage.connection, stage.setup, stage.wire)
    assert stage.run.activity in {event.activity for event in found}
    assert stage.other.activity not in {event.activity for event in found}
    assert {event.file for event in found} == {"if_unknown"}
    if stage.name in {"polar", "suunto", "wahoo", "coros"}:
        assert stage.event().dedupe in {event.dedupe for event in found}
    if stage.name in {"strava", "suunto", "wahoo"}:
        assert old.activity not in {event.activity for event in found}
        everything = await sync.backfill(stage.provider, stage.connection, stage.setup, stage.wire, days=60)
        assert {old.activity, stage.run.activity} <= {event.activity for event in everything}
    event = next(event for event in found if event.activity == stage.run.activity)
    assert stage.expected() in {None, (await stage.fetch(event)).data}


@fact("garmin")
async def past_runs_are_asked_for_in_stretches_and_come_as_pings(stage: Stage) -> None:
    assert await sync.backfill(stage.provider, stage.connection, stage.setup, stage.wire, days=70) == []
    asked = stage.fake.asked_again
    assert [round((until - since) / 86400) for since, until in asked] == [30, 30, 10]
    assert await sync.backfill(stage.provider, stage.connection, stage.setup, stage.wire, days=70) == []
    assert len(asked) == 3


@fact("strava", "suunto", "wahoo")
async def a_long_list_is_read_to_its_end(stage: Stage) -> None:
    for number in range(450):
        stage.fake.add(
            FakeRun(stage.run.user, str(900_000_000 + number), stage.run.file, started_at=NOW - days(number / 20))
        )
    found = await sync.reconcile(stage.provider, stage.connection, stage.setup, stage.wire)
    assert len(found) == len({event.dedupe for event in found}) == 451


FACTS: Mapping[str, Check] = {name: check for name, (_, check) in CHECKS.items()}
