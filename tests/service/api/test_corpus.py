"""Real files of real devices: read or refused in one clear way, stored once, never a 5xx."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from service.api import shapes
from tests import disk


def manifest(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "manifest.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if "!" not in row["file"]]  # the rest lie in an archive


@pytest.fixture(scope="module")
def uploaded(api: Any, corpus: Path) -> dict[str, Any]:
    """The answer for every file, each for an athlete of its own."""
    rows = manifest(corpus)
    assert len(rows) > 50
    return {
        row["file"]: (api.upload(api.athlete(mass_kg=70), (corpus / row["file"]).read_bytes(), name=row["file"]), row)
        for row in rows
    }


def test_every_file_is_stored_or_refused_by_one_clear_problem(uploaded: dict[str, Any], problem_of: Any) -> None:
    wrong = []
    for name, (answer, _) in uploaded.items():
        if answer.status_code == 201:
            shapes.Upload.model_validate(answer.json())
        elif 400 <= answer.status_code < 500:
            problem_of(answer, answer.status_code, answer.json()["code"])
        else:
            wrong.append((name, answer.status_code, answer.text[:200]))
    assert wrong == []


def test_every_good_run_is_created_with_a_summary_and_an_assessment(uploaded: dict[str, Any]) -> None:
    good = {
        name: answer for name, (answer, row) in uploaded.items() if row["state"] == "good" and "run" in row["sport"]
    }
    assert len(good) > 10
    for name, answer in good.items():
        assert answer.status_code == 201, (name, answer.text[:300])
        for item in answer.json()["items"]:
            activity = item["activity"]
            assert activity["summary"]["elapsed_s"] > 0, name
            assert activity["assessment"]["status"] in ("scored", "too_short", "not_scored"), name
            assert activity["assessment"]["disclaimer"], name


APART: dict[tuple[str, str], str] = {}
"""(file, fact) -> why the API and the reference readers differ there; so far nowhere."""


def parts(text: str) -> list[float | None]:
    """The value of each session of a file, as the manifest lists them."""
    return [float(word) if word else None for word in text.split("|")]


def runs_of_device(uploaded: dict[str, Any]) -> list[tuple[str, dict[str, Any], dict[str, float | None]]]:
    """Every run of a good FIT file that was uploaded: its name, the activity, and what the reference read of it."""
    found = []
    for name, (answer, row) in uploaded.items():
        if row["state"] != "good" or row["format"] != "FIT":
            continue
        ran = [
            item["activity"] for item in answer.json()["items"] if (item["activity"] or {}).get("sport") == "running"
        ]
        sports = row["sport"].split("|")
        read = {key: parts(row[key]) for key in ("timer_s", "distance_m", "avg_hr", "ascent_m")}
        which = [index for index, sport in enumerate(sports) if sport.startswith("running")]
        assert len(ran) == len(which), name
        for activity, index in zip(ran, which, strict=True):
            known = {key: values[index] if len(values) == len(sports) else None for key, values in read.items()}
            known["records"] = float(row["n_records"]) if len(sports) == 1 else None
            found.append((name, activity, known))
    return found


def test_the_summary_of_every_run_stands_beside_what_other_readers_read(api: Any, uploaded: dict[str, Any]) -> None:
    """The device's timer within 2 s, its distance within 0.5 %, its mean heart rate within 1 bpm; ours as near."""
    runs = runs_of_device(uploaded)
    assert len(runs) >= 20
    wrong = []
    for name, activity, known in runs:
        summary, device = activity["summary"], activity["summary"]["device"]
        splits = api.get(f"/v1/activities/{activity['id']}/splits").json()["items"]
        own_m = sum(split["distance_m"] for split in splits)
        facts = {
            "timer_s": (device["timer_s"], known["timer_s"], 2.0),
            "distance_m": (device["distance_m"], known["distance_m"], 0.005 * (known["distance_m"] or 0)),
            "own_distance_m": (summary["distance_m"], known["distance_m"], 0.005 * (known["distance_m"] or 0)),
            "splits_m": (own_m, known["distance_m"], 0.005 * (known["distance_m"] or 0)),
            "heart_rate_avg_bpm": (summary["heart_rate_avg_bpm"], known["avg_hr"], 1.0),
            "device_ascent_m": (device["ascent_m"], known["ascent_m"], 0.5),
            "record_count": (activity["record_count"], known["records"], 0.0),
        }
        for fact, (ours, theirs, within) in facts.items():
            near = theirs is None or (ours is not None and abs(ours - theirs) <= within)
            if not near and (name, fact) not in APART:
                wrong.append((name, fact, ours, theirs))
        if known["ascent_m"] is not None and summary["ascent_m"] is None and (name, "ascent_m") not in APART:
            wrong.append((name, "ascent_m", None, known["ascent_m"]))
    assert wrong == []


def test_every_stored_file_can_be_fetched_back(api: Any, uploaded: dict[str, Any]) -> None:
    for name, (answer, _) in uploaded.items():
        if answer.status_code != 201:
            continue
        for item in answer.json()["items"]:
            for part in ("", "/file", "/streams", "/splits", "/laps", "/climbs", "/zones", "/assessments"):
                if item["activity"] is not None:
                    found = api.get(f"/v1/activities/{item['activity']['id']}{part}")
                    assert found.status_code == 200, (name, part, found.text[:300])


def test_every_stored_file_sent_again_is_a_duplicate(api: Any, corpus: Path, uploaded: dict[str, Any]) -> None:
    for name, (answer, _) in uploaded.items():
        if answer.status_code != 201:
            continue
        athlete = answer.json()["athlete_id"]
        again = api.upload(athlete, (corpus / name).read_bytes(), name=name)
        assert (again.status_code, again.json()["created"]) == (200, 0), name
        assert again.json()["duplicates"] == sum(answer.json()[one] for one in ("created", "merged", "duplicates")), (
            name
        )


def test_a_refused_file_leaves_no_row(api: Any, corpus: Path, uploaded: dict[str, Any]) -> None:
    refused = [name for name, (answer, _) in uploaded.items() if answer.status_code >= 400]
    assert refused
    for name in refused:
        athlete = api.athlete()
        api.upload(athlete, (corpus / name).read_bytes(), name=name)
        assert api.get(f"/v1/athletes/{athlete}/activities").json()["items"] == []
        assert [path for path in disk.paths(api.settings.data_dir / "blobs") if athlete in str(path)] == []
