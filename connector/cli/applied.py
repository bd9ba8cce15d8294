"""The command that makes the files, or a plan of them, the active rulebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.exits import Exit, explain_failures
from connector.cli.session import activate, drawn_progress, newly_read, session

if TYPE_CHECKING:
    from connector.change.apply import Applied
    from connector.change.plan.plan import Plan
    from connector.cli.session import Session
    from connector.steps.round import Summary

#: A pass of the worker is soon over; a person waits for it rather than try again.
PATIENCE_S = 120
_NAMES = {"hubspot": "HubSpot", "mailchimp": "Mailchimp"}
_TOLD = (
    "enrolled",
    "not enrolled",
    "left",
    "handed over",
    "waiting to enter",
    "held",
    "refused",
    "enrollment unknown",
    "parked for a person",
)


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(file: Path | None, *, yes: bool) -> None:
    """Make the files of mappings/ the active rulebook, and carry it out: create, judge, deliver, within the guard.

    With FILE, which `trellis plan -o` wrote, exactly that plan; it is refused (exit code 2) where more would happen by now.
    Without, a terminal shows the plan and asks. Killed, it goes on when it is run again. Exit code 3 if something is held.

    Example: trellis apply plan.json
    """
    from connector.change.apply import apply as carry_out
    from connector.change.plan.file import load
    from connector.steps.sync import is_baseline

    wanted = None if file is None else load(file)
    with session() as now:
        if wanted is None and _is_done(now):
            click.echo("The files are the active rulebook already.")
            return
        told = newly_read(now)
        if is_baseline(now.parts(now.files)):
            done = None
            activate(now.store, now.files)
        else:
            agreed = wanted or _asked(now, yes=yes)
            with drawn_progress() as progress:
                done = carry_out(now.parts(now.files, progress), agreed, patience_s=PATIENCE_S)
    if done is None:
        click.echo(f"Active: rulebook {now.files.hash[:12]}. The next `trellis sync` judges everybody by it.")
    else:
        for line in _lines(done, now.files.hash):
            click.echo(line)
    for finding in told:
        click.echo(str(finding))
    if done is not None:
        raise click.exceptions.Exit(exit_code(done.summary))


def _is_done(now: Session) -> bool:
    """Whether the files are active, and nothing of that release is left to do."""
    from connector.store import releases

    if now.active is None or now.changed:
        return False
    with now.store.engine.connect() as conn:
        present = releases.newest(conn)
    return present is not None and present.done_at is not None


def _asked(now: Session, *, yes: bool) -> Plan:
    """The plan of the files as of now; on a terminal somebody has said yes to it."""
    from connector.cli.planned import plan_of, show

    with drawn_progress() as progress:  # ends before anything is asked: bars draw over it
        plan = plan_of(now, progress)
    if not yes and not plan.is_empty and sys.stdin.isatty() and sys.stdout.isatty():
        show(now.store, plan, (now.files, *filter(None, (now.active,))))
        if not click.confirm("Apply it?"):
            click.echo("Nothing was changed.", err=True)
            raise click.exceptions.Exit(Exit.FAILED)
    return plan


def _lines(done: Applied, rulebook: str) -> Iterator[str]:
    yield f"Active: rulebook {rulebook[:12]}, release {done.release}."
    yield from done.created
    tally = done.summary.tally
    yield f"Judged {tally['judged']:,} contacts: {tally['moved']:,} moved to another stage. Wrote {tally['written']:,} records."
    yield from (f"{name.capitalize()}: {tally[name]:,}" for name in _TOLD if tally[name])
    yield f"Calls: {calls_made(done.calls, done.foreseen)}."
    if not done.done:
        yield "Not all of it is done: `trellis serve`, or `trellis apply` again, goes on."
    if tally["held"]:
        yield "Some of it is held for you: trellis holds"


def calls_made(made: Mapping[str, int], foreseen: Mapping[str, int]) -> str:
    """Calls by platform, beside those that a plan has foreseen, if it has any."""
    told = (
        f"{_NAMES.get(name, name)} {made.get(name, 0):,}{f' ({foreseen.get(name, 0):,} foreseen)' if foreseen else ''}"
        for name in sorted({*made, *foreseen})
    )
    return ", ".join(told) or "none"


def exit_code(summary: Summary) -> Exit:
    """Say what platforms failed with; the exit code that this and what is held mean."""
    lines, code = explain_failures(summary.errors)
    for line in lines:
        click.echo(line, err=True)
    return Exit.HELD if not code and summary.tally["held"] else code
