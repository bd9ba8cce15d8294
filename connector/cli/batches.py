"""Batches of people that wait for a person's word as a whole, each under a name: `opening:<track>`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Batch:
    """So many people who wait under one name, and what they wait for."""

    kind: str
    about: str
    people: int
    why: str

    @property
    def name(self) -> str:
        """What `approve` and `discard` call it."""
        return f"{self.kind}:{self.about}"


def is_batch(which: str) -> bool:
    """Tell whether this is written like the name of a batch."""
    kind, colon, about = which.partition(":")
    return kind == OPENING and bool(colon and about)


def waiting(conn: Connection) -> Sequence[Batch]:
    """The batches that wait. Read-only."""
    from connector.store.opening import openings

    return [Batch(OPENING, one.track, one.people, "matched when Trellis began") for one in openings(conn)]


def approve_batch(conn: Connection, which: str, most: int | None) -> None:
    """Let a batch go, or the best `most` of it; say how many that are. Raises ClickException where nobody waits."""
    from connector.store.opening import approve_opening

    batch = _the_one(conn, which)
    done = approve_opening(conn, batch.about, most)
    click.echo(f"{done:,} of {batch.people:,} approved; the next `trellis sync` judges them anew, within the guard.")


def discard_batch(conn: Connection, which: str) -> None:
    """Ask about a batch no more. Raises ClickException where nobody waits."""
    from connector.store.opening import discard_opening

    done = discard_opening(conn, _the_one(conn, which).about)
    click.echo(f"{done:,} discarded: who of them leaves the track and matches it again may enter as before.")


def _the_one(conn: Connection, which: str) -> Batch:
    for batch in waiting(conn):
        if batch.name == which:
            return batch
    raise click.ClickException(f"nobody waits under {which}: see `trellis holds`")
