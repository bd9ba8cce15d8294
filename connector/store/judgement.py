"""Keeping what a judgement came to: verdict, step, track memory and intents, in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.store.deciding import replace_intents
from connector.store.decision import Entering, HandingOver, Judgement, Leaving, Move
from connector.store.dictionary import word_ids
from connector.store.membership import keep_memberships
from connector.store.releases import newest
from connector.store.schema import flip as flip_table
from connector.store.schema import track_state
from connector.store.state import rulebook_id
from connector.store.stood import keep_standings

__all__ = ["Entering", "Flip", "HandingOver", "Judgement", "Leaving", "Move", "flips_of", "save_judgements"]


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


def save_judgements(conn: Connection, rows: Sequence[Judgement], at: datetime) -> tuple[int, ...]:
    """Keep judgements of different contacts. Returns the contacts that another judge was faster with: nothing of theirs
    is kept, and whoever is still due is judged again. Raises ValueError for a rulebook that was never activated.
    """
    present = newest(conn)
    if present is not None and present.can_be_undone(at):
        keep_standings(conn, present.id, rows, at)
    first = _keep_verdicts(conn, rows, at)
    kept = [row for row in rows if row.contact in first]
    if kept:
        _keep_flips(conn, kept, at)
        _keep_tracks(conn, kept)
        _keep_belonging(conn, kept)
        replace_intents(conn, kept, at)
    return tuple(row.contact for row in rows if row.contact not in first)


def flips_of(conn: Connection, contact: int) -> list[Flip]:
    """A contact's moves, oldest first. Read-only."""
    columns = [flip_table.c[name] for name in Flip.__dataclass_fields__]
    query = select(*columns).where(flip_table.c.contact == contact).order_by(flip_table.c.id)
    return [Flip(*row) for row in conn.execute(query)]


# The rows told stand under `told`; a verdict that was not there when she was loaded must not be there now either.
_KEEP = text(
    "INSERT INTO verdict (contact, judged, digest, written_at, exact, rulebook, day, since, due, revision, score,"
    "  model, stage, persona, phase, handed_over, receipt)"
    " SELECT told.contact, judged, digest, :at, exact, rulebook, day, since, due, revision + 1, score,"
    "  model, stage, persona, phase, handed_over, receipt"
    " FROM unnest(CAST(:contact AS bigint[]), CAST(:judged AS bigint[]), CAST(:digest AS bigint[]),"
    "  CAST(:exact AS integer[]), CAST(:rulebook AS integer[]), CAST(:day AS date[]), CAST(:since AS date[]),"
    "  CAST(:due AS date[]), CAST(:revision AS integer[]), CAST(:score AS smallint[]), CAST(:model AS smallint[]),"
    "  CAST(:stage AS smallint[]), CAST(:persona AS smallint[]), CAST(:phase AS smallint[]),"
    "  CAST(:handed_over AS boolean[]), CAST(:receipt AS bytea[]))"
    " AS told (contact, judged, digest, exact, rulebook, day, since, due, revision, score, model, stage, persona, phase,"
    "  handed_over, receipt)"
    " JOIN contact ON contact.id = told.contact"
    " WHERE revision = 0 OR EXISTS (SELECT FROM verdict AS present WHERE present.contact = told.contact)"
    " FOR KEY SHARE OF contact"
    " ON CONFLICT (contact) DO UPDATE SET judged = excluded.judged, digest = excluded.digest,"
    "  written_at = excluded.written_at, exact = excluded.exact, rulebook = excluded.rulebook, day = excluded.day,"
    "  since = excluded.since, due = excluded.due, revision = excluded.revision, score = excluded.score,"
    "  model = excluded.model, stage = excluded.stage, persona = excluded.persona, phase = excluded.phase,"
    "  handed_over = excluded.handed_over, receipt = excluded.receipt"
    " WHERE verdict.revision = excluded.revision - 1"
    " RETURNING contact"
)


def _keep_verdicts(conn: Connection, rows: Sequence[Judgement], at: datetime) -> set[int]:
    """Write the verdicts of those with whom nobody was faster; returns who they are."""
    if not rows:
        return set()
    words = word_ids(conn, {word or "" for row in rows for word in (row.model, row.stage, row.persona, row.phase)})
    rulebooks = {one: rulebook_id(conn, one) for one in {row.rulebook for row in rows}}
    if unknown := [one for one, number in rulebooks.items() if number is None]:
        raise ValueError(f"rulebook {unknown[0]} was never activated")
    told = {
        "contact": [row.contact for row in rows],
        "judged": [row.position for row in rows],
        "digest": [row.digest for row in rows],
        "exact": [row.exact for row in rows],
        "rulebook": [rulebooks[row.rulebook] for row in rows],
        "day": [row.day for row in rows],
        "since": [row.since for row in rows],
        "due": [row.due for row in rows],
        "revision": [row.revision for row in rows],
        "score": [row.score for row in rows],
        "model": [words[row.model] for row in rows],
        "stage": [words[row.stage] for row in rows],
        "persona": [words[row.persona or ""] for row in rows],
        "phase": [words[row.phase or ""] for row in rows],
        "handed_over": [row.handed_over for row in rows],
        "receipt": [row.receipt for row in rows],
    }
    return set(conn.scalars(_KEEP, {**told, "at": at}))


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


def _keep_belonging(conn: Connection, rows: Sequence[Judgement]) -> None:
    for baseline in {row.baseline for row in rows}:
        some = [row for row in rows if row.baseline == baseline]
        belong = [(row.contact, one) for row in some for one in row.belongs]
        keep_memberships(conn, {row.contact: row.day for row in some}, belong, baseline=baseline)


def _keep_tracks(conn: Connection, rows: Sequence[Judgement]) -> None:
    """The tracks told; of those that the rulebook no longer names, only who matched at the baseline: they may come back."""
    told = [(row.contact, one) for row in rows for one in row.tracks.values()]
    conn.execute(
        text(
            "DELETE FROM track_state WHERE contact = ANY(:ids) AND NOT (matched AND at_baseline) AND (contact, track) NOT IN"
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
        replacing = {
            **{name: statement.excluded[name] for name in ("matched", "matched_since", "at_baseline")},
            "passed_over": and_(track_state.c.passed_over, statement.excluded.at_baseline),
        }
        conn.execute(statement.on_conflict_do_update(index_elements=["contact", "track"], set_=replacing), values)
