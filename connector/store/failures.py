"""What could not be read, scored or written, and why (promise 8): rows that a person can list and replay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, text, update

from connector.store.position import mark_changed
from connector.store.schema import failure
from connector.store.texts import storable
from connector.store.tombstones import buried_ids


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong for one record or contact in one step, however often it did. Open until resolved."""

    id: int
    step: str
    source: str
    platform_id: str
    contact: int | None
    reason: str
    first_at: datetime
    last_at: datetime
    times: int
    resolved_at: datetime | None

    @property
    def names_a_record_to_read(self) -> bool:
        """Whether it was a record that could not be read, rather than a stream (``deals``, ``form 12``), or another step."""
        return self.step == "read" and " " not in self.platform_id and any(one.isdigit() for one in self.platform_id)


@dataclass(frozen=True, slots=True)
class Failing:
    """What went wrong for one record, as a step tells it."""

    platform_id: str
    contact: int | None
    reason: str


_RECORD = text(
    "INSERT INTO failure (step, source, platform_id, contact, reason, first_at, last_at, times)"
    " SELECT :step, :source, platform_id, contact, reason, :at, :at, 1"
    " FROM unnest(CAST(:platform_ids AS text[]), CAST(:contacts AS bigint[]), CAST(:reasons AS text[]))"
    "  AS told (platform_id, contact, reason)"
    " ON CONFLICT (step, source, platform_id, coalesce(contact, 0)) WHERE resolved_at IS NULL"
    " DO UPDATE SET reason = excluded.reason, last_at = excluded.last_at, times = failure.times + 1"
)


def record_failure(
    conn: Connection, *, step: str, source: str, platform_id: str, contact: int | None, reason: str, at: datetime
) -> None:
    """Note a failure; the same one again counts up and keeps the newest reason. `reason` must name no person."""
    record_failures(conn, [Failing(platform_id, contact, reason)], step=step, source=source, at=at)


def record_failures(conn: Connection, rows: Sequence[Failing], *, step: str, source: str, at: datetime) -> None:
    """The same of many records, each of them told once. Of who was erased meanwhile, nothing is noted."""
    erased = buried_ids(conn, source, [row.platform_id for row in rows])
    rows = [row for row in rows if row.platform_id not in erased]
    if rows:
        conn.execute(
            _RECORD,
            {
                "step": step,
                "source": source,
                "at": at,
                "platform_ids": [storable(row.platform_id) for row in rows],
                "contacts": [row.contact for row in rows],
                "reasons": [storable(row.reason) for row in rows],
            },
        )


def resolve_failures(conn: Connection, *, step: str, source: str, platform_ids: Collection[str], at: datetime) -> int:
    """Close what was open for these records in this step, since it went well; returns how many."""
    return conn.execute(
        update(failure)
        .where(
            failure.c.step == step,
            failure.c.source == source,
            failure.c.platform_id == func.any(list(platform_ids)),
            failure.c.resolved_at.is_(None),
        )
        .values(resolved_at=at)
    ).rowcount


def list_failures(
    conn: Connection, *, step: str | None = None, everything: bool = False, limit: int = 100
) -> Sequence[Failure]:
    """Open failures (or `everything`), the latest first. Read-only."""
    query = select(failure).order_by(failure.c.last_at.desc(), failure.c.id.desc()).limit(limit)
    if step is not None:
        query = query.where(failure.c.step == step)
    if not everything:
        query = query.where(failure.c.resolved_at.is_(None))
    return [Failure(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001 -- SQLAlchemy's public name


def open_streams(conn: Connection, step: str) -> Sequence[Failure]:
    """Open failures of whole streams (``deals``, ``form 12``) in a step, rather than of records. Read-only."""
    stream = or_(failure.c.platform_id.contains(" "), ~failure.c.platform_id.regexp_match("[0-9]"))
    open_ones = (failure.c.step == step, failure.c.contact.is_(None), failure.c.resolved_at.is_(None))
    rows = conn.execute(select(failure).where(*open_ones, stream))
    return [Failure(**row._mapping) for row in rows]  # noqa: SLF001


def show_failure(conn: Connection, number: int) -> Failure | None:
    """One failure by its id. Read-only."""
    row = conn.execute(select(failure).where(failure.c.id == number)).one_or_none()
    return None if row is None else Failure(**row._mapping)  # noqa: SLF001


def replay_failure(conn: Connection, number: int, at: datetime) -> Failure | None:
    """Close an open failure and mark its contact for a new judgement; the caller reads the record again.

    None if there is no such failure, or it is closed already. The caller holds the writer lock.
    """
    row = conn.execute(
        update(failure)
        .where(failure.c.id == number, failure.c.resolved_at.is_(None))
        .values(resolved_at=at)
        .returning(failure)
    ).one_or_none()
    if row is None:
        return None
    if row.contact is not None:
        mark_changed(conn, [row.contact])
    return Failure(**row._mapping)  # noqa: SLF001


def open_among(conn: Connection, platform_ids: Collection[str], *, step: str, source: str) -> set[str]:
    """Those of these records for whom something is open in this step. Read-only."""
    query = select(failure.c.platform_id).where(
        failure.c.step == step,
        failure.c.source == source,
        failure.c.platform_id == func.any(sorted(platform_ids)),
        failure.c.resolved_at.is_(None),
    )
    return set(conn.scalars(query))


def count_open(conn: Connection) -> int:
    """How many failures are open. Read-only."""
    return conn.execute(select(func.count()).where(failure.c.resolved_at.is_(None))).scalar_one()


def contacts_failing(conn: Connection, step: str, source: str) -> tuple[int, ...]:
    """The contacts of open failures of one step on one source. Read-only."""
    open_ones = select(failure.c.contact).where(
        failure.c.step == step,
        failure.c.source == source,
        failure.c.resolved_at.is_(None),
        failure.c.contact.is_not(None),
    )
    return tuple(conn.scalars(open_ones.distinct()))


def resolve_without_wish(conn: Connection, step: str, source: str, contacts: Sequence[int], at: datetime) -> None:
    """Close the open failures of contacts of whom nothing is wanted any more in this step on this source."""
    conn.execute(
        update(failure)
        .where(
            failure.c.step == step,
            failure.c.source == source,
            failure.c.resolved_at.is_(None),
            failure.c.contact == func.any(list(contacts)),
        )
        .values(resolved_at=at)
    )
