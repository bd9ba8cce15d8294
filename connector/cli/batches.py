"""Batches of people that wait for a person's word as a whole, each under a name: `opening:<track>`, `segment:<segment>`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPENING, SEGMENT = "opening", "segment"
#: Why somebody waits in an opening batch.
_MATCHED = "matched when Trellis began or a change was rolled back"


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

    @property
    def answers(self) -> str:
        """What a person may say of it: a segment is taken out of tracks.yaml, and not discarded."""
        if self.kind == SEGMENT:
            return f"`trellis approve {self.name}` lets them be put there."
        lets = f"`trellis approve {self.name} --most 20` lets the best of a batch in"
        return f"{lets}, `trellis discard {self.name}` asks no more."

    def __str__(self) -> str:
        whom = "person" if self.people == 1 else "people"
        return f"{self.name}  {self.people:,} {whom} {self.why}"


def is_batch(which: str) -> bool:
    """Tell whether this is written like the name of a batch."""
    kind, colon, about = which.partition(":")
    return kind in (OPENING, SEGMENT) and bool(colon and about)


def waiting(conn: Connection) -> Sequence[Batch]:
    """The batches that wait. Read-only."""
    from connector.store.membership import waiting_segments
    from connector.store.opening import openings

    return [
        *(Batch(OPENING, one.track, one.people, _MATCHED) for one in openings(conn)),
        *(Batch(SEGMENT, one.name, one.people, "not put on its list yet") for one in waiting_segments(conn)),
    ]


def approve_batch(conn: Connection, which: str, most: int | None, now: datetime) -> None:
    """Let a batch go, of an opening the best `most`; say how many that are.

    Raises ClickException where nobody waits, UsageError where only all of a batch can go.
    """
    from connector.store.membership import approve_segment
    from connector.store.opening import approve_opening

    batch = _the_one(conn, which)
    if batch.kind == SEGMENT:
        if most is not None:
            raise click.UsageError("--most is for opening batches", click.get_current_context())
        done = approve_segment(conn, batch.about, now)
        click.echo(f"{done:,} approved; the next `trellis sync` puts them on the list.")
        return
    done = approve_opening(conn, batch.about, most)
    click.echo(f"{done:,} of {batch.people:,} approved; the next `trellis sync` judges them anew, within the guard.")


def discard_batch(conn: Connection, which: str) -> None:
    """Ask about an opening batch no more. Raises ClickException where nobody waits, UsageError for a segment."""
    from connector.store.opening import discard_opening

    batch = _the_one(conn, which)
    if batch.kind == SEGMENT:
        cure = "a segment is not discarded: take it out of tracks.yaml, or approve it"
        raise click.UsageError(cure, click.get_current_context())
    done = discard_opening(conn, batch.about)
    click.echo(f"{done:,} discarded: who of them leaves the track and matches it again may enter as before.")


def _the_one(conn: Connection, which: str) -> Batch:
    for batch in waiting(conn):
        if batch.name == which:
            return batch
    raise click.ClickException(f"nobody waits under {which}: see `trellis holds`")
