"""What a release overwrites on the platforms: kept before the first such write, and what a rollback does with it.

A value is kept once per release, with what `written` said of it; of all that was sent since, the last stands beside it, and
what was sent before that and never accepted: it may stand there all the same. It is kept before the bytes leave: a process that
dies in between has overwritten nothing that nobody knows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain

from sqlalchemy import Connection, text

#: By raw name, what a platform holds (None: nothing) and what it is sent instead.
Replacing = Mapping[str, tuple[str | None, str]]


class Ended(StrEnum):
    """What became of a value at a rollback."""

    PUTTING = "putting"  # decided to be put back, and perhaps sent
    BACK = "put back"
    SAME = "as before"  # it stood there already
    CHANGED = "changed since"  # by people or by the platform: it stays
    KEPT = "kept"  # the rulebook from before would have done the same, or sales has her
    GONE = "gone"  # the record is
    REFUSED = "refused"  # the platform does not take it back
    STRANDED = "out of reach"  # the rulebook from before knows no such audience


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A value that some releases have overwritten: `before` the first of them, and what was sent there since (`ours`).

    `began`: a rollback has decided to put it back, and may have sent it.
    """

    contact: int
    platform_id: str
    name: str
    before: str | None
    ours: frozenset[str]
    began: bool


_KEEP = text(
    "INSERT INTO undo (release, contact, source, name, before, ours, written, written_at, at)"
    " SELECT :release, record.contact, :source, told.name, told.before, told.ours, written.value, written.at, :at"
    " FROM unnest(CAST(:ids AS text[]), CAST(:names AS text[]), CAST(:before AS text[]), CAST(:ours AS text[]))"
    "  AS told (platform_id, name, before, ours)"
    " JOIN record ON record.source = :source AND record.platform_id = told.platform_id"
    " LEFT JOIN written ON written.contact = record.contact AND written.source = :source AND written.name = told.name"
    " ON CONFLICT (release, contact, source, name) DO UPDATE SET ours = excluded.ours, sent ="
    "  CASE WHEN undo.ours = excluded.ours THEN undo.sent"
    "  WHEN undo.ours = (SELECT value FROM written WHERE written.contact = undo.contact AND written.source = undo.source"
    "   AND written.name = undo.name AND written.at >= undo.at) THEN '{}' ELSE undo.sent || undo.ours END"
)
_UNDONE = "undo.release >= :first AND undo.release < :by"
_OPEN = f"{_UNDONE} AND undo.ended IN ('', 'putting')"
_CONTACTS = text(
    f"SELECT DISTINCT contact FROM undo WHERE source = :source AND contact > :after AND {_OPEN} ORDER BY contact LIMIT :most"  # noqa: S608
)
_OF = text(
    "SELECT undo.contact, platform_id, undo.name, (array_agg(before ORDER BY release))[1] AS before,"  # noqa: S608
    " array_agg(ours) || array_agg(CASE WHEN written.at >= undo.at THEN written.value END) AS ours,"
    " array_agg(to_json(sent)) AS sent, bool_or(ended = 'putting') AS began"
    " FROM undo LEFT JOIN record ON record.contact = ANY(:contacts) AND record.contact = undo.contact"
    "  AND record.source = undo.source AND NOT archived"
    " LEFT JOIN written ON written.contact = ANY(:contacts) AND written.contact = undo.contact"
    "  AND written.source = undo.source AND written.name = undo.name"
    f" WHERE undo.source = :source AND undo.contact = ANY(:contacts) AND {_OPEN}"
    " GROUP BY undo.contact, platform_id, undo.name ORDER BY undo.contact, undo.name"
)
_TOLD = "unnest(CAST(:contacts AS bigint[]), CAST(:names AS text[])) AS told (contact, name)"
_END = text(
    f"UPDATE undo SET ended = :ended FROM {_TOLD}"  # noqa: S608
    f" WHERE undo.contact = told.contact AND undo.name = told.name AND undo.source = :source AND {_OPEN}"
)
_WRITTEN_AS_BEFORE = text(
    "WITH was AS (SELECT DISTINCT ON (undo.contact, undo.name) undo.contact, undo.name, written, written_at"  # noqa: S608
    f"  FROM undo JOIN {_TOLD} ON told.contact = undo.contact AND told.name = undo.name"
    f"  WHERE undo.source = :source AND {_UNDONE} ORDER BY undo.contact, undo.name, undo.release),"
    " gone AS (DELETE FROM written USING was WHERE written.contact = was.contact AND written.source = :source"
    "  AND written.name = was.name AND was.written_at IS NULL)"
    " UPDATE written SET value = was.written, at = was.written_at FROM was WHERE written.contact = was.contact"
    "  AND written.source = :source AND written.name = was.name AND was.written_at IS NOT NULL"
)
_SOURCES = text(f"SELECT DISTINCT contact, source FROM undo WHERE contact = ANY(:contacts) AND {_OPEN}")  # noqa: S608
_ANY_OPEN = text(
    f"SELECT EXISTS (SELECT FROM undo WHERE {_OPEN}"  # noqa: S608
    " AND (CAST(:sources AS text[]) IS NULL OR source = ANY(:sources)))"
)
_BEGIN_ANEW = text(f"UPDATE undo SET ended = '' WHERE ended <> '' AND {_UNDONE}")  # noqa: S608
_ELSEWHERE = f"{_OPEN} AND undo.source <> ALL(:sources)"
_END_ELSEWHERE = text(f"UPDATE undo SET ended = '{Ended.STRANDED}' WHERE {_ELSEWHERE}")  # noqa: S608
_COUNT_ELSEWHERE = text(f"SELECT count(DISTINCT (contact, source, name)) FROM undo WHERE {_ELSEWHERE}")  # noqa: S608
_NAMES = text(f"SELECT DISTINCT name FROM undo WHERE source = :source AND {_UNDONE}")  # noqa: S608
_GOING_BACK = text(
    "SELECT undo.contact, name, (array_agg(before ORDER BY release))[1] AS before,"  # noqa: S608
    " (array_agg(ours ORDER BY release DESC))[1] AS ours FROM undo"
    f" WHERE source = :source AND name = ANY(:names) AND {_UNDONE} GROUP BY contact, name ORDER BY contact, name"
)
_COUNT = text(
    "SELECT ended, count(*) AS values FROM"  # noqa: S608
    f" (SELECT contact, source, name, max(ended) AS ended FROM undo WHERE {_UNDONE} GROUP BY contact, source, name) AS each"
    " GROUP BY ended"
)


