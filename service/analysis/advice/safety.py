"""Safety texts, keyed: shown beside what names them. Calm, and clear about when to get help."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "safety-to_thirst": "Drink to thirst, and never more than you sweat. Stop drinking if you gain weight, feel "
        "bloated, or your hands or feet swell.",
        "safety-heat": "Confusion, staggering, collapse, odd behaviour, or very hot skin, whether dry or sweating: "
        "call "
        "the emergency number at once and cool first, with cold water or ice, without waiting. It can happen in cool "
        "weather too.",
        "safety-hyponatremia": "Headache, vomiting, swelling, confusion or a seizure, during a long run or in the "
        "24 hours "
        "after it and above all after much drinking: get emergency care, and give no more water.",
        "safety-emergency": "Chest pain, or fainting: call the emergency number now, and do not wait for it to pass.",
        "safety-cramps": "If a muscle cramps: stop, and stretch it gently and steadily until it eases.",
        "safety-vulnerable": "If you are under 18 or pregnant, have a heart or kidney disease, high blood pressure or "
        "diabetes, or take diuretics or painkillers: hide amounts in your profile and ask your clinician. Which of "
        "these it "
        "is need not be told.",
        "safety-clinician": "See a clinician if cramps spread over many muscles, come with dark urine, weakness, "
        "swelling, "
        "chest pain, fainting or fever, often come at rest or at night, began with a new medicine, or return three "
        "times "
        "within eight weeks although training got easier. Sudden calf pain with warmth or swelling is a case for a "
        "clinician as well.",
    }
)

KEYS = frozenset(key.removeprefix("safety-") for key in TEXTS)
