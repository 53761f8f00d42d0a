"""`crampwatch verify`: documents against files and the store, without a server; and that no tampering gets through."""

import copy
import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.analysis.receipt import result_sha256
from service.analysis.verify import bare
from service.cli import app
from service.cli.server import prepared

ROOT = Path(__file__).resolve().parents[3]
FIT = ROOT / "fixtures" / "fit" / "valid"
FAST, LONG, TWO = FIT / "fast_start.fit", FIT / "long_run.fit", FIT / "chained.fit"
RUNNER = ["--mass-kg", "70", "--birth-year", "1986", "--temperature-c", "18", "--humidity-pct", "50"]


def _invoke(*words):
    return CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)


@pytest.fixture(scope="module")
def documents():
    """What `analyse --json` says of the file, told the options."""
    made = {}

    def get(*words):
        if words not in made:
            made[words] = _invoke("analyse", *words, "--json").stdout
        return json.loads(made[words])

    return get


@pytest.fixture
def written(tmp_path):
    """Writes a document to a file and gives its path."""

    def write(document, name="document.json"):
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def _forged(document):
    """The document with a receipt that fits what it says."""
    assessment = document["assessment"]
    assessment["receipt"]["result_sha256"] = result_sha256(bare(assessment))
    return document


def test_a_report_holds_against_its_file(documents, written):
    done = _invoke("verify", written(documents(FAST, *RUNNER)), FAST, *RUNNER)
    words = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "document.json: holds" in words
    assert "Receipt: fits the document. File: the one that the receipt names." in words
    assert "fast start km 0.1–1.0 0.1197 0.1197 same" in words


def test_a_bare_assessment_a_list_a_page_and_an_upload_hold_too(documents, written):
    document = documents(FAST, *RUNNER)
    for shape in (
        document["assessment"],
        [document],
        {"items": [document], "next_cursor": None},
        {"items": [document["assessment"]]},
        {"status": "done", "items": [{"name": "a.fit", "activity": document}, {"name": "b", "activity": None}]},
    ):
        found = json.loads(_invoke("verify", written(shape), FAST, *RUNNER, "--json").stdout)
        assert (found["verdict"], found["receipt"]) == ("holds", {"result": True, "input": True})


def test_the_weather_that_the_document_says_was_given_need_not_be_told(documents, written):
    done = _invoke("verify", written(documents(FAST, *RUNNER)), FAST, "--mass-kg", 70, "--birth-year", 1986, "--json")
    assert json.loads(done.stdout)["verdict"] == "holds"


@pytest.mark.parametrize("forge", [False, True], ids=["as it is", "with a new receipt"])
@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("assessment", "warnings", 0, "value"), 0.31),
        (("assessment", "warnings", 0, "threshold"), 0.15),
        (("assessment", "warnings", 0, "end_m"), 5000),
        (("assessment", "warnings", 0, "start_s"), 0),
        (("assessment", "warnings", 0, "points"), 1),
        (("assessment", "warnings", 0, "counterfactual", "change"), 1),
        (("assessment", "explanation", 0, "points"), 1),
        (("assessment", "score"), 3),
        (("assessment", "level"), "very_high"),
        (("assessment", "reminders", 0, "at_min"), [5]),
        (("summary", "distance_m"), 42195.0),
    ],
    ids=lambda value: "/".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_tampering_is_found(documents, written, where, value, forge):
    document = copy.deepcopy(documents(FAST, *RUNNER))
    inner = document
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    done = _invoke("verify", written(_forged(document) if forge else document), FAST, *RUNNER)
    assert done.exit_code == 1
    assert "document.json: DIFFERS" in done.stdout
    assert f"{where[-1]}" in done.stdout
    forged = forge or where[0] == "summary"
    assert ("not the one that was hashed" in " ".join(done.stdout.split())) is not forged


def test_texts_may_be_edited(documents, written):
    document = copy.deepcopy(documents(FAST, *RUNNER))
    document["assessment"]["headline"]["text"] = "All is well."
    assert _invoke("verify", written(document), FAST, *RUNNER).exit_code == 0


def test_another_file_is_found(documents, written):
    done = _invoke("verify", written(documents(FAST)), LONG)
    assert done.exit_code == 1
    assert "not the one that the receipt names" in " ".join(done.stdout.split())


