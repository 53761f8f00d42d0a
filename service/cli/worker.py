"""`crampwatch worker`: runs queued jobs, apart from the service that answers; on as many machines as one likes."""

from __future__ import annotations


def command() -> None:
    """Run queued jobs, for a service started with `serve --role api`. SIGTERM lets running jobs end first."""
    from service import settings  # noqa: PLC0415 - the job library is loaded by the commands that need it
    from service.cli import working  # noqa: PLC0415 - likewise

    working.run(settings.load())
