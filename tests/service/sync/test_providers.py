"""Providers are found by folder, say what they need, refuse contradictions, and are off without their secrets."""

from __future__ import annotations

import pkgutil
import sys
from dataclasses import replace
from types import ModuleType

import pytest

from service import sync
from service.errors import BadSettings
from service.fakes import FAKES, Fake
from service.settings import ProviderSettings, providers_in
from service.sync.failures import Rejected
from service.sync.past import spans
from service.sync.provider import Span
from tests.service.sync.stage import NOW, days, setup_of

PROVIDERS = sync.providers()
EVERY = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


def test_every_service_of_the_documentation_is_there():
    assert set(PROVIDERS) == {"strava", "garmin", "polar", "suunto", "coros", "wahoo", "intervals", "standard"}


@pytest.fixture
def folder(monkeypatch):
    """A module more in the folder."""

    def added(name: str, **contents: object) -> None:
        module = ModuleType(f"service.sync.{name}")
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        real = list(pkgutil.iter_modules(sync.__path__))
        more = pkgutil.ModuleInfo(real[0].module_finder, name, False)
        monkeypatch.setattr(pkgutil, "iter_modules", lambda path: [*real, more])

    sync.providers.cache_clear()
    yield added
    sync.providers.cache_clear()


def test_a_module_without_a_record_stops_the_start(folder):
    folder("zepp")
    with pytest.raises(RuntimeError, match="zepp has no PROVIDER"):
        sync.providers()


def test_a_name_that_is_not_the_files_stops_the_start(folder):
    folder("zepp", PROVIDER=PROVIDERS["polar"])
    with pytest.raises(RuntimeError, match="'polar' is taken or is not the file's"):
        sync.providers()


