"""`crampwatch webhooks`: the addresses that sync services call, and the endpoints that events are sent to."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False, rich_markup_mode=None)

Endpoint = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id, from `crampwatch webhooks`.")]


@app.callback()
def command(
    context: typer.Context,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print both as JSON.")] = False,
) -> None:
    """List what comes in (an address for each sync service that is on, its secret included) and what goes out."""
    if context.invoked_subcommand is not None:
        return
    from service.cli import dispatch  # noqa: PLC0415 - sqlalchemy is loaded by the commands that need it

    dispatch.show(as_json=json)


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are to be sent, https://….")],
    *,
    event: Annotated[
        list[str] | None, typer.Option(help="A type of event; may be repeated. Without: all of them.")
    ] = None,
    athlete: Annotated[
        list[str] | None, typer.Option(help="Id or external id of an athlete; may be repeated. Without: everybody.")
    ] = None,
) -> None:
    """Have events sent to an address. Only its secret goes to standard output, this once."""
    from service.cli import dispatch  # noqa: PLC0415 - likewise

    dispatch.add(url, types=event or ["*"], athletes=athlete or None)


@app.command("calls")
def calls(
    *,
    service: Annotated[str | None, typer.Option(help="Only those of this sync service.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 50,
) -> None:
    """List the calls of sync services of the last two weeks, and how many events each told."""
    from service.cli import replaying  # noqa: PLC0415 - likewise

    replaying.show(provider=service, limit=limit)


@app.command("replay")
def replay(
    call: Annotated[
        list[int] | None, typer.Argument(metavar="[CALL]...", help="Numbers of calls, from `webhooks calls`.")
    ] = None,
    *,
    service: Annotated[str | None, typer.Option(help="All kept calls of this sync service.")] = None,
) -> None:
    """Read kept calls again, as the present program understands them. Events that are known change nothing."""
    from service.cli import replaying  # noqa: PLC0415 - likewise

    raise typer.Exit(replaying.replay(call or [], provider=service))


@app.command("remove")
def remove(endpoint: Endpoint) -> None:
    """Send nothing there any more."""
    from service.cli import dispatch  # noqa: PLC0415 - likewise

    dispatch.remove(endpoint)


@app.command("test")
def test(endpoint: Endpoint) -> None:
    """Have a test event sent there by the service or a worker."""
    from service.cli import dispatch  # noqa: PLC0415 - likewise

    dispatch.test(endpoint)


@app.command("rotate")
def rotate(endpoint: Endpoint) -> None:
    """Make a new secret and print it; the one before holds for 24 hours more."""
    from service.cli import dispatch  # noqa: PLC0415 - likewise

    dispatch.rotate(endpoint)


@app.command("enable")
def enable(endpoint: Endpoint) -> None:
    """Send again to an endpoint that was disabled, from where it stopped."""
    from service.cli import dispatch  # noqa: PLC0415 - likewise

    dispatch.enable(endpoint)
