"""Where people stood before a release changed that, and back there again: stage, whether sales has them, what they match."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from sqlalchemy import Connection, text

from connector.store.decision import Judgement
from connector.store.people import TrackMemory
from connector.store.undo import Span

#: The cause of a step that no rule has decided.
ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Stood:
    """How somebody stood; without a stage nobody had judged her yet."""

    stage: str | None
    since: date | None
    handed_over: bool
    tracks: Mapping[str, TrackMemory]


_MEMORY = (
    "SELECT coalesce(jsonb_object_agg(track, jsonb_build_object('matched', matched, 'matched_since', matched_since,"
    "  'at_baseline', at_baseline)), '{}') AS tracks FROM track_state WHERE track_state.contact = verdict.contact"
)
_PRESENT = (
    "SELECT :release, verdict.contact, word.text, verdict.since, verdict.handed_over, memory.tracks, :at FROM verdict"  # noqa: S608
    f" JOIN word ON word.id = verdict.stage CROSS JOIN LATERAL ({_MEMORY}) AS memory"
)
_KEEP_WHERE_OTHER = text(
    f"INSERT INTO stood (release, contact, stage, since, handed_over, tracks, at) {_PRESENT}"
    " JOIN unnest(CAST(:contacts AS bigint[]), CAST(:stages AS text[]), CAST(:since AS date[]),"
    "  CAST(:handed_over AS boolean[]), CAST(:tracks AS jsonb[])) AS told (contact, stage, since, handed_over, tracks)"
    "  ON told.contact = verdict.contact"
    " WHERE (word.text, verdict.since, verdict.handed_over, memory.tracks)"
    "  IS DISTINCT FROM (told.stage, told.since, told.handed_over, told.tracks)"
    " ON CONFLICT DO NOTHING"
)
_WAS = (
    "was AS (SELECT DISTINCT ON (contact) contact, stage, since, handed_over, tracks FROM stood"
    " WHERE release >= :first AND release < :by ORDER BY contact, release)"
)
_KEEP_ALL = text(
    f"WITH {_WAS} INSERT INTO stood (release, contact, stage, since, handed_over, tracks, at) {_PRESENT}"
    " JOIN was ON was.contact = verdict.contact ON CONFLICT DO NOTHING"
)
#: Who was judged for the first time under the releases that are taken back.
_NEWCOMERS = (
    "SELECT contact FROM flip AS first_one WHERE id > :after AND before IS NULL AND NOT EXISTS"
    " (SELECT FROM flip AS older WHERE older.contact = first_one.contact AND older.id <= :after)"
)
_FLIPS_COUNT_AGAIN = text("UPDATE flip SET undone_by = NULL WHERE undone_by >= :first AND undone_by < :by")
_FLIPS_COUNT_NO_MORE = text(
    f"WITH {_WAS} UPDATE flip SET undone_by = :by WHERE id > :after AND undone_by IS NULL"  # noqa: S608
    f" AND (contact IN (SELECT contact FROM was) OR contact IN ({_NEWCOMERS}))"
)
_WAY_BACK = text(
    f"WITH {_WAS} INSERT INTO flip (contact, before, after, cause, rise, baseline, day, at, undone_by)"  # noqa: S608
    " SELECT verdict.contact, word.text, was.stage, :cause, false, true, :day, :at, :by"
    " FROM was JOIN verdict ON verdict.contact = was.contact JOIN word ON word.id = verdict.stage"
    " WHERE word.text <> was.stage ORDER BY verdict.contact"
)
_STAND_AGAIN = text(
    f"WITH {_WAS} UPDATE verdict SET stage = word.id, since = was.since, handed_over = was.handed_over,"  # noqa: S608
    " revision = revision + 1, due = :day FROM was JOIN word ON word.text = was.stage WHERE verdict.contact = was.contact"
)
_PASSED_OVER = "SELECT contact, track FROM track_state WHERE passed_over"
_REMEMBER = text(
    f"WITH {_WAS}, passed AS ({_PASSED_OVER}),"  # noqa: S608
    " gone AS (DELETE FROM track_state USING was WHERE track_state.contact = was.contact"
    "  AND NOT was.tracks ? track_state.track)"
    " INSERT INTO track_state (contact, track, matched, matched_since, at_baseline, passed_over)"
    " SELECT was.contact, key, matched, matched_since, at_baseline, at_baseline AND passed.contact IS NOT NULL"
    " FROM was CROSS JOIN LATERAL jsonb_each(was.tracks) CROSS JOIN LATERAL"
    "  jsonb_to_record(value) AS told (matched boolean, matched_since date, at_baseline boolean)"
    " JOIN contact ON contact.id = was.contact"
    " LEFT JOIN passed ON passed.contact = was.contact AND passed.track = key"
    " ON CONFLICT (contact, track) DO UPDATE SET matched = excluded.matched, matched_since = excluded.matched_since,"
    "  at_baseline = excluded.at_baseline, passed_over = excluded.passed_over"
)
_PLACED_ANEW = text(f"DELETE FROM verdict WHERE contact IN ({_NEWCOMERS})")  # noqa: S608
_MATCH_ANEW = text(f"DELETE FROM track_state WHERE contact IN ({_NEWCOMERS})")  # noqa: S608
_OF = text(
    f"WITH {_WAS} SELECT * FROM was WHERE contact = ANY(:contacts) AND contact NOT IN ({_NEWCOMERS})"  # noqa: S608
    f" UNION ALL SELECT contact, NULL, NULL, false, '{{}}' FROM ({_NEWCOMERS}) AS one WHERE contact = ANY(:contacts)"
)
_COUNT = text(f"WITH {_WAS} SELECT count(*) FROM was")  # noqa: S608


def keep_standings(conn: Connection, release: int, rows: Sequence[Judgement], at: datetime) -> None:
    """Keep how those stand whom these judgements, which are about to be kept, let stand otherwise; the first time counts."""
    told = {
        "contacts": [row.contact for row in rows],
        "stages": [row.stage for row in rows],
        "since": [row.since for row in rows],
        "handed_over": [row.handed_over for row in rows],
        "tracks": [_json(row.tracks) for row in rows],
    }
    conn.execute(_KEEP_WHERE_OTHER, {**told, "release": release, "at": at})


def stand_again(conn: Connection, span: Span, after_flip: int, day: date, at: datetime) -> None:
    """Let everybody stand as before the releases, from whose first flip on nothing is counted any more; and let those be
    placed anew who came since. They are all due on `day`. How they stand now is kept for the release that takes them back.
    The caller holds the writer lock.
    """
    told = {**span.values(), "after": after_flip, "day": day, "at": at}
    conn.execute(_KEEP_ALL, {**told, "release": span.by})
    conn.execute(_FLIPS_COUNT_AGAIN, told)
    conn.execute(_FLIPS_COUNT_NO_MORE, told)
    conn.execute(_WAY_BACK, {**told, "cause": ROLLED_BACK})
    conn.execute(_STAND_AGAIN, told)
    conn.execute(_REMEMBER, told)
    conn.execute(_PLACED_ANEW, told)
    conn.execute(_MATCH_ANEW, told)


def stood_before(conn: Connection, span: Span, after_flip: int, contacts: Collection[int]) -> Mapping[int, Stood]:
    """How those of these contacts stood before the releases (from whose first flip on it is told) who stand otherwise since,
    or came since. Read-only.
    """
    rows = conn.execute(_OF, {**span.values(), "after": after_flip, "contacts": list(contacts)})
    return {row.contact: Stood(row.stage, row.since, row.handed_over, _tracks(row.tracks)) for row in rows}


def count_stood(conn: Connection, span: Span) -> int:
    """How many were moved or matched otherwise by the releases. Read-only."""
    return int(conn.execute(_COUNT, span.values()).scalar_one())


def _json(tracks: Mapping[str, TrackMemory]) -> str:
    told = {
        name: {"matched": one.matched, "matched_since": one.matched_since, "at_baseline": one.at_baseline}
        for name, one in tracks.items()
    }
    return orjson.dumps(told).decode()


def _tracks(told: Mapping[str, Mapping[str, object]]) -> Mapping[str, TrackMemory]:
    return {
        name: TrackMemory(
            name, bool(one["matched"]), date.fromisoformat(str(one["matched_since"])), bool(one["at_baseline"])
        )
        for name, one in told.items()
    }
