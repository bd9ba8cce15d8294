"""Commands about releases: list them, and take one back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from connector.cli.applied import PATIENCE_S, calls_made, exit_code
from connector.cli.exits import Exit
from connector.cli.session import drawn_progress, say_what_is_off, stored

if TYPE_CHECKING:
    from datetime import datetime

    from connector.assembly import Store
    from connector.change.rollback import RolledBack
    from connector.steps.parts import Parts
    from connector.steps.progress import Progress
    from connector.store.releases import Release
    from connector.store.rolling_back import Begun

_HASH = 12
#: So many are named.
_MOST = 20
_KINDS = {"first": "first", "apply": "applied", "rollback": "rolled back", "earlier": "applied"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def releases(*, as_json: bool) -> None:
    """List the releases, newest first: each decision to make a rulebook the active one, and until when it can be rolled back.

    Example: trellis releases
    """
    from connector.steps.parts import now_utc
    from connector.store import releases as kept

    with stored() as store, store.engine.connect() as conn:
        every = kept.releases(conn)
    if as_json:
        click.echo(json.dumps([_as_data(one, now_utc()) for one in every]))
        return
    for one in every:
        click.echo(_line(one, now_utc()))
    if not every:
        click.echo("There is none yet: the first `trellis sync` makes the files the active rulebook.")


def _number(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """Of a release, as `trellis releases` lists them."""
    if re.fullmatch("[1-9][0-9]{0,8}", value) is None:
        raise click.BadParameter(f'"{value[:40]}" is no number of a release: `trellis releases` lists them')
    return int(value)


@click.command()
@click.argument("release", callback=_number)
@click.option("--dry-run", is_flag=True, help="Say what would be taken back, and take nothing back.")
def rollback(release: int, *, dry_run: bool) -> None:
    """Take back a release and all later ones: the rulebook from before decides again, values that are still ours go back,
    everybody stands as before, and who was enrolled by them alone leaves. Nobody enters by it. Killed, it goes on by itself.

    RELEASE is a number of `trellis releases`. What people have changed since stays. Exit code 3 if something is held.

    Example: trellis rollback 7 --dry-run
    """
    from connector.assembly import settings
    from connector.change.rollback import foresee
    from connector.change.rollback import rollback as take_back

    with drawn_progress() as progress, stored() as store:
        say_what_is_off(settings())
        parts = _from_before(store, release, progress)
        done = foresee(parts, release) if dry_run else take_back(parts, release, patience_s=PATIENCE_S)
    for line in _told(done):
        click.echo(line)
    raise click.exceptions.Exit(Exit.DONE if dry_run else exit_code(done.summary))


def _from_before(store: Store, number: int, progress: Progress) -> Parts:
    """By the rulebook from before a release. Raises CannotUndo."""
    from connector.assembly import kept_rulebook, make_parts, settings
    from connector.change.undoable import target_of
    from connector.steps.parts import now_utc

    with store.engine.connect() as conn:
        target = target_of(conn, number, now_utc())
    rulebook = kept_rulebook(store, target.into.rulebook)
    assert rulebook is not None, "what was active once is kept"
    return make_parts(settings(), store, rulebook, progress=progress)


# ---------------------------------------------------------------- in words


def _line(one: Release, now: datetime) -> str:
    plan = one.plan or {}
    moves, enters = (sum(plan.get(name, {}).values()) for name in ("moves", "enters"))
    what = _KINDS[one.kind] if one.undoes is None else f"takes back {one.undoes}"
    foreseen = f"planned: {moves:,} to move, {enters:,} to enter" if plan else ""
    until = f"can be rolled back until {one.until:%Y-%m-%d}" if one.until and one.can_be_undone(now) else ""
    left = "" if one.done_at else "goes on"
    told = "; ".join(filter(None, (foreseen, until, left)))
    return f"{one.id:>6}  {one.at:%Y-%m-%d %H:%M} UTC  {one.rulebook[:_HASH]}  {what:<14}  {told}".rstrip()


def _as_data(one: Release, now: datetime) -> Mapping[str, object]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "kind": one.kind,
        "rulebook": one.rulebook,
        "undoes": one.undoes,
        "plan": one.plan,
        "until": one.until.isoformat() if one.until and one.can_be_undone(now) else None,
        "done_at": one.done_at.isoformat() if one.done_at else None,
    }


def _told(done: RolledBack) -> Iterator[str]:
    values, behind = Counter(done.values), done.left_behind
    undone = ", ".join(str(one.id) for one in done.target.undone)
    decides = f"Rulebook {done.target.into.rulebook[:_HASH]} decides again"
    if done.release is None:
        yield f"{decides}, and release {undone} is taken back, if you say so. It would come to this:"
    else:
        yield f"{decides}: release {undone} was taken back by release {done.release}."
    yield f"Values put back: {values['put back']:,}; {values['as before']:,} stand as before anyway."
    for ended, why in _STAY.items():
        if values[ended]:
            yield f"  {values[ended]:,} {why}"
    yield f"Stand as before: {done.moved:,}. Taken out of tracks: {len(done.taken_out):,}{_named(done.taken_out)}."
    if done.withdrawn:
        yield f"Withdrawn before it was done: {done.withdrawn:,} that waited to enter or to be handed over, or were held."
    if done.mailed_on:
        yield f"Whose mails may go on, for leaving ends none there: {len(done.mailed_on):,}{_named(done.mailed_on)}."
    yield from (text.format(count) for count, text in _left(done, behind.tasks, behind.notes) if count)
    if done.release is None:
        yield f"Calls: at least {calls_made(done.foreseen, {})}; made to look: {calls_made(done.calls, {})}."
    else:
        yield f"Calls: {calls_made(done.calls, {})}."
    if done.release is None:
        yield "Nothing was changed."
        return
    if not done.done:
        yield "Not all of it is done: `trellis serve`, or `trellis rollback` again, goes on."
    yield "The files in mappings/ were not touched: correct them before the next `trellis apply`."


_STAY = {
    "changed since": "stay, for somebody has changed them since.",
    "kept": "stay, for sales has those contacts, or the rulebook from before would have handed them over, too.",
    "out of reach": "stay, for the rulebook from before knows no such audience.",
    "gone": "are of records that are gone.",
    "refused": "were refused: trellis failures list",
    "": "wait for their platform.",
    "putting": "wait for their platform.",
}


def _left(done: RolledBack, tasks: int, notes: int) -> Sequence[tuple[int, str]]:
    behind = done.left_behind
    return (
        (tasks, "Tasks that stay in HubSpot: {:,}."),
        (notes, "Notes that stay in HubSpot: {:,}."),
        (done.target.created, "Things created for it that stay on the platforms: {:,}."),
        (behind.stay_out, "Taken out of tracks by what is taken back, and not let in again by it: {:,}."),
        (behind.unsure, "Of whom nobody can tell whether they were enrolled: {:,}; look yourself: trellis holds"),
    )


def _named(some: Sequence[Begun]) -> str:
    if not some:
        return ""
    named = ", ".join(f"#{one.contact} ({one.track})" for one in some[:_MOST])
    return f": {named}{', …' if len(some) > _MOST else ''}"
