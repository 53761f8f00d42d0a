"""Settings: the variables, their defaults, and what stops the start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.make_settings import page
from service import settings
from service.errors import BadSettings
from service.ingest import limits_of
from service.settings import Settings, load

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CRAMPWATCH_{name.upper()}", raising=False)


def test_the_documented_defaults_hold() -> None:
    found = load()
    assert found.data_dir == Path("data")
    assert found.database_url == "sqlite:///data/crampwatch.db"
    assert found.blob_url == f"file://{Path.cwd()}/data/blobs"
    assert (found.host, found.port, found.auth) == ("127.0.0.1", 8000, "local")
    assert (found.log_level, found.log_format) == ("info", "console")


def test_a_variable_outranks_the_default_and_an_argument_outranks_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAMPWATCH_PORT", "9001")
    assert load().port == 9001
    assert load(port=None).port == 9001
    assert load(port=9002).port == 9002


def test_database_and_blobs_follow_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "with blank"))
    found = load()
    assert found.database_url == f"sqlite:///{tmp_path}/with blank/crampwatch.db"
    assert found.blob_url == f"file://{tmp_path}/with%20blank/blobs"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("HOST", "0.0.0.0", "loopback address only"),  # noqa: S104 - what must not be bound
        ("HOST", "192.168.1.7", "loopback address only"),
        ("HOST", "::", "loopback address only"),
        ("HOST", "localhost.example.org", "loopback address only"),
        ("TRUSTED_PROXIES", "proxy.example.org", "addresses and networks"),
        ("TRUSTED_PROXIES", "*", "addresses and networks"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "addresses and networks"),
        ("UPLOADS_PER_MINUTE", "-1", "CRAMPWATCH_UPLOADS_PER_MINUTE"),
        ("AUTH", "none", "CRAMPWATCH_AUTH"),
        ("PORT", "65536", "CRAMPWATCH_PORT"),
        ("MAX_FILE_BYTES", "0", "CRAMPWATCH_MAX_FILE_BYTES"),
        ("LOG_LEVEL", "loud", "CRAMPWATCH_LOG_LEVEL"),
    ],
)
def test_an_unusable_value_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"CRAMPWATCH_{variable}", value)
    with pytest.raises(BadSettings, match=sentence):
        load()


def test_the_sentence_does_not_repeat_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a password in a database address."""
    monkeypatch.setenv("CRAMPWATCH_PORT", "hunter2")
    with pytest.raises(BadSettings) as wrong:
        load()
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_every_loopback_name_may_be_bound(host: str) -> None:
    assert load(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "runs.example.org"])  # noqa: S104 - with keys it may
def test_with_keys_any_address_may_be_bound(host: str) -> None:
    assert load(auth="keys", host=host).host == host


def test_named_proxies_are_a_comma_list_of_addresses_and_networks() -> None:
    assert load().proxies == []
    assert load(trusted_proxies=" 10.0.0.2,fd00::/8 ,").proxies == ["10.0.0.2", "fd00::/8"]


def test_every_upload_limit_of_the_parsers_is_a_setting() -> None:
    limits = limits_of(
        load(
            max_file_bytes=1,
            max_unpacked_bytes=2,
            max_archive_bytes=3,
            max_archive_entries=4,
            max_compression_ratio=5,
            ratio_from_bytes=6,
        )
    )
    assert (limits.file_bytes, limits.unpacked_bytes, limits.archive_bytes) == (1, 2, 3)
    assert (limits.archive_entries, limits.compression_ratio, limits.ratio_from_bytes) == (4, 5, 6)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1  # type: ignore[misc]  # the point of the test


def test_every_field_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if len(field.description or "") < 20] == []


def test_the_page_is_what_the_docstrings_say() -> None:
    """`python -m docs.make_settings` makes it."""
    assert (ROOT / "docs" / "settings.md").read_text() == page()


def test_no_other_module_reads_the_environment() -> None:
    modules = [path for room in ("parsers", "service", "migrations") for path in (ROOT / room).rglob("*.py")]
    assert len(modules) > 20
    readers = [path.name for path in modules if re.search(r"os\.environ|getenv", path.read_text())]
    assert readers == ["settings.py"]
    assert settings.PREFIX == "CRAMPWATCH_"


def test_each_sync_service_is_read_by_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAMPWATCH_POLAR_CLIENT_ID", "app")
    monkeypatch.setenv("CRAMPWATCH_POLAR_WEBHOOK_SECRET", " new , old,")
    monkeypatch.setenv("CRAMPWATCH_STRAVA_ORIGINS", "https://a.example,https://b.example/x")
    monkeypatch.setenv("CRAMPWATCH_STRAVA_API_URL", "")
    monkeypatch.setenv("CRAMPWATCH_DELIVERY_ORIGINS", "http://127.0.0.1:9")
    found = load()
    assert set(found.providers) == {"polar", "strava"}
    assert found.providers["polar"].client_id == "app"
    assert found.providers["polar"].webhook_secrets == ("new", "old")
    assert found.providers["strava"].origins == ("https://a.example", "https://b.example/x")
    assert found.providers["strava"].api_url is None
    assert found.delivery_origins == "http://127.0.0.1:9"


def test_a_secret_of_a_sync_service_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for end in settings.PROVIDER_VARIABLES:
        monkeypatch.setenv(f"CRAMPWATCH_STRAVA_{end}", f"canary-{end}")
    shown = repr(load()) + str(load()) + repr(load().providers)
    assert [end for end in settings.PROVIDER_VARIABLES if "SECRET" in end and f"canary-{end}" in shown] == []
    assert {"canary-VERIFY_TOKEN", "canary-SUBSCRIPTION_KEY", "canary-AUTHORIZATION"} & set(shown.split("'")) == set()


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "1e9", "fast"])
def test_a_scale_of_waits_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, scale: str) -> None:
    monkeypatch.setenv("CRAMPWATCH_SYNC_WAIT_SCALE", scale)
    with pytest.raises(BadSettings, match="CRAMPWATCH_SYNC_WAIT_SCALE"):
        load()
