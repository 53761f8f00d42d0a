"""Our few numbers are the profile's, and the dead twin of the profile's library is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fitparse.profile import MESSAGE_TYPES

from parsers.formats.fit import profile


def test_field_numbers_scales_and_offsets_are_those_of_the_profile() -> None:
    fields = MESSAGE_TYPES[profile.RECORD].fields
    for ours in (*profile.RECORD_FIELDS, profile.FRACTIONAL_CADENCE):
        theirs = fields[ours.number]
        assert theirs.name == ours.name
        semicircles = ours.scale == profile.SEMICIRCLES_PER_DEG
        component = next(iter(theirs.components or ()), None)  # plain altitude and speed only fill the enhanced ones
        scale, offset = (component.scale, component.offset) if component else (theirs.scale, theirs.offset)
        assert (1.0 if semicircles else ours.scale) == (scale or 1.0)
        assert ours.offset == (offset or 0.0)


def test_message_numbers_are_those_of_the_profile() -> None:
    names = {
        "file_id": profile.FILE_ID,
        "sport": profile.SPORT,
        "session": profile.SESSION,
        "lap": profile.LAP,
        "record": profile.RECORD,
        "event": profile.EVENT,
        "device_info": profile.DEVICE_INFO,
        "workout_step": profile.WORKOUT_STEP,
        "activity": profile.ACTIVITY,
        "hr": profile.HEART,
        "field_description": profile.FIELD_DESCRIPTION,
    }
    assert {name: MESSAGE_TYPES[number].name for name, number in names.items()} == {name: name for name in names}
    assert set(names.values()) == profile.WANTED


def test_fitparse_beside_its_fork_is_refused_at_start() -> None:
    profile.refuse_clash({"python-fitparse": True})
    with pytest.raises(RuntimeError, match="Uninstall both"):
        profile.refuse_clash({"python-fitparse": True, "fitparse": True})


def test_the_big_profile_is_not_imported_before_a_name_is_asked_for() -> None:
    code = "import sys, parsers; sys.exit('fitparse.profile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
