"""How many enrollments of everybody together may go out within an hour and a day (`dosing.per_hour`, `dosing.per_day`).

Both windows slide, and are counted in the store when enrollments are claimed: no restart and no second worker begins a new
count. Whoever finds a window full waits for room, and is not held: there is nothing to decide about her.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from connector.store.deciding import LIFE
from connector.store.intents import DISCARDED, IN_SEGMENT

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)

#: Why whoever finds a window full waits.
NO_ROOM = "waits: dosing lets no more enter at the moment"

#: True of an enrollment that has gone out since `:{since}`, or may have, whatever became of it; what a platform refused did
#: not.
SENT = (
    "(sending_at > :{since} AND (state IN ('accepted', 'sending', 'unknown', 'parked')"
    f" OR (state = 'refused' AND reason = '{DISCARDED}')))"
)
#: True of what is claimed right now, or pauses after a failure that was not the first.
CLAIMED = "(state = 'pending' AND attempts > 0 AND lease_until > clock_timestamp())"

#: A window may be full of those who are claimed right now: nobody knows when they end, but it is soon.
_SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many enrollments in each hour and each 24 hours; None: no such limit."""

    per_hour: int | None = None
    per_day: int | None = None

    def values(self, now: datetime) -> Mapping[str, object]:
        """What `ROOM` is asked with."""
        return {"per_hour": self.per_hour, "per_day": self.per_day, "an_hour_ago": now - HOUR, "a_day_ago": now - DAY}


def _used(since: str) -> str:
    sent = SENT.format(since=since)
    return f"SELECT count(*) FROM intent WHERE kind = 'enroll' AND NOT {IN_SEGMENT} AND ({sent} OR {CLAIMED})"  # noqa: S608


#: How many more may go, or NULL for any number.
ROOM = (
    "SELECT CASE WHEN room < 0 THEN 0 ELSE room END FROM (SELECT least("  # noqa: S608
    f"CAST(:per_hour AS bigint) - ({_used('an_hour_ago')}), CAST(:per_day AS bigint) - ({_used('a_day_ago')})"
    ")) AS told (room)"
)


def full_until(conn: Connection, pace: Pace, now: datetime) -> datetime | None:
    """When there is room again for one more, should nothing go out until then; None: there is room. Read-only.

    Never later than a whole window from now, though the clock may have been set back since the last ones went out.
    """
    windows = ((pace.per_hour, HOUR), (pace.per_day, DAY))
    return max((at for cap, window in windows if (at := _full_until(conn, cap, window, now))), default=None)


def _full_until(conn: Connection, cap: int | None, window: timedelta, now: datetime) -> datetime | None:
    if cap is None:
        return None
    told = {"since": now - window, "cap": cap}
    if conn.execute(text(_used("since")), told).scalar_one() < cap:
        return None
    last_of_them = text(
        f"SELECT sending_at FROM intent WHERE kind = 'enroll' AND NOT {IN_SEGMENT} AND {SENT.format(since='since')}"  # noqa: S608
        " ORDER BY sending_at DESC OFFSET :cap - 1 LIMIT 1"
    )
    sent: datetime | None = conn.scalar(last_of_them, told)
    return now + _SOON if sent is None else min(sent, now) + window


def wait_for_room(conn: Connection, due: str, values: Mapping[str, Any], pace: Pace, now: datetime) -> int:
    """Where a window is full, let those who are `due` (a condition, with its `values`) wait until it is not; how many.

    Waiting is none of their doing: their life begins anew then. Their contacts are judged every day meanwhile.
    """
    until = full_until(conn, pace, now)
    if until is None:
        return 0
    waits = text(
        f"UPDATE intent SET not_before = :until, reason = '{NO_ROOM}',"  # noqa: S608
        " expires_at = greatest(expires_at, CAST(:until AS timestamptz) + :life)"
        f" WHERE {due} AND NOT {IN_SEGMENT}"
    )
    return conn.execute(waits, {**values, "until": until, "life": LIFE}).rowcount
