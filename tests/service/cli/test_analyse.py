"""`crampwatch analyse` over real files: what it prints, where, and with which exit code."""

import gzip
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.api.codes import KINDS
from service.cli import app

ROOT = Path(__file__).resolve().parents[3]
FIT = ROOT / "fixtures" / "fit"
FAST_START = FIT / "valid" / "fast_start.fit"
WEATHER = ["--temperature-c", "18", "--humidity-pct", "50", "--wind-kmh", "0"]


def _invoke(*words, stdin=None):
    return CliRunner().invoke(app, ["analyse", *map(str, words)], input=stdin, catch_exceptions=False)


def _document(*words, stdin=None):
    done = _invoke(*words, "--json", stdin=stdin)
    return json.loads(done.stdout)


def test_a_fast_start_is_reported_with_its_kilometres_its_value_its_threshold_and_its_grade():
    done = _invoke(FAST_START, *WEATHER)
    text = " ".join(done.stdout.split())
    assert done.exit_code == 0
    for fact in (
        "Fast start",
        "MODERATE",
        "km 0.1–1.0",
        "moderate from 10.0 % on",
        "Evidence grade C",
        "A05",
        "Not medical advice",
        "11 of 100 points",
    ):
        assert fact in text


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252"])
def test_every_encoding_of_a_terminal_gets_a_report_of_at_most_80_columns(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "analyse", str(FAST_START), "--mass-kg", "70", *WEATHER],
        capture_output=True,
        check=True,
        timeout=60,
        env={"PYTHONIOENCODING": encoding, "PATH": ""},
        cwd=ROOT,
    )
    text = done.stdout.decode(encoding)
    assert "Fast start" in text
    assert "�" not in text
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    if encoding != "utf-8":
        assert text.isascii()


def test_one_activity_is_one_json_document_in_the_apis_shape():
    document = _document(FAST_START, *WEATHER)
    assert document["assessment"]["score"] == 11
    assert document["assessment"]["warnings"][0]["title"]
    assert document["sources"][0]["via"] == "command"
    assert document["sources"][0]["bytes"] == FAST_START.stat().st_size
    assert document["sources"][0]["sha256"] == document["assessment"]["receipt"]["input_sha256"]
    assert document["conditions"]["temperature_c"] == 18
    assert document["id"] is None


def test_several_activities_are_a_list_in_the_order_of_files_and_parts():
    documents = _document(FIT / "valid" / "chained.fit", FAST_START)
    assert [one["sources"][0]["filename"] for one in documents] == ["chained.fit", "chained.fit", "fast_start.fit"]
    assert [one["sources"][0]["part"] for one in documents] == [0, 1, 0]


def test_json_is_all_that_stdout_gets_and_it_is_ascii():
    done = _invoke(FAST_START, FIT / "invalid" / "zeros.fit", "--json")
    assert done.stdout.isascii()
    assert [one.get("outcome") for one in json.loads(done.stdout)] == [None, "rejected"]