def test_a_new_file_is_all_that_a_provider_needs(folder):
    folder("zepp", PROVIDER=replace(PROVIDERS["polar"], name="zepp"))
    assert "zepp" in sync.providers()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"needs": ()}, "anybody could speak in its name"),
        ({"needs": ("client_id", "no_such")}, "a setting that there is not"),
        ({"signed": False, "needs": ("client_id",)}, "no secret in its path"),
        ({"token_url": ""}, "OAuth without addresses"),
        ({"oauth": None}, "OAuth addresses without OAuth"),
        ({"oauth": None, "token_url": "", "authorize_url": ""}, "disconnects what was never connected"),
        ({"api_url": ""}, "no API"),
        ({"listed": None}, "a reach of lists and no list"),
        ({"listed": None, "listed_days": None, "window_days": 3}, "a window of lists and no list"),
        ({"ack_within_s": 0}, "limit of nought"),
        ({"exact_files": True}, "exact files and names none"),
        ({"not_ready_waits_s": (1.0, 0.0)}, "a wait that is none"),
        ({"ack": sync.Reply(202)}, "something else than 200"),
    ],
)
def test_a_record_that_contradicts_itself_cannot_be_made(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(PROVIDERS["polar"], **change)


def unplugged(name: str) -> Fake:
    """A fake that listens nowhere, but whose addresses are addresses."""
    fake = FAKES[name]()
    for server in (fake.server, getattr(fake, "cdn", fake.server)):
        server.url = "http://127.0.0.1:1"
    return fake


@EVERY
def test_a_provider_is_off_without_any_one_of_its_secrets(provider):
    fake = unplugged(provider.name)
    variables = fake.variables() | {f"CRAMPWATCH_{provider.name.upper()}_PATH_SECRET": "path"}
    complete = providers_in(variables)[provider.name]
    assert sync.settled(provider, complete) is not None
    for name in provider.needs:
        without = replace(complete, **{name: () if name == "webhook_secrets" else None})
        assert sync.settled(provider, without) is None, name


def test_services_without_their_secrets_are_left_out_and_unknown_ones_stop_the_start():
    given = providers_in(unplugged("strava").variables()) | {"polar": ProviderSettings("id", "secret")}
    assert set(sync.configured(given)) == {"strava"}
    with pytest.raises(BadSettings, match="CRAMPWATCH_STRAVVA_"):
        sync.configured(given | {"stravva": ProviderSettings("id")})


@EVERY
def test_a_provider_that_is_off_looks_like_one_that_is_not_there(provider):
    assert sync.settled(provider, ProviderSettings()) is None
    with pytest.raises(Rejected) as wrong:
        sync.receive(provider, None, sync.Inbound("POST", "anything", NOW, b"{}"))
    assert wrong.value.status == 404


@EVERY
def test_without_addresses_a_provider_has_its_own(provider):
    given = ProviderSettings("id", "secret", ("whsec_" + "A" * 43 + "=",), "path", subscription_key="key")
    setup = sync.settled(provider, given)
    assert setup.api_url == provider.api_url
    urls = (setup.api_url, setup.token_url, setup.authorize_url, setup.deauthorize_url, *setup.files)
    assert all(url.startswith("https://") for url in urls if url)
    assert "{" not in "".join(urls)


@EVERY
@pytest.mark.parametrize("name", ["API_URL", "TOKEN_URL", "AUTHORIZE_URL", "ORIGINS"])
@pytest.mark.parametrize("wrong", ["ftp://a", "a.example", "https://user@a.example", "https://a.example/../x"])
def test_an_address_that_is_none_stops_the_start_and_names_the_variable(provider, name, wrong):
    variables = unplugged(provider.name).variables()
    variables |= {f"CRAMPWATCH_{provider.name.upper()}_{name}": wrong}
    with pytest.raises(BadSettings, match=f"CRAMPWATCH_{provider.name.upper()}_{name}") as told:
        sync.settled(provider, providers_in(variables)[provider.name])
    assert wrong not in str(told.value)


def test_a_secret_of_standard_webhooks_that_is_none_stops_the_start():
    given = ProviderSettings(webhook_secrets=("whsec_short",), path_secret="path")
    with pytest.raises(BadSettings, match="CRAMPWATCH_STANDARD_WEBHOOK_SECRET"):
        sync.settled(PROVIDERS["standard"], given)


@pytest.mark.parametrize("secret", ["a/b", "a b", "é", "a?b", "../x"])
def test_a_path_secret_that_is_no_part_of_an_address_stops_the_start(secret):
    given = ProviderSettings("id", "secret", path_secret=secret)
    with pytest.raises(BadSettings, match="PATH_SECRET"):
        sync.settled(PROVIDERS["strava"], given)


def test_no_representation_of_a_setup_shows_a_secret():
    for name in FAKES:
        fake = unplugged(name)
        shown = repr(setup_of(fake)) + repr(providers_in(fake.variables()))
        secrets = (fake.path_secret, *fake.webhook_secret.split(","))
        assert not any(secret in shown for secret in secrets)
        assert fake.client_secret not in shown


def test_garmin_downloads_from_its_one_address_alone_unless_the_operator_says_otherwise():
    given = ProviderSettings("id", "secret", path_secret="path")
    garmin = PROVIDERS["garmin"]
    own = sync.wire(garmin, sync.settled(garmin, given), None, now=lambda: NOW).files
    assert [(place.host, place.path, place.exact) for place in own] == [
        ("apis.garmin.com", "/wellness-api/rest/activityFile", True)
    ]
    other = replace(given, origins=("http://127.0.0.1:9/files",))
    wire = sync.wire(garmin, sync.settled(garmin, other), None, now=lambda: NOW)
    assert [(place.port, place.exact) for place in wire.files] == [(9, False)]


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [("polar", 365, [30]), ("garmin", 70, [30, 30, 10]), ("strava", 365, [365]), ("coros", 60, [30, 30])],
)
def test_the_past_is_asked_for_in_stretches_as_far_as_a_service_reaches(name, asked, expected):
    found = spans(PROVIDERS[name], Span(NOW - days(asked), NOW))
    assert [(span.until - span.since).days for span in found] == expected
    assert found[0].until == NOW


def test_the_limits_of_bodies_are_those_of_the_documentation():
    large = {name for name, provider in PROVIDERS.items() if provider.max_body_bytes == 10 * 2**20}
    assert large == {"garmin", "standard"}
    assert {provider.max_body_bytes for provider in PROVIDERS.values()} == {10 * 2**20, 256 * 2**10}


@pytest.mark.parametrize(("name", "within_s"), [("strava", 2), ("suunto", 2), ("garmin", 30)])
def test_the_time_to_answer_is_that_of_the_service(name, within_s):
    assert PROVIDERS[name].ack_within_s == within_s
