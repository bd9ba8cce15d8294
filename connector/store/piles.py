"""What waits for a person: deliveries and intents that Trellis will not end by itself, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

#: An enrollment that is unknown is probed for as long as a call may still run at Mailchimp; then nobody will find out.
_PROBED = timedelta(minutes=15)

_PILES = text(
    "SELECT 'deliveries ' || state AS what, platform AS about, count(*) AS items FROM delivery"
    " WHERE state IN ('unknown', 'failed') AND ended_at > clock_timestamp() - interval '1 day' GROUP BY state, platform"
    " UNION ALL SELECT 'intents ' || state, CASE state WHEN 'held' THEN reason ELSE kind END, count(*) FROM intent"
    " WHERE state IN ('held', 'parked', 'unknown') AND (state <> 'unknown' OR sending_at <= :since) GROUP BY 1, 2"
    " ORDER BY 1, 3 DESC, 2"
)


@dataclass(frozen=True, slots=True)
class Pile:
    """`what`: deliveries unknown or failed, within a day; intents held, parked or unknown. `about` is a platform, a kind of
    intent, or why they are held.
    """

    what: str
    about: str
    items: int


def piles(conn: Connection, now: datetime) -> Sequence[Pile]:
    """Everything that waits for a person, by what it is; nothing where there is none. Read-only."""
    return [Pile(row.what, row.about, row.items) for row in conn.execute(_PILES, {"since": now - _PROBED})]
