"""To which lists and tags people belong by our judgement, and which of them wait for a person before they are put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Belonging:
    """One list or tag on which somebody should stand: its key, on which source, and of which segment.

    `guarded`: whoever belongs there at the baseline waits for a person (promise 6).
    """

    key: str
    source: str
    segment: str
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class WaitingSegment:
    """How many people a person is to say yes to before they are put on the list of a segment."""

    name: str
    people: int


_LEFT = text(
    "UPDATE membership SET wanted = false, held = false, approved_at = NULL, again_at = NULL, since = judged.day"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[])) AS judged (contact, day)"
    " WHERE membership.contact = judged.contact AND wanted AND (membership.contact, key) NOT IN"
    "  (SELECT * FROM unnest(CAST(:contacts AS bigint[]), CAST(:keys AS text[])))"
)
_BELONG = text(
    "INSERT INTO membership (contact, key, source, segment, wanted, since, held)"
    " SELECT contact, key, source, segment, true, day, held FROM unnest(CAST(:contacts AS bigint[]),"
    "  CAST(:keys AS text[]), CAST(:sources AS text[]), CAST(:segments AS text[]), CAST(:since AS date[]),"
    "  CAST(:held AS boolean[])) AS told (contact, key, source, segment, day, held)"
    " ON CONFLICT (contact, key) DO UPDATE SET wanted = true, segment = excluded.segment,"
    "  since = CASE WHEN membership.wanted THEN membership.since ELSE excluded.since END,"
    "  held = CASE WHEN membership.wanted THEN membership.held ELSE excluded.held AND NOT membership.there END"
    " WHERE NOT membership.wanted OR membership.segment <> excluded.segment"
)
_WAITING = text("SELECT segment, count(DISTINCT contact) FROM membership WHERE held GROUP BY 1 ORDER BY 1")
_APPROVE = text(
    "WITH approved AS (UPDATE membership SET held = false, approved_at = :now WHERE held AND segment = :name"
    "  RETURNING contact) SELECT count(DISTINCT contact) FROM approved"
)


def keep_memberships(
    conn: Connection, judged: Mapping[int, date], belong: Sequence[tuple[int, Belonging]], *, baseline: bool
) -> None:
    """Keep where the people judged on these days belong: there and nowhere else. What is as before is not touched."""
    told = {"contacts": [contact for contact, _ in belong], "keys": [one.key for _, one in belong]}
    conn.execute(_LEFT, {**told, "ids": list(judged), "days": list(judged.values())})
    if belong:
        more = {
            "sources": [one.source for _, one in belong],
            "segments": [one.segment for _, one in belong],
            "since": [judged[contact] for contact, _ in belong],
            "held": [baseline and one.guarded for _, one in belong],
        }
        conn.execute(_BELONG, {**told, **more})


def waiting_segments(conn: Connection) -> list[WaitingSegment]:
    """The segments of which people wait for a person, by name. Read-only."""
    return [WaitingSegment(name, people) for name, people in conn.execute(_WAITING)]


def approve_segment(conn: Connection, name: str, now: datetime) -> int:
    """Let go all who wait for the segment of this name; the next pass puts them on its list. Returns how many they are.

    They do not count in the guard. Who comes to belong later waits again where the guard says so.
    """
    return int(conn.execute(_APPROVE, {"name": name, "now": now}).scalar_one())


def unite_memberships(conn: Connection, keep: int, gone: int, staying: Sequence[str]) -> None:
    """Give `keep` what is known of `gone`, but on the sources that are `staying` with her. She is judged anew.

    Where either of them stands, she stands: a platform that unites two records leaves the one on both their lists.
    """
    two = {"keep": keep, "gone": gone, "staying": list(staying)}
    conn.execute(
        text(
            "UPDATE membership SET there = true, put_at = greatest(membership.put_at, hers.put_at)"
            " FROM membership AS hers WHERE membership.contact = :keep AND hers.contact = :gone"
            " AND membership.key = hers.key AND hers.there AND hers.source <> ALL(:staying)"
        ),
        two,
    )
    conn.execute(
        text(
            "UPDATE membership SET contact = :keep WHERE contact = :gone AND source <> ALL(:staying)"
            " AND key NOT IN (SELECT key FROM membership WHERE contact = :keep)"
        ),
        two,
    )
    conn.execute(text("DELETE FROM membership WHERE contact = :gone AND source <> ALL(:staying)"), two)
