"""The processes that the Procfile names: web, worker, clock, release."""

from __future__ import annotations

import os
import sys

import click


@click.command()
def web() -> None:
    """Run the webhook receiver (gunicorn) on PORT.

    Example: trellis web
    """
    from connector.assembly import settings
    from connector.cli.port import inherited_port, take_port

    listening = inherited_port() or take_port(settings().port).detach()
    os.set_inheritable(listening, True)
    os.execv(  # noqa: S606 — gunicorn replaces this process, so that a supervisor's signals reach it
        sys.executable,
        [
            *(sys.executable, "-m", "gunicorn", "-c", "python:webhooks.gunicorn_conf"),
            *("--bind", f"fd://{listening}", "connector.assembly:receiver()"),
        ],
    )


@click.command()
def worker() -> None:
    """Take in, judge and deliver whenever the bell rings.

    Example: trellis worker
    """
    from connector.assembly import active_parts, open_store, settings
    from connector.logs import set_up_logs
    from connector.steps.loop import run_worker

    set_up_logs(settings(), "worker")
    with open_store(settings()) as store:
        run_worker(store.plain_url, lambda: active_parts(settings(), store))


@click.command()
def clock() -> None:
    """Ring the bell: every 30 seconds for work, every 5 minutes for a poll.

    Example: trellis clock
    """
    from connector.assembly import open_store, settings
    from connector.logs import set_up_logs
    from connector.steps.clock import run_clock

    set_up_logs(settings(), "clock")
    with open_store(settings()) as store:
        run_clock(store.plain_url, store.engine)


@click.command()
def release() -> None:
    """Bring the database to this version's schema; run it before new processes start.

    Example: trellis release
    """
    from connector.assembly import open_store, settings
    from connector.store.migrate import migrate

    with open_store(settings(), check=False) as store:
        migrate(store.engine)
    click.echo("The database has this version's schema.")
