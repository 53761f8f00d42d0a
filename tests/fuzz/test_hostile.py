"""Each file of the hostile list is answered within 5 s of CPU and 64 MB, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.hostile import HOSTILE, SIZE

ROOT = Path(__file__).resolve().parents[2]
CPU_S = 5.0
MEMORY_BYTES = 64 * 2**20

CHILD = """
import io, json, resource, sys, time
import parsers
from parsers import ParseError

def peak():
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def answer(data, archive):
    try:
        if not archive:
            parsers.parse(data)
            return "ok"
        codes = {m.data.code for m in parsers.members(io.BytesIO(data)) if isinstance(m.data, ParseError)}
        return codes.pop() if len(codes) == 1 else f"{codes}"
    except ParseError as error:
        return error.code

warm = b'<gpx><trk><trkseg>' + b'<trkpt lat="1" lon="2"><time>2020-01-01T00:00:00Z</time></trkpt>' * 2
answer(warm, False), answer(bytes.fromhex("0e20930800000000") + b".FIT", False), answer(b"PK\\3\\4", True)
try:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is counted from here
except OSError:
    pass
before, archive = peak(), sys.argv[1] == "archive"
data = sys.stdin.buffer.read()
began = time.process_time()
code = answer(data, archive)
print(json.dumps({"code": code, "cpu_s": time.process_time() - began, "bytes": peak() - before}))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_at_most_five_seconds_and_64_mb(name: str) -> None:
    hostile = HOSTILE[name]
    data = hostile.data()
    assert len(data) <= SIZE + 200
    done = subprocess.run(
        [sys.executable, "-c", CHILD, "archive" if hostile.archive else "file"],
        input=data,
        capture_output=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["code"] in hostile.codes
    assert found["cpu_s"] < CPU_S
    assert found["bytes"] < MEMORY_BYTES
