"""Plain documents with the API's field names -> what the analysis takes: profile, conditions, log and history.

Fields that are None, or that the analysis does not know, are left out: the documents may hold more than is read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.analysis.athlete import Conditions, CrampReport, Episode, History, Log, PastRun, Profile


def profile_of(fields_given: Mapping[str, Any]) -> Profile:
    """The Profile in a mapping with the API's field names."""
    return Profile(**_known(Profile, fields_given))


def conditions_of(fields_given: Mapping[str, Any]) -> Conditions:
    """The Conditions in a mapping with the API's field names; given without a source, the source is `given`."""
    known = _known(Conditions, fields_given)
    if known and "source" not in known:
        known["source"] = "given"
    return Conditions(**known)


def log_of(document: Mapping[str, Any] | None) -> Log:
    """The Log in a mapping with the API's field names; an empty one where there is none.

    >>> log_of({"fluid_ml": 500, "note": "not read"}).fluid_ml, log_of(None) == Log()
    (500, True)
    """
    return Log(**_known(Log, document or {}))


def report_of(document: Mapping[str, Any]) -> CrampReport:
    """What a cramp report says beside its answer."""
    return CrampReport(
        episodes=tuple(Episode(**_known(Episode, episode)) for episode in document.get("episodes") or ()),
        when=document.get("when"),
        red_flags=tuple(document.get("red_flags") or ()),
        stitch=document.get("stitch"),
    )


def history_of(digests: Sequence[Mapping[str, Any]]) -> History:
    """The History in a sequence of digests, oldest first.

    Beside what `Assessment.digest` holds, each may carry what the athlete told since: `cramp`, the answer of its
    report, `cramp_report`, the report itself, and `log`, the log of that run, the last two as the API has them. Where
    only the report is there, its answer counts.
    """
    return History(tuple(_past_run(digest) for digest in digests))


def _past_run(digest: Mapping[str, Any]) -> PastRun:
    known = _known(PastRun, digest)
    started_at = known["started_at"]
    if isinstance(started_at, str):
        known["started_at"] = datetime.fromisoformat(started_at)
    known["best_efforts"] = tuple((float(metres), float(seconds)) for metres, seconds in known.get("best_efforts", ()))
    report, log = digest.get("cramp_report"), digest.get("log")
    if report:
        known["report"] = report_of(report)
        known.setdefault("cramp", report.get("answer"))
    if log:
        known["log"] = log_of(log)
    return PastRun(**{"sport": None, **known})


def _known(kind: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in kind.__dataclass_fields__ if given.get(name) is not None}
