"""Releases: each decision to make a rulebook the active one, how far it has come, and until when it can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, text

from connector.store.schema import flip, intent
from connector.store.schema import release as table

#: For so long what a release changed is kept, so that it can be taken back.
KEPT = timedelta(days=90)


class Kind(StrEnum):
    """How a rulebook came to be the active one."""

    FIRST = "first"  # there was none, or nobody had been judged by one
    APPLY = "apply"
    ROLLBACK = "rollback"
    EARLIER = "earlier"  # made by a Trellis that did not keep what it changed


@dataclass(frozen=True, slots=True)
class Release:
    """One release. `plan` holds counts of what was foreseen (None: nothing was), `undoes` the first release that a rollback
    takes back; `after_intent` and `after_flip` are the newest ones from before it.

    `judged_at`: since then everybody has been judged by it; `done_at`: and all that could be was delivered.
    """

    id: int
    rulebook: str
    at: datetime
    kind: Kind
    undoes: int | None
    plan: Mapping[str, Any] | None
    after_intent: int
    after_flip: int
    judged_at: datetime | None
    done_at: datetime | None

    @property
    def until(self) -> datetime | None:
        """Until when it can be taken back; None: it never could."""
        return self.at + KEPT if self.kind in (Kind.APPLY, Kind.ROLLBACK) else None

    def can_be_undone(self, now: datetime) -> bool:
        """Whether what it changed is kept."""
        return self.until is not None and now < self.until


_COLUMNS = [table.c[name] for name in Release.__dataclass_fields__]
_WHERE = (
    "CASE kind WHEN 'write' THEN source WHEN 'handover' THEN 'hubspot' ELSE"
    " CASE WHEN payload ->> 'key' LIKE 'hubspot:%' THEN 'hubspot'"
    " ELSE 'mailchimp:' || split_part(payload ->> 'key', ':', 2) END END"
)
_LEFT = text(
    "SELECT EXISTS (SELECT FROM intent WHERE state = 'pending' AND kind IN ('write', 'leave', 'handover') AND id > :after"  # noqa: S608
    f" AND {_WHERE} = ANY(:sources))"
)


def releases(conn: Connection) -> Sequence[Release]:
    """All of them, newest first. Read-only."""
    return [_release(row) for row in conn.execute(select(*_COLUMNS).order_by(table.c.id.desc())).mappings()]


def release(conn: Connection, number: int) -> Release | None:
    """The one of this number. Read-only."""
    row = conn.execute(select(*_COLUMNS).where(table.c.id == number)).mappings().one_or_none()
    return None if row is None else _release(row)


def newest(conn: Connection) -> Release | None:
    """The one whose rulebook decides. Read-only."""
    row = conn.execute(select(*_COLUMNS).order_by(table.c.id.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _release(row)


def before(conn: Connection, number: int) -> Release | None:
    """The one before that of this number. Read-only."""
    query = select(*_COLUMNS).where(table.c.id < number).order_by(table.c.id.desc()).limit(1)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _release(row)


def taken_back(conn: Connection, rulebook: str) -> bool:
    """Whether the newest release is a rollback that took this rulebook back: nobody wants it by itself again. Read-only."""
    last = newest(conn)
    if last is None or last.undoes is None:
        return False
    query = select(table.c.id).where(table.c.id >= last.undoes, table.c.id < last.id, table.c.rulebook == rulebook)
    return conn.scalar(query.limit(1)) is not None


def begin(
    conn: Connection,
    rulebook: str,
    kind: Kind,
    at: datetime,
    *,
    plan: Mapping[str, Any] | None = None,
    undoes: int | None = None,
) -> int:
    """Let a kept rulebook decide from now on; returns the number of the release. The first one has nothing to go on with."""
    over = at if kind is Kind.FIRST else None
    row = insert(table).values(
        rulebook=rulebook,
        kind=kind,
        at=at,
        plan=plan,
        undoes=undoes,
        after_intent=select(func.coalesce(func.max(intent.c.id), 0)).scalar_subquery(),
        after_flip=select(func.coalesce(func.max(flip.c.id), 0)).scalar_subquery(),
        judged_at=over,
        done_at=over,
    )
    number: int = conn.execute(row.returning(table.c.id)).scalar_one()
    return number


def note_judged(conn: Connection, number: int, at: datetime) -> None:
    """Note that everybody was judged by it; the first time stands."""
    statement = text("UPDATE release SET judged_at = :at WHERE id = :id AND judged_at IS NULL")
    conn.execute(statement, {"id": number, "at": at})


def note_done(conn: Connection, number: int, at: datetime) -> None:
    """Note that it is over; the first time stands."""
    statement = text("UPDATE release SET done_at = :at WHERE id = :id AND done_at IS NULL")
    conn.execute(statement, {"id": number, "at": at})


def has_work_left(conn: Connection, one: Release, sources: Collection[str]) -> bool:
    """Whether anything decided since it began is still to be delivered to these sources, but for enrollments: they have hours
    and a pace.

    What is held waits for a person, and is no work of ours. Read-only.
    """
    return bool(conn.scalar(_LEFT, {"after": one.after_intent, "sources": list(sources)}))


def _release(row: RowMapping) -> Release:
    one = Release(**row)
    return replace(one, kind=Kind(one.kind))
