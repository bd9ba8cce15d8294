"""Commands that decide on what is held: list, approve, discard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from connector.cli.batches import Batch, approve_batch, discard_batch, is_batch, waiting
from connector.cli.exits import Exit
from connector.cli.session import stored
from connector.cli.visible import visible

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connector.store.intents import Intent


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def holds(*, as_json: bool) -> None:
    """List what waits for a person: moves and enrollments beyond the guard. Exit code 3 when there is something.

    Before them, what you may let go but need not: the opening batch of each track, of those who matched it already when
    Trellis began.

    Example: trellis holds
    """
    from connector.store import outbox

    with stored() as store, store.engine.connect() as conn:
        held, batches = outbox.list_held(conn), waiting(conn)
    if as_json:
        click.echo(json.dumps([*map(_batch_as_data, batches), *map(_as_data, held)]))
    else:
        for batch in batches:
            click.echo(visible(str(batch)))
        for one in held:
            what = f"{one.kind} {one.track}" if one.track else f"{one.kind} {one.source or ''}".rstrip()
            click.echo(f"{one.id:>8}  {one.state:<6}  contact #{one.contact}  {what}: {visible(one.reason)}")
        click.echo(
            f"{len(held)} held. `trellis approve ID` or `trellis approve all` lets them go, `discard` drops them."
            if held
            else "Nothing is held."
        )
        if batches:
            click.echo(visible(batches[0].answers))
    raise click.exceptions.Exit(Exit.HELD if held else Exit.DONE)


@click.command()
@click.argument("which")
@click.option("--most", type=click.IntRange(min=1, max=2**31 - 1), help="Of an opening batch only so many, best first.")
def approve(which: str, *, most: int | None) -> None:
    """Let something held go; it is judged anew, and lives 24 hours from now. WHICH is a number of `holds`, or `all`.

    WHICH may also be an opening batch: those who matched a track already when Trellis began or a change was rolled back.

    Example: trellis approve opening:finance-consideration --most 200
    """
    if is_batch(which):
        from connector.steps.parts import now_utc

        with _deciding() as conn:
            approve_batch(conn, which, most, now_utc())
        return
    if most is not None:
        raise click.UsageError("--most is for opening batches", click.get_current_context())
    _end(which, approved=True)


@click.command()
@click.argument("which")
def discard(which: str) -> None:
    """Drop something held for good. WHICH is a number of `trellis holds`, or `all`; or an opening batch, to be asked no more.

    Example: trellis discard 17
    """
    if is_batch(which):
        with _deciding() as conn:
            discard_batch(conn, which)
        return
    _end(which, approved=False)


@contextmanager
def _deciding() -> Iterator[Connection]:
    from connector.store.engine import writer_lock

    with stored() as store, store.engine.begin() as conn:
        writer_lock(conn)
        yield conn


def _end(which: str, *, approved: bool) -> None:
    from connector.steps.parts import now_utc
    from connector.store import outbox

    if which != "all" and not which.isdecimal():
        raise click.UsageError("WHICH is a number or a name of `trellis holds`, or `all`", click.get_current_context())
    with _deciding() as conn:
        wanted = [one for one in outbox.list_held(conn) if which in ("all", str(one.id))]
        end = outbox.approve if approved else outbox.discard
        done = [one for one in wanted if end(conn, one.id, now_utc())]
    if which != "all" and not wanted:
        raise click.ClickException(f"nothing is held under {which}: see `trellis holds`")
    if which != "all" and not done:
        raise click.ClickException(f"{which} may have been sent already, so it cannot be sent again: discard it")
    click.echo(f"{len(done)} {'approved; the next `trellis sync` delivers' if approved else 'discarded'}.")
    if left := len(wanted) - len(done):
        click.echo(f"{left} may have been sent already and stay: discard them.", err=True)


def _batch_as_data(one: Batch) -> dict[str, object]:
    return {
        "id": one.name,
        "state": "waiting",
        "kind": one.kind,
        "track": one.about,
        "people": one.people,
        "reason": one.why,
    }


def _as_data(one: Intent) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state,
        "kind": one.kind,
        "contact": one.contact,
        "source": one.source,
        "track": one.track,
        "reason": one.reason,
    }
