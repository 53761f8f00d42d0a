"""Forms of the pages as bodies of the API: texts of fields become what the wire's models take, in SI units.

An empty field is "not told". What is no number is left for the model to refuse, which names the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from service import figures

POUND_KG = 0.45359237
_NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,9})?", re.ASCII)


class Form:
    """The fields of one form."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str | None:
        """The field's text; None where it is empty or not there."""
        return next((value for value in self._fields.get(name, ()) if value.strip()), None)

    def texts(self, name: str) -> list[str]:
        """The chosen ones of several boxes."""
        return self._fields.get(name, [])

    def number(self, name: str, *, times: float = 1.0) -> Any:
        """The field's number in another unit; a text that is no number stays a text."""
        text = self.text(name)
        if text is None or not _NUMBER.fullmatch(text.strip()):
            return text
        return float(text.strip().replace(",", ".")) * times

    def whole(self, name: str) -> Any:
        """The field's whole number; anything else stays as it is."""
        value = self.number(name)
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def yes_no(self, name: str) -> bool | None:
        """`yes` and `no`; None for anything else."""
        return {"yes": True, "no": False}.get(self.text(name) or "")


async def _read(request: Request) -> Form:
    async with request.form(max_files=0, max_fields=200) as told:
        fields: dict[str, list[str]] = {}
        for name, value in told.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, []).append(value)
    return Form(fields)


Filled = Annotated[Form, Depends(_read)]


def report_of(form: Form, *, units: str) -> dict[str, Any]:
    """A CrampReport out of the form of an activity's page."""
    muscle = form.text("muscle")
    place = {
        "side": form.text("side"),
        "minute": form.number("minute"),
        "at_m": form.number("at", times=figures.long_unit_m(units)),
    }
    episode = {"muscle": muscle or "other", **place}
    told = muscle is not None or any(value is not None for value in place.values())
    return {
        "answer": form.text("answer"),
        "episodes": [episode] if told and form.text("answer") != "none" else [],
        "stitch": True if form.text("stitch") else None,
        "when": form.text("when"),
        "red_flags": form.texts("red_flags"),
    }


def log_of(form: Form, *, units: str) -> dict[str, Any]:
    """A RunLog out of the form of an activity's page."""
    imperial = units == "imperial"
    ml, kg = (figures.ML_PER_FLUID_OUNCE, POUND_KG) if imperial else (1.0, 1.0)
    return {
        "fluid_ml": form.number("fluid", times=ml),
        "sodium_mg": form.number("sodium_mg"),
        "carbs_g": form.number("carbs_g"),
        "mass_before_kg": form.number("mass_before", times=kg),
        "mass_after_kg": form.number("mass_after", times=kg),
        "urine_ml": form.number("urine", times=ml),
        "fasted": form.yes_no("fasted"),
        "sleep_h": form.number("sleep_h"),
        "effort": form.whole("effort"),
    }
