"""Who is to be judged: somebody of whom there is news, another rulebook, or a day on which time alone may tell.

A sweep says that everybody whose newest fact was known by then has been judged by one rulebook, whether her verdict was
written anew or stayed as it was. So one row stands for a million that nobody has to touch, or to look at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema import sweep
from connector.store.state import rulebook_id

# Written into the statement, since a plan for any position at all would read every contact.
_SWEPT: BindParameter[int] = bindparam("swept", literal_execute=True, type_=sweep.c.position.type)
_DAY: BindParameter[date] = bindparam("day", literal_execute=True, type_=sweep.c.day.type)
_NEWS = (
    "SELECT id FROM contact WHERE id > :after AND changed > :swept AND NOT EXISTS (SELECT FROM verdict"
    " WHERE verdict.contact = contact.id AND judged >= changed AND rulebook = :rulebook)"
)
_TIME = "SELECT contact FROM verdict WHERE contact > :after AND due <= :day"
_TO_JUDGE = text(
    f"({_NEWS} ORDER BY id LIMIT :limit) UNION ({_TIME} ORDER BY contact LIMIT :limit) ORDER BY 1 LIMIT :limit"
).bindparams(_SWEPT, _DAY)
_COUNT = text(f"SELECT count(*) FROM ({_NEWS} UNION {_TIME}) AS due").bindparams(_SWEPT, _DAY)  # noqa: S608 -- our own
_UNJUDGED_OF = text(
    "SELECT id FROM contact WHERE id = ANY(:ids) AND changed > :swept AND NOT EXISTS (SELECT FROM verdict"
    " WHERE verdict.contact = contact.id AND judged >= changed AND rulebook = :rulebook)"
).bindparams(_SWEPT)
_AGAIN = text("UPDATE verdict SET due = :day WHERE contact = ANY(:ids) AND (due IS NULL OR due > :day)").bindparams(
    bindparam("day", type_=sweep.c.day.type)
)
_UNJUDGED = text(
    "UPDATE contact SET changed = nextval('ledger_position')"
    " WHERE changed > :swept AND changed <= :position"
    " AND NOT EXISTS (SELECT FROM verdict WHERE verdict.contact = contact.id)"
).bindparams(_SWEPT)

_CONCERNED = text(
    "SELECT contact FROM track_state WHERE matched AND track = ANY(:tracks)"
    " UNION SELECT contact FROM episode WHERE track = ANY(:tracks)"
)


def to_judge(conn: Connection, day: date, rulebook_hash: str, limit: int, after: int = 0) -> list[int]:
    """Contacts with ids above `after` who are due, in the order of their ids.

    Due is who has no verdict; or of whom there is news since, or whose verdict is by another rulebook, unless a sweep by
    this one has known all of it; or whose `due` is not after `day`. Read-only.
    """
    return list(conn.scalars(_TO_JUDGE, {**_asked(conn, day, rulebook_hash), "limit": limit, "after": after}))


def count_to_judge(conn: Connection, day: date, rulebook_hash: str) -> int:
    """How many are due, as `to_judge` would give them. Read-only."""
    number: int = conn.execute(_COUNT, {**_asked(conn, day, rulebook_hash), "after": 0}).scalar_one()
    return number


def unjudged(conn: Connection, contacts: Collection[int], rulebook_hash: str) -> frozenset[int]:
    """Those of these contacts of whom there is news that no judgement by this rulebook has known. Read-only."""
    asked = {"rulebook": rulebook_id(conn, rulebook_hash) or 0, "swept": swept(conn, rulebook_hash)}
    return frozenset(conn.scalars(_UNJUDGED_OF, {**asked, "ids": list(contacts)}))


def swept(conn: Connection, rulebook_hash: str) -> int:
    """Up to which position of the ledger everybody was judged by this rulebook; -1 where no sweep says so. Read-only."""
    number = rulebook_id(conn, rulebook_hash)
    position: int | None = conn.scalar(text("SELECT position FROM sweep WHERE rulebook = :number"), {"number": number})
    return -1 if position is None else position


def look_again(conn: Connection, contacts: Sequence[int], day: date) -> None:
    """Let contacts be judged again on this day at the latest, although nothing new may be told of them by then."""
    conn.execute(_AGAIN, {"ids": list(contacts), "day": day})


def concerned_by(conn: Connection, tracks: Sequence[str]) -> list[int]:
    """Contacts who match one of these tracks, or have ever been on it. Read-only."""
    return list(conn.scalars(_CONCERNED, {"tracks": list(tracks)}))


def keep_sweep(conn: Connection, rulebook_hash: str, position: int, day: date) -> None:
    """Note that everybody whose newest fact stands at `position` or below was judged by this rulebook, on `day`.

    It takes the place of any other rulebook's sweep, and ends when another one is activated. Whoever has no verdict after
    all stays due. Raises ValueError for a rulebook that was never activated. The caller holds the writer lock.
    """
    number = rulebook_id(conn, rulebook_hash)
    if number is None:
        raise ValueError(f"rulebook {rulebook_hash} was never activated")
    conn.execute(_UNJUDGED, {"position": position, "swept": swept(conn, rulebook_hash)})
    conn.execute(delete(sweep).where(sweep.c.rulebook != number))
    row = insert(sweep).values(rulebook=number, position=position, day=day)
    newest = {name: func.greatest(sweep.c[name], row.excluded[name]) for name in ("position", "day")}
    conn.execute(row.on_conflict_do_update(index_elements=["rulebook"], set_=newest))


def _asked(conn: Connection, day: date, rulebook_hash: str) -> dict[str, object]:
    number = rulebook_id(conn, rulebook_hash)
    return {"day": day, "rulebook": number or 0, "swept": swept(conn, rulebook_hash)}
