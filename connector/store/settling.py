"""Acts that a counter tells of, kept apart until the submissions of forms have been read: they are often the same acts.

What a submission explains is dropped, for the submission is the better word: it names the page. The others become acts
as they are: forms that may not be read, lead ads, imports.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, text

from connector.facts import Event
from connector.store.events import add_events
from connector.store.texts import storable

#: The channel of submissions, by which they are told from what counters say.
CHANNEL = "hubspot:forms"
COUNTERS = "hubspot"

#: What stands between form and page in the asset of a submission.
ON_PAGE = " · "

#: So far apart may the counter's date and the submission's own time be.
WITHIN = timedelta(minutes=5)

_PUT = text(
    "INSERT INTO unsettled (contact, kind, key, happened_at, known_at, asset)"
    " SELECT contact, kind, key, happened_at, known_at, asset FROM json_populate_recordset(NULL::unsettled, :acts)"
    " ON CONFLICT DO NOTHING"
)
_BELLS = text(
    "SELECT asset, min(happened_at) AS oldest, bool_or(acts > 1) AS several FROM ("
    " SELECT max(asset) AS asset, happened_at, count(*) AS acts FROM unsettled WHERE happened_at >= :since"
    " GROUP BY contact, kind, happened_at) AS moment GROUP BY asset ORDER BY asset"
)
_TAKE = text(
    "WITH taken AS (DELETE FROM unsettled WHERE (contact, kind, key) IN"
    "  (SELECT contact, kind, key FROM unsettled ORDER BY contact, kind, key LIMIT :most) RETURNING *)"
    " SELECT taken.*, ARRAY (SELECT asset.text FROM event JOIN asset ON asset.id = event.asset"
    "  WHERE event.contact = taken.contact"
    "  AND event.happened_at BETWEEN taken.happened_at - :within AND taken.happened_at + :within"
    "  AND event.kind = (SELECT id FROM word WHERE text = taken.kind)"
    "  AND event.channel = (SELECT id FROM word WHERE text = :channel)) AS submitted"
    " FROM taken ORDER BY taken.contact, taken.happened_at"
)


@dataclass(frozen=True, slots=True)
class Bell:
    """Acts that wait under one asset: since when, and whether several of one person carry one date.

    Then a counter has grown by more than one, and only the last act is known by its name.
    """

    asset: str
    oldest: datetime
    several: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of some acts: how many there were, how many are new in the ledger, and the assets of those."""

    acts: int
    added: int
    assets: frozenset[str]


def put_aside(conn: Connection, acts: Sequence[tuple[int, Event]]) -> None:
    """Keep acts of contacts apart until they are settled; one that waits already stays as it is."""
    rows = [
        {
            "contact": contact,
            "kind": act.kind,
            "key": storable(act.key),
            "happened_at": act.happened_at,
            "known_at": act.known_at,
            "asset": storable(act.asset),
        }
        for contact, act in acts
    ]
    if rows:
        conn.execute(_PUT, {"acts": orjson.dumps(rows).decode()})


def waits(conn: Connection) -> bool:
    """Whether any act waits. Read-only."""
    return bool(conn.scalar(text("SELECT EXISTS (SELECT FROM unsettled)")))


def bells(conn: Connection, since: datetime) -> Sequence[Bell]:
    """What waits and happened at `since` or later, by asset. Read-only."""
    return [Bell(row.asset, row.oldest, row.several) for row in conn.execute(_BELLS, {"since": since})]


def settle(conn: Connection, most: int, forms: Collection[str] = ()) -> Settled:
    """Settle at most so many acts: those with a submission of the same contact and kind at about their time are dropped.

    An act that names one of these `forms` is no other form's submission: of that one nothing has been read. The caller has
    read the submissions, and holds the writer lock.
    """
    rows = conn.execute(_TAKE, {"most": most, "within": WITHIN, "channel": CHANNEL}).all()
    left = [
        (
            row.contact,
            Event(row.kind, row.happened_at, row.known_at, row.key, asset=row.asset, channel=COUNTERS),
        )
        for row in rows
        if not _is_submitted(row.asset, row.submitted, forms)
    ]
    return Settled(len(rows), add_events(conn, left), frozenset(act.asset for _, act in left))


def _is_submitted(asset: str, submitted: Sequence[str], forms: Collection[str]) -> bool:
    named = [form for form in forms if form and form in asset]
    return any(not named or any(one == form or one.startswith(form + ON_PAGE) for form in named) for one in submitted)
