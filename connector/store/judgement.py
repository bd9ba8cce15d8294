"""Keeping what a judgement came to: verdict, step, track memory and intents, in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.store.deciding import Entering, HandingOver, Leaving, replace_intents
from connector.store.people import TrackMemory
from connector.store.schema import flip as flip_table
from connector.store.schema import track_state, verdict

__all__ = ["Entering", "Flip", "HandingOver", "Judgement", "Leaving", "Move", "flips_of", "save_judgements"]


@dataclass(frozen=True, slots=True)
class Move:
    """A step to another stage; `before` None is the first placement. `cause` is a rule's id or a plain word."""

    before: str | None
    after: str
    cause: str
    rise: bool


@dataclass(frozen=True, slots=True)
class Flip:
    """A kept move, with its day and moment; `baseline` ones are no surprise and are not counted by the guard."""

    before: str | None
    after: str
    cause: str
    rise: bool
    baseline: bool
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that one judgement of one contact came to. `position` and `revision` are those of the `Person` judged.

    `writes` are values by source; `enters` is the whole present wish: an open enrollment that is not repeated in it is
    over. With `hold` (a reason) the intents wait for a person. At the baseline nobody enters, leaves or is handed over.
    """

    contact: int
    position: int
    revision: int
    day: date
    rulebook: str
    model: str
    score: int | None
    exact: int
    stage: str
    since: date
    receipt: Mapping[str, Any] = field(repr=False)
    move: Move | None = None
    tracks: Mapping[str, TrackMemory] = field(default_factory=dict)
    writes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enters: tuple[Entering, ...] = ()
    leaves: tuple[Leaving, ...] = ()
    handover: HandingOver | None = None
    handed_over: bool = False
    baseline: bool = False
    hold: str = ""

    def __post_init__(self) -> None:
        if self.baseline and (self.enters or self.leaves or self.handover):
            raise ValueError("at the baseline nobody is enrolled, taken out or handed over (promise 6)")


def save_judgements(conn: Connection, rows: Sequence[Judgement], at: datetime) -> tuple[int, ...]:
    """Keep judgements of different contacts. Returns the contacts that another judge was faster with: nothing of theirs
    is kept, and whoever is still due is judged again.
    """
    first = _claim_revisions(conn, rows)
    kept = [row for row in rows if row.contact in first]
    if kept:
        _keep_verdicts(conn, kept, at)
        _keep_flips(conn, kept, at)
        _keep_tracks(conn, kept)
        replace_intents(conn, kept, at)
    return tuple(row.contact for row in rows if row.contact not in first)


def flips_of(conn: Connection, contact: int) -> list[Flip]:
    """A contact's moves, oldest first. Read-only."""
    columns = [flip_table.c[name] for name in Flip.__dataclass_fields__]
    query = select(*columns).where(flip_table.c.contact == contact).order_by(flip_table.c.id)
    return [Flip(*row) for row in conn.execute(query)]


def moves_since(conn: Connection, now: datetime, period: timedelta = timedelta(hours=24)) -> int:
    """How many moves were decided in the sliding period, the baseline's apart. Read-only."""
    query = select(func.count()).where(flip_table.c.at > now - period, flip_table.c.baseline.is_(False))
    return conn.execute(query).scalar_one()


_CLAIM = text(
    "UPDATE contact SET judged = told.position, revision = contact.revision + 1,"
    " judged_day = told.day, judged_rulebook = told.rulebook"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:positions AS bigint[]), CAST(:revisions AS integer[]),"
    "  CAST(:days AS date[]), CAST(:rulebooks AS text[])) AS told (id, position, revision, day, rulebook)"
    " WHERE contact.id = told.id AND contact.revision = told.revision RETURNING contact.id"
)


def _claim_revisions(conn: Connection, rows: Sequence[Judgement]) -> set[int]:
    told = {
        "ids": [row.contact for row in rows],
        "positions": [row.position for row in rows],
        "revisions": [row.revision for row in rows],
        "days": [row.day for row in rows],
        "rulebooks": [row.rulebook for row in rows],
    }
    return set(conn.scalars(_CLAIM, told))


def _keep_verdicts(conn: Connection, rows: Sequence[Judgement], at: datetime) -> None:
    names = ("contact", "model", "score", "exact", "stage", "since", "day", "rulebook", "position", "handed_over")
    values = [
        {**{name: getattr(row, name) for name in names}, "receipt": row.receipt, "written_at": at} for row in rows
    ]
    statement = upsert(verdict)
    replacing = {name: statement.excluded[name] for name in values[0] if name != "contact"}
    conn.execute(statement.on_conflict_do_update(index_elements=["contact"], set_=replacing), values)


def _keep_flips(conn: Connection, rows: Sequence[Judgement], at: datetime) -> None:
    moved = [
        {
            "contact": row.contact,
            "before": row.move.before,
            "after": row.move.after,
            "cause": row.move.cause,
            "rise": row.move.rise,
            "baseline": row.baseline,
            "day": row.day,
            "at": at,
        }
        for row in rows
        if row.move is not None
    ]
    if moved:
        conn.execute(insert(flip_table), moved)


def _keep_tracks(conn: Connection, rows: Sequence[Judgement]) -> None:
    """Exactly the tracks told: what a rulebook no longer names is not remembered."""
    told = [(row.contact, one) for row in rows for one in row.tracks.values()]
    conn.execute(
        text(
            "DELETE FROM track_state WHERE contact = ANY(:ids) AND (contact, track) NOT IN"
            " (SELECT * FROM unnest(CAST(:contacts AS bigint[]), CAST(:tracks AS text[])))"
        ),
        {
            "ids": [row.contact for row in rows],
            "contacts": [contact for contact, _ in told],
            "tracks": [one.track for _, one in told],
        },
    )
    values = [
        {
            "contact": contact,
            "track": one.track,
            "matched": one.matched,
            "matched_since": one.matched_since,
            "at_baseline": one.at_baseline,
        }
        for contact, one in told
    ]
    if values:
        statement = upsert(track_state)
        replacing = {name: statement.excluded[name] for name in ("matched", "matched_since", "at_baseline")}
        conn.execute(statement.on_conflict_do_update(index_elements=["contact", "track"], set_=replacing), values)