def test_a_document_finds_its_file_among_many_wrapped_or_not(documents, written, tmp_path):
    (tmp_path / "packed.fit.gz").write_bytes(gzip.compress(FAST.read_bytes()))
    found = json.loads(
        _invoke("verify", LONG, TWO, tmp_path / "packed.fit.gz", written(documents(FAST)), "--json").stdout
    )
    assert (found["verdict"], found["receipt"]["input"]) == ("holds", True)


def test_each_part_of_a_file_has_its_own_document(documents, written):
    found = json.loads(_invoke("verify", written(documents(TWO)), TWO, "--json").stdout)
    assert [one["verdict"] for one in found] == ["holds", "holds"]
    bare_ones = [one["assessment"] for one in documents(TWO)]
    found = json.loads(_invoke("verify", written(bare_ones), TWO, "--json").stdout)
    assert [one["verdict"] for one in found] == ["holds", "holds"]


def test_what_was_not_told_again_is_said_and_is_no_tampering(documents, written):
    done = _invoke("verify", written(documents(LONG, *RUNNER)), LONG)
    words = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "holds as far as it could be looked at" in words
    assert "known otherwise here: the athlete's profile" in words


def test_a_document_without_its_file_has_its_receipt_looked_at(documents, written):
    document = copy.deepcopy(documents(FAST))
    assert _invoke("verify", written(document)).exit_code == 0
    document["assessment"]["score"] += 1
    done = _invoke("verify", written(document))
    assert (done.exit_code, "DIFFERS" in done.stdout) == (1, True)


def test_a_sport_that_was_told_is_tried(documents, written):
    found = json.loads(_invoke("verify", written(documents(FAST, "--sport", "hiking")), FAST, "--json").stdout)
    assert found["verdict"] == "holds"


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "{", "[NaN]", '{"receipt": {}}', "[" * 100_000, '{"assessment": {"receipt": 3}}', '{"items": 3}'],
    ids=lambda content: content[:20],
)
def test_any_other_json_is_one_sentence(written, content):
    done = _invoke("verify", written(content))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.strip() == "document.json: cannot be verified: there is no assessment in it."


def test_a_bad_watch_file_and_one_without_a_document_are_named():
    done = _invoke("verify", ROOT / "fixtures" / "fit" / "invalid" / "zeros.fit", FAST)
    assert done.exit_code == 1
    assert "zeros.fit: cannot be verified" in done.stderr
    assert "no document was given" in done.stderr


def test_a_hostile_document_steers_nothing(documents, written):
    document = copy.deepcopy(documents(FAST))
    document["assessment"]["warnings"][0]["unit"] = "\x1b]0;owned\x07\u202e"
    document["assessment"]["\x1b[2J"] = "[bold]"
    done = _invoke("verify", written(document, "a\u202e.json"), FAST)
    assert done.exit_code == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(done.output)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store with one run, made by the demo; gives the run's id."""
    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CRAMPWATCH_PORT", "1")  # nobody answers there, so that the store is filled by the demo itself
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "fast.fit").write_bytes(FAST.read_bytes())
    done = _invoke("demo", "--from", tmp_path / "runs")
    assert done.exit_code == 0, done.output
    return next(word.rsplit("/", 1)[1] for word in done.stdout.split() if "/activities/act_" in word)


def test_a_stored_activity_holds_without_a_server(store):
    done = _invoke("verify", store)
    assert done.exit_code == 0
    assert f"{store}: holds" in done.stdout
    assert "fast start" in done.stdout


def test_a_stored_activity_that_was_changed_is_found(store):
    import sqlite3

    from service import settings

    with sqlite3.connect(settings.load().data_dir / "crampwatch.db") as db:
        db.execute("""UPDATE assessments SET document = replace(document, '"threshold":0.1,', '"threshold":0.05,')""")
    done = _invoke("verify", store)
    assert done.exit_code == 1
    assert "/warnings/fast_start/0/threshold: stored 0.05, now 0.1" in " ".join(done.stdout.split())


def test_an_activity_that_is_not_there_and_a_store_that_is_not_there_are_one_sentence(tmp_path, monkeypatch):
    from service.errors import NotFound, Unavailable

    monkeypatch.setenv("CRAMPWATCH_DATA_DIR", str(tmp_path / "data"))
    nobody = "act_" + "0" * 26
    with pytest.raises(Unavailable, match="crampwatch migrate"):
        _invoke("verify", nobody)
    prepared()
    with pytest.raises(NotFound):
        _invoke("verify", nobody)
