"""All pages, for the application to include."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter

from service.settings import Settings
from service.web import (
    accounts,
    activity,
    assets,
    coach,
    endpoints,
    history,
    reassessments,
    rules,
    settings,
    signing,
    start,
)


def routers(chosen: Settings) -> Iterator[APIRouter]:
    """Every router of pages."""
    yield assets.router
    yield start.router
    yield start.sending(chosen)
    yield activity.router
    yield history.router
    yield coach.router
    yield settings.router
    yield accounts.router
    yield accounts.returns
    yield reassessments.router
    yield endpoints.router
    yield rules.router
    yield signing.router
