"""Alerts: what a person is to be told, once while it lasts and once when it is over, until somebody has taken it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Update, select, text, update

from connector.store.schema import alert
from connector.store.texts import storable

#: Nobody wants to hear of it a day later.
_TOLD_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to be told; `over_at` is set when it is over, and that is what is told then."""

    id: int
    kind: str
    about: str
    message: str
    raised_at: datetime
    over_at: datetime | None
    attempts: int


def raise_alert(conn: Connection, kind: str, about: str, message: str, at: datetime, *, tell: bool) -> bool:
    """Open an alert; True if it was not open. Nobody is told of it without `tell`."""
    statement = text(
        "INSERT INTO alert (kind, about, message, raised_at, next_at)"
        " VALUES (:kind, :about, :message, :at, CASE WHEN :tell THEN CAST(:at AS timestamptz) END)"
        " ON CONFLICT (kind, about) WHERE over_at IS NULL DO NOTHING RETURNING id"
    )
    row = {"kind": kind, "about": storable(about), "message": storable(message), "at": at, "tell": tell}
    return conn.execute(statement, row).one_or_none() is not None


def resolve_alerts(
    conn: Connection, kinds: Collection[str], still_open: Collection[tuple[str, str]], at: datetime, *, tell: bool
) -> Sequence[Alert]:
    """Close the open alerts of these kinds but for those (kind, about) that are `still_open`; returns those closed."""
    statement = text(
        "UPDATE alert SET over_at = :at, attempts = 0, next_at = CASE WHEN :tell THEN CAST(:at AS timestamptz) END"
        " WHERE over_at IS NULL AND kind = ANY(:kinds) AND NOT EXISTS (SELECT FROM"
        "  unnest(CAST(:open AS text[]), CAST(:abouts AS text[])) AS still (kind, about)"
        "  WHERE still.kind = alert.kind AND still.about = alert.about)"
        " RETURNING id, kind, about, message, raised_at, over_at, attempts"
    )
    told = {
        "at": at,
        "tell": tell,
        "kinds": sorted(kinds),
        "open": [kind for kind, _ in still_open],
        "abouts": [storable(about) for _, about in still_open],
    }
    return [Alert(**row) for row in conn.execute(statement, told).mappings()]


def open_alerts(conn: Connection) -> Mapping[tuple[str, str], datetime]:
    """Since when each alert that is not over is open, by (kind, about). Read-only."""
    query = select(alert.c.kind, alert.c.about, alert.c.raised_at).where(alert.c.over_at.is_(None))
    return {(row.kind, row.about): row.raised_at for row in conn.execute(query)}


def alerts_to_tell(conn: Connection, now: datetime, limit: int) -> Sequence[Alert]:
    """Alerts whose turn has come, oldest first. Read-only."""
    columns = [alert.c[name] for name in Alert.__dataclass_fields__]
    query = select(*columns).where(alert.c.next_at <= now).order_by(alert.c.next_at, alert.c.id).limit(limit)
    return [Alert(**row) for row in conn.execute(query).mappings()]


def alert_told(conn: Connection, one: Alert) -> None:
    """It has arrived. What has changed since it was looked up is told anew."""
    conn.execute(_unchanged(one).values(next_at=None))


def alert_not_told(conn: Connection, one: Alert, now: datetime, *, again_in: timedelta) -> bool:
    """It has not arrived: another try after a pause; False if it is given up, a day after it happened."""
    next_at = now + again_in
    given_up = next_at > (one.over_at or one.raised_at) + _TOLD_WITHIN
    conn.execute(_unchanged(one).values(attempts=alert.c.attempts + 1, next_at=None if given_up else next_at))
    return not given_up


def _unchanged(one: Alert) -> Update:
    return update(alert).where(alert.c.id == one.id, alert.c.over_at.is_not_distinct_from(one.over_at))
