"""Makes docs/settings.md from the docstrings of the settings. Run as `python -m docs.make_settings`."""

from __future__ import annotations

from pathlib import Path

from service.settings import PREFIX, PROVIDER_VARIABLES, Settings

PAGE = Path(__file__).resolve().parent / "settings.md"


def page() -> str:
    """docs/settings.md: every variable with its default and meaning, in the order of the fields."""
    rows = [f"| `{PREFIX}{name.upper()}` | {_default(name)} | {_meaning(name)} |" for name in Settings.model_fields]
    of_providers = [f"| `{PREFIX}<P>_{end}` | {meaning} |" for end, (_, meaning) in PROVIDER_VARIABLES.items()]
    return "\n".join([*_HEAD, *rows, *_PROVIDERS_HEAD, *of_providers, ""])


_HEAD = (
    "# Settings",
    "",
    "crampwatch is set up by environment variables alone. They are read once, at the start; a value that cannot be",
    "used stops the start with a sentence that names the variable. This page is made from the docstrings in",
    "`service/settings.py` by `python -m docs.make_settings`.",
    "",
    "| variable | default | meaning |",
    "|---|---|---|",
)


_PROVIDERS_HEAD = (
    "",
    "## Sync services",
    "",
    "For each service `<P>` of `COROS`, `GARMIN`, `INTERVALS`, `POLAR`, `STANDARD`, `STRAVA`, `SUUNTO` and `WAHOO`;",
    "what each of them needs stands on [its page](sync/README.md).",
    "",
    "| variable | meaning |",
    "|---|---|",
)


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if field.default_factory is not None or field.default == "":
        return "see right" if field.default_factory is not None else "none"
    return f"`{_spelled(field.default)}`"


def _spelled(value: object) -> str:
    """The default as one writes it into the variable, with its size in words where it has one."""
    return f"./{value}" if isinstance(value, Path) else str(value)


def _meaning(name: str) -> str:
    return " ".join((Settings.model_fields[name].description or "").split()).replace("|", "\\|")


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
