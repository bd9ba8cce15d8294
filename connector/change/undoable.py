"""Which release can be rolled back, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.store import releases
from connector.store.releases import KEPT, Kind, Release

_LIST = "`trellis releases` lists them"


class CannotUndo(Exception):
    """A release cannot be rolled back; one line that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """What rolling back a release means: it (`first`) and all later ones are taken back, and `into` decides again.

    `undone` are all that are taken back, oldest first. `under_way`: the number of the rollback that has begun already.
    """

    first: Release
    into: Release
    undone: tuple[Release, ...]
    under_way: int | None

    @property
    def rulebooks(self) -> tuple[str, ...]:
        """The hashes of all rulebooks that are concerned."""
        return (self.into.rulebook, *(one.rulebook for one in self.undone))

    @property
    def created(self) -> int:
        """How many things were created on the platforms for what is taken back; they stay."""
        return sum(len((one.plan or {}).get("creates", ())) for one in self.undone)


def target_of(conn: Connection, number: int, now: datetime) -> Target:
    """What rolling back release `number` means. Raises CannotUndo. Read-only."""
    every = releases.releases(conn)
    first = next((one for one in every if one.id == number), None)
    into = next((one for one in every if one.id < number), None)
    if first is None:
        raise CannotUndo(f"there is no release {number}: {_LIST}")
    if into is None or first.kind is Kind.FIRST:
        raise CannotUndo(f"release {number} cannot be rolled back: before it, nobody had been judged by any rulebook")
    if first.kind is Kind.EARLIER:
        raise CannotUndo(
            f"release {number} cannot be rolled back: the Trellis that made it did not keep what it changed"
        )
    if not first.can_be_undone(now):
        raise CannotUndo(
            f"release {number} of {first.at:%Y-%m-%d} can no longer be rolled back: what a release changed is kept for"
            f" {KEPT.days} days"
        )
    newest = every[0]
    if newest.undoes == number and newest.done_at is not None:
        raise CannotUndo(f"release {number} was rolled back already, by release {newest.id}")
    rolling = newest if newest.kind is Kind.ROLLBACK and newest.done_at is None else None
    if rolling is not None and rolling.undoes != number:
        raise CannotUndo(
            f"release {rolling.undoes} is being rolled back: let `trellis rollback {rolling.undoes}` end first"
        )
    undone = tuple(one for one in reversed(every) if one.id >= number and one is not rolling)
    return Target(first, into, undone, None if rolling is None else rolling.id)
