"""Commands that decide: apply the files, approve or discard what is held."""

from __future__ import annotations

import json

import click

from connector.cli.exits import Exit
from connector.cli.session import activate, stored


@click.command()
def apply() -> None:
    """Make the files of mappings/ the active rulebook. The next pass judges everybody by it, within the guard.

    Example: trellis apply
    """
    from connector.assembly import active_rulebook, settings
    from connector.rulebook.read import read_rulebook

    files = read_rulebook(settings().mappings_dir)
    with stored() as store:
        active = active_rulebook(store)
        if active is not None and active.hash == files.hash:
            click.echo("The files are the active rulebook already.")
            return
        activate(store, files)
    click.echo(f"Active: rulebook {files.hash[:12]}. The next `trellis sync` judges everybody by it.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def holds(*, as_json: bool) -> None:
    """List what waits for a person: moves and enrollments beyond the guard. Exit code 3 when there is something.

    Example: trellis holds
    """
    from connector.store import outbox

    with stored() as store, store.engine.connect() as conn:
        held = outbox.list_held(conn)
    if as_json:
        click.echo(
            json.dumps(
                [
                    {"id": one.id, "kind": one.kind, "contact": one.contact, "track": one.track, "reason": one.reason}
                    for one in held
                ]
            )
        )
    else:
        for one in held:
            click.echo(f"{one.id:>8}  {one.kind:<8}  contact {one.contact}  {one.track or ''}  {one.reason}")
        click.echo(
            f"{len(held)} held." + (" `trellis approve ID` or `trellis approve all` lets them go." if held else "")
        )
    raise click.exceptions.Exit(Exit.HELD if held else Exit.DONE)


@click.command()
@click.argument("which")
def approve(which: str) -> None:
    """Let a held intent go; it is judged anew, and lives 24 hours from now. WHICH is an id, or `all`.

    Example: trellis approve all
    """
    _end(which, approved=True)


@click.command()
@click.argument("which")
def discard(which: str) -> None:
    """Drop a held intent for good. WHICH is an id, or `all`.

    Example: trellis discard 17
    """
    _end(which, approved=False)


def _end(which: str, *, approved: bool) -> None:
    from connector.steps.parts import now_utc
    from connector.store import outbox

    if which != "all" and not which.isdigit():
        raise click.UsageError("WHICH is the id of a held intent (see `trellis holds`), or `all`")
    with stored() as store, store.engine.begin() as conn:
        ids = [one.id for one in outbox.list_held(conn)] if which == "all" else [int(which)]
        done = sum(
            bool(outbox.approve(conn, one, now_utc()) if approved else outbox.discard(conn, one, now_utc()))
            for one in ids
        )
    if not done and which != "all":
        raise click.ClickException(f"nothing is held under {which}")
    click.echo(f"{done} {'approved; the next `trellis sync` delivers' if approved else 'discarded'}.")
