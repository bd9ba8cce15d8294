"""Commands over kept rows: what came in (`deliveries`) and what went wrong (`failures`)."""

from __future__ import annotations

import json

import click

from connector.cli.exits import Exit
from connector.cli.session import stored


@click.group()
def deliveries() -> None:
    """What the receiver was sent: list it, look at one, take one in again.

    Example: trellis deliveries list --state unknown
    """


@deliveries.command("list")
@click.option("--state", type=click.Choice(["waiting", "handled", "ignored", "unknown", "failed"]), help="Only these.")
@click.option("--limit", default=50, show_default=True, help="How many, the latest first.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(*, state: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, the latest first."""
    from connector.store import inbox

    with stored() as store, store.engine.connect() as conn:
        rows = inbox.list_deliveries(conn, state=state, limit=limit)
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "id": r.id,
                        "platform": r.platform,
                        "state": str(r.state),
                        "reason": r.reason,
                        "received_at": r.received_at.isoformat(),
                    }
                    for r in rows
                ]
            )
        )
        return
    for row in rows:
        click.echo(f"{row.id:>8}  {row.received_at:%Y-%m-%d %H:%M:%S}  {row.platform:<9}  {row.state:<8}  {row.reason}")
    if not rows:
        click.echo("None.")


@deliveries.command("show")
@click.argument("number", type=int)
def show(number: int) -> None:
    """Show one delivery's body, as it came. It may hold personal data."""
    from connector.store import inbox

    with stored() as store, store.engine.connect() as conn:
        row = inbox.show_delivery(conn, number)
    if row is None:
        raise click.ClickException(f"there is no delivery {number}")
    click.echo(f"{row.platform} {row.state}: {row.reason} (attempts: {row.attempts})")
    click.echo(row.body.decode("utf-8", "replace"))


@deliveries.command("replay")
@click.argument("number", type=int)
def replay(number: int) -> None:
    """Let the worker take one delivery in again; what it tells twice changes nothing."""
    from connector.store import inbox

    with stored() as store, store.engine.begin() as conn:
        if not inbox.replay_delivery(conn, number):
            raise click.ClickException(f"there is no ended delivery {number} whose body is still kept")
    click.echo("It waits for the worker, or for the next `trellis sync`.")


@click.group()
def failures() -> None:
    """What could not be read, scored or written, and why.

    Example: trellis failures list
    """


@failures.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_failures(*, as_json: bool) -> None:
    """List what is still open."""
    from connector.store import failures as rows_of

    with stored() as store, store.engine.connect() as conn:
        rows = rows_of.list_failures(conn)
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "id": r.id,
                        "step": r.step,
                        "source": r.source,
                        "platform_id": r.platform_id,
                        "reason": r.reason,
                        "times": r.times,
                    }
                    for r in rows
                ]
            )
        )
        return
    for row in rows:
        click.echo(f"{row.id:>8}  {row.step:<6}  {row.source}  {row.platform_id}  x{row.times}  {row.reason}")
    if not rows:
        click.echo("None.")


@failures.command("show")
@click.argument("number", type=int)
def show_failure(number: int) -> None:
    """Show one failure in full."""
    from connector.store import failures as rows_of

    with stored() as store, store.engine.connect() as conn:
        row = next((one for one in rows_of.list_failures(conn) if one.id == number), None)
    if row is None:
        raise click.ClickException(f"there is no open failure {number}")
    click.echo(f"{row.step} {row.source} {row.platform_id}: {row.reason}")
    click.echo(f"first {row.first_at:%Y-%m-%d %H:%M}, last {row.last_at:%Y-%m-%d %H:%M}, {row.times} times")


@failures.command("replay")
@click.argument("number", type=int)
def replay_failure(number: int) -> None:
    """Try one failed row again with the next pass."""
    from connector.steps.parts import now_utc
    from connector.store import failures as rows_of

    with stored() as store, store.engine.begin() as conn:
        if not rows_of.replay_failure(conn, number, now_utc()):
            click.echo(f"there is no open failure {number}", err=True)
            raise click.exceptions.Exit(Exit.FAILED)
    click.echo("It is tried again with the next `trellis sync`.")