@dataclass(frozen=True, slots=True)
class Span:
    """The releases that a rollback takes back: from `first` on, all before itself (`by`)."""

    first: int
    by: int

    def values(self) -> Mapping[str, int]:
        """As the statements here name them."""
        return {"first": self.first, "by": self.by}


def keep(conn: Connection, release: int, source: str, rows: Mapping[str, Replacing], at: datetime) -> None:
    """Keep what is about to be replaced, by the platform's record id. The caller holds the writer lock, and the values that
    it compared are still those of the snapshots.
    """
    each = [(id_, name, *pair) for id_, values in rows.items() for name, pair in values.items()]
    if each:
        told = {name: [one[place] for one in each] for place, name in enumerate(("ids", "names", "before", "ours"))}
        conn.execute(_KEEP, {**told, "release": release, "source": source, "at": at})


def contacts_to_put_back(conn: Connection, span: Span, source: str, most: int, after: int = 0) -> Sequence[int]:
    """Those with a number above `after` of whom something on a source is still to be put back, in order. Read-only."""
    return conn.scalars(_CONTACTS, {**span.values(), "source": source, "most": most, "after": after}).all()


def to_put_back(
    conn: Connection, span: Span, source: str, contacts: Collection[int]
) -> tuple[Sequence[Overwritten], Collection[tuple[int, str]]]:
    """What is still to be put back of these contacts; and the (contact, name) of those that have no record there. Read-only."""
    rows = conn.execute(_OF, {**span.values(), "source": source, "contacts": list(contacts)}).all()
    there = [
        Overwritten(
            row.contact,
            row.platform_id,
            row.name,
            row.before,
            frozenset(chain(row.ours, *row.sent)) - {None},
            row.began,
        )
        for row in rows
        if row.platform_id is not None
    ]
    return there, [(row.contact, row.name) for row in rows if row.platform_id is None]


def end(conn: Connection, span: Span, source: str, which: Collection[tuple[int, str]], ended: Ended) -> None:
    """Note what became of values, by contact and name, that have come to no end yet."""
    if which:
        conn.execute(_END, {**span.values(), **_told(which), "source": source, "ended": ended})


def written_as_before(conn: Connection, span: Span, source: str, which: Collection[tuple[int, str]]) -> None:
    """Let `written` say of these values what it said before the releases."""
    if which:
        conn.execute(_WRITTEN_AS_BEFORE, {**span.values(), **_told(which), "source": source})


def end_elsewhere(conn: Connection, span: Span, sources: Collection[str]) -> int:
    """End what is still to be put back on other sources than these: nobody can. Returns how many rows there were."""
    return conn.execute(_END_ELSEWHERE, {**span.values(), "sources": list(sources)}).rowcount


def count_elsewhere(conn: Connection, span: Span, sources: Collection[str]) -> int:
    """How many values that would be. Read-only."""
    return int(conn.execute(_COUNT_ELSEWHERE, {**span.values(), "sources": list(sources)}).scalar_one())


def names_of(conn: Connection, span: Span, source: str) -> Sequence[str]:
    """Under which names anything was overwritten on a source. Read-only."""
    return sorted(conn.scalars(_NAMES, {**span.values(), "source": source}))


def going_back(
    conn: Connection, span: Span, source: str, names: Collection[str]
) -> Sequence[tuple[int, str, str | None, str]]:
    """What taking the releases back would write under these names where all of it still stands: (contact, name, value from
    before, ours). Read-only.
    """
    rows = conn.execute(_GOING_BACK, {**span.values(), "source": source, "names": list(names)})
    return [(row.contact, row.name, row.before, row.ours) for row in rows]


def sources_open(conn: Connection, span: Span, contacts: Collection[int]) -> Mapping[int, Collection[str]]:
    """Where something of these contacts is still to be put back. Read-only."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in conn.execute(_SOURCES, {**span.values(), "contacts": list(contacts)}):
        found[row.contact].add(row.source)
    return found


def is_open(conn: Connection, span: Span, sources: Collection[str] | None = None) -> bool:
    """Whether anything is still to be put back, on these sources (None: on any). Read-only."""
    told = None if sources is None else list(sources)
    return bool(conn.scalar(_ANY_OPEN, {**span.values(), "sources": told}))


def begin_anew(conn: Connection, span: Span) -> None:
    """Forget what an earlier rollback did with the values of these releases."""
    conn.execute(_BEGIN_ANEW, span.values())


def count(conn: Connection, span: Span) -> Mapping[str, int]:
    """How many values have come to which end; "" is none yet. Read-only."""
    return Counter({row.ended: row.values for row in conn.execute(_COUNT, span.values())})


def _told(which: Collection[tuple[int, str]]) -> Mapping[str, Sequence[object]]:
    return {"contacts": [contact for contact, _ in which], "names": [name for _, name in which]}