@pytest.mark.parametrize("wrapped", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_stdin_and_gzip_make_no_difference(wrapped):
    fresh = _document("-", *WEATHER, stdin=wrapped(FAST_START.read_bytes()))
    assert fresh["assessment"] == _document(FAST_START, *WEATHER)["assessment"]


def test_an_archive_gives_a_report_for_each_activity_and_names_what_has_none(tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as pack:
        pack.write(FAST_START, "a/fast.fit")
        pack.write(FIT / "invalid" / "zeros.fit", "b/zeros.fit")
        pack.write(FIT / "valid" / "chained.fit", "c/two.fit")
        pack.writestr("d/photo.jpg", b"\xff\xd8\xff\xe0 a photo")
    done = _invoke(archive)
    assert done.exit_code == 1
    assert done.stdout.count("What happened") == 3
    assert "zeros.fit: rejected (" in done.stderr
    assert "photo.jpg: skipped (unknown_type)" in done.stderr
    assert "3 assessed, 1 rejected, 1 skipped" in done.stderr


def test_an_export_of_strava_is_read_with_what_its_table_says():
    export = ROOT / "fixtures" / "archives" / "strava_export.zip"
    documents = {one["sources"][0]["filename"]: one for one in _document(export) if "sources" in one}
    run, trail, walk = (documents[f"activities/{name}.gz"] for name in ("1001.fit", "1002.gpx", "1006.fit"))
    assert run["name"] == "Along the canal"
    assert (run["conditions"]["temperature_c"], run["conditions"]["source"]) == (23.5, "archive")
    assert (trail["sport"], trail["sub_sport"]) == ("running", "trail")
    assert walk["sport"] == "walking"
    told = {one["sources"][0]["filename"]: one for one in _document(export, *WEATHER) if "sources" in one}
    assert told["activities/1001.fit.gz"]["conditions"]["source"] == "given"


def test_an_export_of_garmin_is_read_through_its_inner_archives():
    done = _invoke(ROOT / "fixtures" / "archives" / "garmin_export.zip")
    assert done.exit_code == 0
    assert {"6 skipped", "2 assessed"} == set(done.stderr.splitlines()[-1].split(", "))


INVALID = json.loads((FIT / "invalid" / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(INVALID))
def test_a_bad_file_is_one_sentence_with_its_code(name):
    assert INVALID
    done = _invoke(FIT / "invalid" / name)
    skipped = "not_activity" in done.stderr
    assert done.exit_code == (0 if skipped else 1)
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert any(f"({code})" in done.stderr for code in KINDS)


def test_a_bad_file_among_good_ones_spoils_none_of_them():
    done = _invoke(FIT / "invalid" / "zero_bytes.fit", FAST_START)
    assert done.exit_code == 1
    assert "What happened" in done.stdout
    assert "(empty)" in done.stderr


def test_a_sound_file_without_an_activity_is_skipped_and_that_is_well():
    done = _invoke(FIT / "invalid" / "settings.fit", "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["outcome"], document["problem"]["code"]) == (0, "skipped", "not_activity")


def test_a_file_that_may_not_be_read_is_rejected_without_a_traceback(tmp_path, monkeypatch):
    def refuse(*words, **more):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "locked.fit"
    path.write_bytes(b"x")
    monkeypatch.setattr(Path, "open", refuse)
    done = _invoke(path)
    assert done.exit_code == 1
    assert "locked.fit: rejected (unreadable). Permission denied." in done.stderr


def test_a_hostile_file_name_steers_nothing(tmp_path):
    path = tmp_path / "run\x1b]0;owned\x07[bold]\u202e.fit"
    path.write_bytes(FAST_START.read_bytes())
    for words in ([path], [path, "--json"], [path, FIT / "invalid" / "zeros.fit"]):
        done = _invoke(*words)
        assert not {"\x1b", "\x07", "\u202e"} & set(done.output)


def test_amounts_need_a_mass_and_are_hidden_on_request():
    long_run = FIT / "valid" / "long_run.fit"
    volume = re.compile(r"\d ml\b", re.IGNORECASE)
    assert not volume.search(_invoke(long_run).stdout)
    assert volume.search(_invoke(long_run, "--mass-kg", "70").stdout)
    for hidden in (["--hide-amounts"], ["--birth-year", "2012"]):
        words = _invoke(long_run, "--mass-kg", "70", *hidden, "--json").stdout
        assert not volume.search(words)
        assert not any(one["amount"] for one in json.loads(words)["assessment"]["reminders"])


def test_units_change_words_and_no_number_of_the_assessment():
    def bare(document):
        if isinstance(document, dict):
            return {
                key: bare(value)
                for key, value in document.items()
                if key not in {"text", "title", "evidence_text", "safety_texts", "disclaimer"}
            }
        return [bare(value) for value in document] if isinstance(document, list) else document

    metric, imperial = (_document(FAST_START, "--units", units) for units in ("metric", "imperial"))
    assert bare(metric) == bare(imperial)
    assert metric != imperial


def test_the_sport_of_the_caller_outranks_the_files():
    assert _document(FAST_START, "--sport", "cycling")["assessment"]["status"] == "not_scored"
    assert _document(FAST_START, "--sport", "Ride")["assessment"]["status"] == "not_scored"
    trail = _document(FAST_START, "--sport", "TrailRun")
    assert (trail["sport"], trail["sub_sport"], trail["assessment"]["status"]) == ("running", "trail", "scored")


def test_a_sport_that_is_none_is_a_usage_error_that_names_the_known_ones():
    done = _invoke(str(FAST_START), "--sport", "runing")
    assert done.exit_code == 2
    assert "cycling" in done.stderr


def test_nothing_is_written_and_no_server_or_database_is_loaded(tmp_path):
    code = (
        "import sys\n"
        f"sys.argv = ['crampwatch', 'analyse', {str(FAST_START)!r}]\n"
        "from service.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(str([name for name in ('fastapi', 'sqlalchemy', 'uvicorn', 'httpx') "
        "if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path
    )
    assert done.stderr == "[]"
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_traceback():
    command = f"{sys.executable} -m service.cli analyse {FAST_START} | head -1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT)
    assert "Traceback" not in done.stderr


def test_an_empty_stdin_is_an_empty_file():
    done = _invoke("-", stdin=b"")
    assert done.exit_code == 1
    assert "stdin: rejected (empty)" in done.stderr
