"""`crampwatch demo --sync`, as a process."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def demo(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    store = {"CRAMPWATCH_DATA_DIR": str(tmp_path / "data"), "CRAMPWATCH_AUTH": "keys", "TMPDIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "demo", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **store},
    )


def test_the_story_goes_from_the_consent_to_the_goodbye_and_leaves_nothing(tmp_path: Path) -> None:
    done = demo(tmp_path, "--sync")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = re.sub(r"\s+", " ", done.stdout)
    for part in (
        "1. Subscribe.",
        "2. Connect.",
        "Polar Flow, account 475: active.",
        "3. The past.",
        "2026-09-01, 10.0 km",
        "A forged message is answered with 401, the true one with 200",
        "asked for with the runner's token and stored: fit",
        "First 1 km 12% faster than what followed.",
        "Fast start: moderate, evidence grade C.",
        "activity.assessed: signature right",
        "The log of deliveries has 2, all of them taken.",
        "Polar has taken our access back, and",
        "not medical advice",
    ):
        assert part in told
    assert told.count("activity.assessed") == 2
    assert list(tmp_path.iterdir()) == [], "neither the store of the settings nor the temporary one"


def test_the_story_takes_no_server_and_no_folder(tmp_path: Path) -> None:
    for words in (("--server", "http://127.0.0.1:1"), ("--from", str(tmp_path))):
        done = demo(tmp_path, "--sync", *words)
        assert done.returncode == 2
        assert "--sync" in done.stderr
