"""`crampwatch connection`: accounts at sync services added, listed and removed; webhooks made; tokens locked anew."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="connection",
    help="Athletes' accounts at sync services.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Athlete = Annotated[str, typer.Option(help="Whose: an athlete's id or external id, or `me`.")]
Service = Annotated[str, typer.Option(metavar="NAME", help="The sync service, such as `polar`.")]


@app.command("add")
def add(
    *,
    athlete: Athlete,
    provider: Service,
    external_id: Annotated[str, typer.Option(help="The service's id of the athlete: what its events name.")],
    access_token: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="`-` reads it from standard input, which no list shows.")
    ] = None,
    refresh_token: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Likewise; of two `-` the access token comes first.")
    ] = None,
    expires_in: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", min=0, max=3_000_000_000, help="Without: it is used until it is refused."),
    ] = None,
    backfill: Annotated[bool, typer.Option("--backfill", help="Ask the service for the past, too.")] = False,
) -> None:
    """Store a connection without a page of consent: a personal token, or one of another system."""
    from service.cli import switchboard  # noqa: PLC0415 - sqlalchemy is loaded by the commands that need it

    switchboard.add(
        athlete=athlete,
        provider=provider,
        external_id=external_id,
        access=access_token,
        refresh=refresh_token,
        expires_in_s=expires_in,
        backfill=backfill,
    )


@app.command("list")
def listed(
    athlete: Annotated[str | None, typer.Option(help="Only this athlete's.")] = None,
) -> None:
    """Every connection, without its tokens."""
    from service.cli import switchboard  # noqa: PLC0415 - likewise

    switchboard.show(athlete)


@app.command("remove")
def remove(*, athlete: Athlete, provider: Service) -> None:
    """Forget a connection and its tokens, and give our access back at the service if it answers."""
    from service.cli import switchboard  # noqa: PLC0415 - likewise

    switchboard.remove(athlete=athlete, provider=provider)


@app.command("subscribe")
def subscribe(
    *,
    provider: Service,
    present: Annotated[bool, typer.Option("--list", help="Only show the webhooks that there are.")] = False,
    delete: Annotated[str | None, typer.Option(metavar="ID", help="Take this one away instead.")] = None,
    activate: Annotated[bool, typer.Option("--activate", help="Switch the one on again that there is.")] = False,
) -> None:
    """Make the webhook of a service whose API manages it (Strava, Polar), and print what is to be set.

    The service calls the address before it answers, so this one has to be running and reachable there.
    """
    from service.cli import subscribing  # noqa: PLC0415 - likewise

    if sum((present, delete is not None, activate)) > 1:
        raise typer.BadParameter("one at a time", param_hint="--list, --delete, --activate")
    if present:
        subscribing.show(provider)
    elif delete is not None:
        subscribing.delete(provider, delete)
    elif activate:
        subscribing.activate(provider)
    else:
        subscribing.create(provider)


@app.command("relock")
def relock() -> None:
    """Lock every stored token anew with the first of CRAMPWATCH_SECRET_KEYS; then the others can be taken away."""
    from service.cli import switchboard  # noqa: PLC0415 - likewise

    switchboard.relock()


@app.command("new-key")
def new_key() -> None:
    """Print a fresh key for CRAMPWATCH_SECRET_KEYS."""
    from service.cli import switchboard  # noqa: PLC0415 - likewise

    switchboard.make_key()
