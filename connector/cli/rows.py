"""Commands over kept rows: what came in (`deliveries`) and what went wrong (`failures`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from connector.cli.session import stored
from connector.cli.visible import visible

if TYPE_CHECKING:
    from connector.assembly import Store
    from connector.store.failures import Failure
    from connector.store.inbox import Delivery

#: A row's number is a bigint.
_NUMBER = click.IntRange(min=1, max=2**63 - 1)
_LIMIT = click.IntRange(min=1, max=1_000_000)


@click.group()
def deliveries() -> None:
    """What the receiver was sent: list it, look at one, take one in again.

    Example: trellis deliveries list --state unknown
    """


@deliveries.command("list")
@click.option("--state", type=click.Choice(["waiting", "handled", "ignored", "unknown", "failed"]), help="Only these.")
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_deliveries(*, state: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, the latest first.

    Example: trellis deliveries list --state unknown --limit 20
    """
    from connector.store import inbox

    with stored() as store, store.engine.connect() as conn:
        rows = inbox.list_deliveries(conn, state=state, limit=limit)
    if as_json:
        click.echo(json.dumps([_delivery_data(row) for row in rows]))
        return
    for row in rows:
        ended = f"{row.state:<7}  {visible(row.reason)}"
        click.echo(f"{row.id:>8}  {row.received_at:%Y-%m-%d %H:%M:%S}  {row.platform:<9}  {ended}")
    if not rows:
        click.echo("None.")


@deliveries.command("show")
@click.argument("number", type=_NUMBER)
def show_delivery(number: int) -> None:
    """Show one delivery's body, as it came. It may hold personal data.

    What would steer the terminal is spelled out.

    Example: trellis deliveries show 42
    """
    from connector.store import inbox

    with stored() as store, store.engine.connect() as conn:
        row = inbox.show_delivery(conn, number)
    if row is None:
        raise click.ClickException(f"there is no delivery {number}: see `trellis deliveries list`")
    reason = f": {visible(row.reason)}" if row.reason else ""
    again = ", replayed" if row.replayed else ""
    attempts = f"{row.attempts} attempt{'' if row.attempts == 1 else 's'}"
    click.echo(f"{row.platform}, {row.state}{reason} ({attempts}{again})", err=True)
    for line in row.body.decode("utf-8", "replace").split("\n"):
        click.echo(visible(line))


@deliveries.command("replay")
@click.argument("number", type=_NUMBER)
def replay_delivery(number: int) -> None:
    """Take one delivery in again, in full.

    It does not matter that all of it was told before; what has not changed stays as it is.

    Example: trellis deliveries replay 42
    """
    from connector.store import inbox

    with stored() as store, store.engine.begin() as conn:
        again = inbox.replay_delivery(conn, number)
    if not again:
        raise click.ClickException(f"there is no ended delivery {number} whose body is still kept")
    click.echo("It waits for the worker, or for the next `trellis sync`.")


@click.group()
def failures() -> None:
    """What could not be read, scored or written, and why.

    Example: trellis failures list
    """


@failures.command("list")
@click.option("--limit", type=_LIMIT, default=50, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_failures(*, limit: int, as_json: bool) -> None:
    """List what is still open, the latest first.

    Example: trellis failures list
    """
    from connector.store import failures as kept

    with stored() as store, store.engine.connect() as conn:
        rows = kept.list_failures(conn, limit=limit)
    if as_json:
        click.echo(json.dumps([_failure_data(row) for row in rows]))
        return
    for row in rows:
        about = visible(f"{row.source}:{row.platform_id}")
        click.echo(f"{row.id:>8}  {row.step:<6}  {about}  x{row.times}  {visible(row.reason)}")
    if not rows:
        click.echo("None.")


@failures.command("show")
@click.argument("number", type=_NUMBER)
def show_failure(number: int) -> None:
    """Show one failure in full.

    Example: trellis failures show 7
    """
    from connector.store import failures as kept

    with stored() as store, store.engine.connect() as conn:
        row = kept.show_failure(conn, number)
    if row is None:
        raise click.ClickException(f"there is no failure {number}: see `trellis failures list`")
    click.echo(visible(f"{row.step} {row.source}:{row.platform_id}: {row.reason}"))
    click.echo(f"first {row.first_at:%Y-%m-%d %H:%M}, last {row.last_at:%Y-%m-%d %H:%M} UTC, {row.times} times")
    if row.contact is not None:
        click.echo(f"contact #{row.contact}: trellis explain '#{row.contact}'")
    click.echo(f"resolved {row.resolved_at:%Y-%m-%d %H:%M} UTC" if row.resolved_at else "open")


@failures.command("replay")
@click.argument("number", type=_NUMBER)
def replay_failure(number: int) -> None:
    """Try one failed row again.

    Who could not be read is read at once; anything else is tried with the next pass.

    Example: trellis failures replay 7
    """
    from connector.steps.parts import now_utc
    from connector.store import failures as kept
    from connector.store.engine import writer_lock

    with stored() as store:
        with store.engine.connect() as conn:
            row = kept.show_failure(conn, number)
        if row is None or row.resolved_at is not None:
            raise click.ClickException(f"there is no open failure {number}: see `trellis failures list`")
        if row.names_a_record_to_read:
            click.echo(_read_again(store, row))
            return
        with store.engine.begin() as conn:
            writer_lock(conn)
            kept.replay_failure(conn, number, now_utc())
    click.echo("It is tried again with the next `trellis sync`.")


def _read_again(store: Store, row: Failure) -> str:
    """Polls tell of changes only: without one, nobody else would read this record. Its failure stands until it was read."""
    from connector.assembly import active_parts, settings
    from connector.steps.parts import HUBSPOT
    from connector.steps.reading.intake import read_by_ids

    parts = active_parts(settings(), store)
    port = None if parts is None else parts.hubspot if row.source == HUBSPOT else parts.mailchimp.get(row.source)
    if parts is None or port is None:
        raise click.ClickException(f"{row.source} is off, so nobody can be read there")
    tally = read_by_ids(parts, row.source, port, [row.platform_id])
    if tally["unreadable"]:
        raise click.ClickException(f"it cannot be read yet: see `trellis failures show {row.id}`")
    return "It was read again."


def _delivery_data(row: Delivery) -> Mapping[str, object]:
    return {
        "id": row.id,
        "platform": row.platform,
        "state": str(row.state),
        "reason": row.reason,
        "received_at": row.received_at.isoformat(),
    }


def _failure_data(row: Failure) -> Mapping[str, object]:
    return {
        "id": row.id,
        "step": row.step,
        "source": row.source,
        "platform_id": row.platform_id,
        "contact": row.contact,
        "reason": row.reason,
        "times": row.times,
        "last_at": row.last_at.isoformat(),
    }
