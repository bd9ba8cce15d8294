"""A rollback in the store: the rulebook from before decides, what waits is withdrawn, and everybody stands as before.

One transaction: whoever dies in it has rolled nothing back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, text
from sqlalchemy.dialects.postgresql import insert

from connector.store import releases, undo
from connector.store.releases import Kind, Release
from connector.store.schema import OPEN_LEAVE, intent, sweep
from connector.store.stood import stand_again
from connector.store.undo import Span

#: Why an intent ends that only a release had asked for.
WITHDRAWN = "rolled back"
_WAITED = "it waited when a release took it back, which was rolled back"
_NOBODY_KNOWS = "rolled back while nobody knew whether she was enrolled: look yourself"


@dataclass(frozen=True, slots=True)
class Begun:
    """An episode that began under the releases, or (`left`) ended under them. `approved`: a person let her enter."""

    contact: int
    track: str
    number: int
    channel: str
    approved: bool


_WITHDRAW = text(
    "UPDATE intent SET state = 'superseded', reason = :why, finished_at = :at"
    " WHERE id > :after AND state IN ('pending', 'held')"
)
_PARK = text(
    "UPDATE intent SET state = 'parked', reason = :why, lease_until = NULL"
    " WHERE id > :after AND kind = 'enroll' AND state IN ('sending', 'unknown')"
)
# Of when it was held, and why, nothing is kept: a person looks.
_WAITS_AGAIN = text(
    "UPDATE intent SET state = 'held', reason = :why, finished_at = NULL, approved_at = NULL, expires_at = NULL"
    " FROM verdict WHERE verdict.contact = intent.contact AND verdict.handed_over AND kind = 'handover'"
    " AND state = 'superseded' AND intent.id <= :after AND finished_at >= :since AND reason = 'a newer judgement'"
    " AND NOT EXISTS (SELECT FROM intent AS newer WHERE newer.contact = intent.contact AND newer.kind = 'handover'"
    "  AND newer.id > intent.id AND (newer.id <= :after OR newer.state <> 'superseded'))"
)
_BEGUN = text(
    "SELECT episode.contact, episode.track, episode.number, episode.channel, intent.approved_at IS NOT NULL AS approved"
    " FROM episode JOIN intent ON intent.id = episode.intent"
    " WHERE intent.id > :after AND intent.id <= :until AND left_at IS NULL ORDER BY 1, 2, 3"
)
_HANDED = text(
    "SELECT contact, bool_or(ended_by IN ('verdict', 'task', 'contacted')) AS touched FROM handover"
    " WHERE intent > :after AND intent <= :until AND (ended_at IS NULL OR ended_by <> 'left') GROUP BY contact"
)
_STAYS_HANDED_OVER = text("UPDATE verdict SET handed_over = true, revision = revision + 1 WHERE contact = ANY(:ids)")
_INTENTS = "SELECT count(*) FROM intent WHERE id > :after AND id <= :until"
_TAKEN_OUT = text(
    "SELECT contact, track, episode AS number, payload ->> 'key' AS channel, false AS approved FROM intent"
    " WHERE kind = 'leave' AND why = :why AND id > :after ORDER BY id"
)
_WITHDRAWN = text(
    f"{_INTENTS} AND kind IN ('enroll', 'handover')"
    " AND (state IN ('pending', 'held') OR (state = 'superseded' AND reason = :why))"
)
_LEFT_BEHIND = text(
    "SELECT (SELECT count(*) FROM handover WHERE intent > :after AND intent <= :until AND task <> '') AS tasks,"  # noqa: S608
    " (SELECT count(*) FROM intent WHERE id > :after AND id <= :until AND kind = 'handover' AND state = 'accepted'"
    "   AND payload ->> 'note' = 'true') AS notes,"
    f" ({_INTENTS} AND kind = 'leave' AND state = 'accepted') AS stay_out,"
    f" ({_INTENTS} AND kind = 'enroll' AND state = 'parked') AS unsure"
)


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What no rollback takes back: tasks and notes, those who had been taken out of a track, those of whom nobody can tell
    whether they were enrolled.
    """

    tasks: int
    notes: int
    stay_out: int
    unsure: int


def begin_rollback(conn: Connection, first: Release, rulebook: str, day: date, at: datetime) -> int:
    """Take back a release and all that came after it, as far as the store goes; returns the number of this one.

    Everybody is due for a judgement. The caller holds the writer lock, and nobody else works.
    """
    conn.execute(delete(sweep))
    number = releases.begin(conn, rulebook, Kind.ROLLBACK, at, undoes=first.id)
    span = Span(first.id, number)
    conn.execute(_WITHDRAW, {"after": first.after_intent, "why": WITHDRAWN, "at": at})
    conn.execute(_PARK, {"after": first.after_intent, "why": _NOBODY_KNOWS})
    undo.begin_anew(conn, span)
    stand_again(conn, span, first.after_flip, day, at)
    conn.execute(_WAITS_AGAIN, {"after": first.after_intent, "since": first.at, "why": _WAITED})
    return number


def begun(conn: Connection, after: int, until: int) -> Sequence[Begun]:
    """The episodes that began by the intents in (after, until] and go on. Read-only."""
    return [Begun(*row) for row in conn.execute(_BEGUN, {"after": after, "until": until})]


def handed_over(conn: Connection, after: int, until: int) -> Mapping[int, bool]:
    """Those whom sales was given by the intents in (after, until] and has, and whether somebody has touched them. Read-only."""
    return {row.contact: row.touched for row in conn.execute(_HANDED, {"after": after, "until": until})}


def take_out(conn: Connection, leaving: Sequence[Begun], why: str, at: datetime) -> None:
    """Ask for the end of these episodes, unless that is asked for already."""
    if leaving:
        rows = [_leave(one, why, at) for one in leaving]
        once = insert(intent).on_conflict_do_nothing(
            index_elements=["contact", "track", "episode"], index_where=text(OPEN_LEAVE)
        )
        conn.execute(once, rows)


def taken_out(conn: Connection, why: str, after: int) -> Sequence[Begun]:
    """Whoever leaves a track for this reason by an intent after that one. Read-only."""
    return [Begun(*row) for row in conn.execute(_TAKEN_OUT, {"why": why, "after": after})]


def stay_handed_over(conn: Connection, contacts: Collection[int]) -> None:
    """Note that these stay with sales. The caller holds the writer lock."""
    if contacts:
        conn.execute(_STAYS_HANDED_OVER, {"ids": sorted(contacts)})


def withdrawn(conn: Connection, after: int, until: int) -> int:
    """How many enrollments and hand-overs by the intents in (after, until] wait, or waited until they were rolled back.
    Read-only.
    """
    return int(conn.execute(_WITHDRAWN, {"after": after, "until": until, "why": WITHDRAWN}).scalar_one())


def left_behind(conn: Connection, after: int, until: int) -> LeftBehind:
    """What stays of the intents in (after, until]. Read-only."""
    return LeftBehind(*conn.execute(_LEFT_BEHIND, {"after": after, "until": until}).one())


def _leave(one: Begun, why: str, at: datetime) -> Mapping[str, object]:
    return {
        "kind": "leave",
        "state": "pending",
        "contact": one.contact,
        "track": one.track,
        "episode": one.number,
        "payload": {"key": one.channel},
        "why": why,
        "not_before": at,
        "created_at": at,
    }
