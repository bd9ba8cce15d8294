"""What Trellis remembers of itself: cursors, cached portal facts, the active rulebook, baselines, ticks, secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.releases import Kind, begin
from connector.store.schema import baseline, cursor, portal_cache, release, rulebook, secret, sweep, tick


@dataclass(frozen=True, slots=True)
class ActiveRulebook:
    """The rulebook that decides now, whole, and since when; `release` numbers the decision to make it so."""

    hash: str
    source: Mapping[str, Any] = field(repr=False)
    at: datetime
    release: int


@dataclass(frozen=True, slots=True)
class KeptRulebook:
    """A rulebook that was active once, whole."""

    hash: str
    source: Mapping[str, Any] = field(repr=False)


def get_cursor(conn: Connection, source: str, stream: str) -> str | None:
    """How far `stream` of `source` has been read, in the caller's own words; None: never. Read-only."""
    value: str | None = conn.scalar(select(cursor.c.value).where(cursor.c.source == source, cursor.c.stream == stream))
    return value


def set_cursor(conn: Connection, source: str, stream: str, value: str, at: datetime) -> None:
    """Remember how far `stream` of `source` has been read. Belongs into the transaction that keeps what was read."""
    row = insert(cursor).values(source=source, stream=stream, value=value, at=at)
    conn.execute(row.on_conflict_do_update(index_elements=["source", "stream"], set_={"value": value, "at": at}))


def cursors_read(conn: Connection) -> Mapping[tuple[str, str], datetime]:
    """When each stream was last read to its end, by (source, stream). What holds no moment is none. Read-only."""
    moment = cursor.c.value.regexp_match(r"^\d{4}-\d{2}-\d{2}T[0-9:.+-]+$")
    rows = conn.execute(select(cursor.c.source, cursor.c.stream, cursor.c.at).where(moment))
    return {(row.source, row.stream): row.at for row in rows}


def cached(conn: Connection, key: str, max_age_s: float, now: datetime) -> Any | None:
    """What `put_cached` kept under `key`, unless it is older than `max_age_s` seconds. Read-only."""
    oldest = now - timedelta(seconds=max_age_s)
    return conn.scalar(select(portal_cache.c.value).where(portal_cache.c.key == key, portal_cache.c.at >= oldest))


def put_cached(conn: Connection, key: str, value: Any, at: datetime) -> None:
    """Keep a JSON-able fact of a portal under `key`."""
    row = insert(portal_cache).values(key=key, value=value, at=at)
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value, "at": at}))


def forget_cached(conn: Connection, prefix: str) -> None:
    """Drop what is cached under keys that begin with `prefix`."""
    conn.execute(delete(portal_cache).where(portal_cache.c.key.startswith(prefix, autoescape=True)))


def activate(
    conn: Connection,
    hash_: str,
    source: Mapping[str, Any],
    at: datetime,
    *,
    plan: Mapping[str, Any] | None = None,
) -> int:
    """Make a rulebook the active one and return the number of this release. The same one again changes nothing.

    Another one ends every sweep: whoever kept her verdict through it may be judged otherwise meanwhile. `plan` holds counts
    of what was foreseen.
    """
    present = active(conn)
    if present is not None and present.hash == hash_:
        return present.release
    if rulebook_id(conn, hash_) is None:
        conn.execute(insert(rulebook).values(hash=hash_, source=source, at=at).on_conflict_do_nothing())
    conn.execute(delete(sweep))
    nobody_judged = conn.scalar(select(func.count()).select_from(baseline)) == 0
    return begin(conn, hash_, Kind.FIRST if nobody_judged else Kind.APPLY, at, plan=plan)


def active(conn: Connection) -> ActiveRulebook | None:
    """The active rulebook, or None while none was ever activated. Read-only."""
    row = conn.execute(
        select(rulebook.c.hash, rulebook.c.source, release.c.at, release.c.id)
        .join(release, release.c.rulebook == rulebook.c.hash)
        .order_by(release.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else ActiveRulebook(row.hash, row.source, row.at, row.id)


def kept_rulebook(conn: Connection, beginning: str) -> KeptRulebook | None:
    """The one rulebook, of all that were ever active, whose hash begins so; None if none or several do. Read-only."""
    query = select(rulebook.c.hash, rulebook.c.source).where(rulebook.c.hash.startswith(beginning, autoescape=True))
    found = conn.execute(query.limit(2)).all()
    return KeptRulebook(*found[0]) if len(found) == 1 else None


def rulebook_id(conn: Connection, hash_: str) -> int | None:
    """The number that stands for a rulebook in rows; None if it was never activated. Read-only."""
    number: int | None = conn.scalar(select(rulebook.c.id).where(rulebook.c.hash == hash_))
    return number


def baseline_done(conn: Connection, source: str) -> datetime | None:
    """When the first whole pass over `source` was completed in this store, or None (promise 6). Read-only."""
    at: datetime | None = conn.scalar(select(baseline.c.completed_at).where(baseline.c.source == source))
    return at


def finish_baseline(conn: Connection, source: str, at: datetime) -> None:
    """Remember that the baseline of `source` is complete; the first time counts."""
    conn.execute(insert(baseline).values(source=source, completed_at=at).on_conflict_do_nothing())


def tick_once(conn: Connection, name: str, slot: int) -> bool:
    """True for exactly one caller per name and slot, however many clocks there are."""
    row = insert(tick).values(name=name, slot=slot).on_conflict_do_nothing().returning(tick.c.slot)
    return conn.execute(row).one_or_none() is not None


def prune_ticks(conn: Connection, older_than: timedelta) -> int:
    """Drop ticks that are long over (by database time); returns how many."""
    return conn.execute(delete(tick).where(tick.c.at < func.now() - older_than)).rowcount


def keep_secret(conn: Connection, purpose: str, value: str, at: datetime) -> None:
    """Keep a secret, such as the signing secret of a webhook we made; several may stand side by side (rotation)."""
    conn.execute(insert(secret).values(purpose=purpose, value=value, at=at).on_conflict_do_nothing())


def secrets(conn: Connection, purpose: str) -> tuple[str, ...]:
    """All secrets kept for `purpose`, newest first. Never log them. Read-only."""
    rows = conn.scalars(select(secret.c.value).where(secret.c.purpose == purpose).order_by(secret.c.at.desc()))
    return tuple(rows)
