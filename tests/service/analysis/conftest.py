"""What the analysis tests share: gathering a made run, with nothing known beside it unless said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fixtures import runs
from parsers.activity import Activity, Streams
from service.analysis.athlete import Conditions, History, Log, Profile
from service.analysis.facts import Facts
from service.analysis.signals import gather

Gather = Callable[..., Facts]


@pytest.fixture
def facts_of() -> Gather:
    """The facts of a Run, an Activity, or a golden scenario by its id."""

    def build(
        what: runs.Run | Activity | str,
        *,
        profile: Profile | None = None,
        history: History | None = None,
        conditions: Conditions | None = None,
        log: Log | None = None,
        sport: str | None = None,
    ) -> Facts:
        if isinstance(what, str):
            scenario = runs.SCENARIOS[what]
            profile = profile or Profile(**scenario.profile)  # type: ignore[arg-type]  # plain documents
            conditions = conditions or Conditions(**scenario.conditions)  # type: ignore[arg-type]
            what = scenario.run
        activity = runs.activity(what) if isinstance(what, runs.Run) else what
        return gather(
            activity,
            profile=profile or Profile(),
            history=history or History(),
            conditions=conditions or Conditions(),
            log=log,
            sport=sport,
        )

    return build


@pytest.fixture
def with_columns() -> Callable[..., Activity]:
    """A copy of an activity with some stream columns replaced (None: taken out), and rows kept by an index."""

    def change(activity: Activity, *, keep: object = None, **columns: object) -> Activity:
        old = {name: np.array(column) for name, column in activity.streams.items()}
        old.update({name: column for name, column in columns.items() if column is not None})
        for name, column in columns.items():
            if column is None:
                old.pop(name, None)
        if keep is not None:
            old = {name: column[keep] for name, column in old.items()}
        return replace(activity, streams=Streams(**old))

    return change
