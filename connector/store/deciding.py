"""From judgements to rows of the outbox: what a newer judgement asks for takes the place of what an older one asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.decision import Entering, HandingOver, Judgement, Leaving
from connector.store.intents import DISCARDED
from connector.store.schema import LIVE_ENROLLMENT, OPEN_LEAVE, intent

#: How long a decision to enroll somebody stands. One that is held begins to live when it is approved. A hand-over stands as
#: long as she does where she came up to: it is decided once, and nobody would decide it again.
LIFE = timedelta(hours=24)


def replace_intents(conn: Connection, rows: Sequence[Judgement], at: datetime) -> None:
    """Make the outbox want what these judgements want.

    A write that waits, or is held, gives way to the newer one, which stays held (or approved) if the older was, so that
    a hold cannot be slipped by judging again. An enrollment that waits stays if it is wanted again, by the ways that are
    open to her now and as early as she may begin now, and is over if not; one that a person approved stays, too, while
    nobody can say whether it is wanted. A hand-over that waits is over with the standing that it belongs to; leaving
    waits as long as it takes, unless she matches the track again (whom a rollback takes out may match it: she leaves).
    What is being sent is left alone.
    """
    replaced = _withdraw_writes(conn, rows, at)
    _withdraw_enrollments(conn, rows, at)
    _renew_enrollments(conn, rows, at)
    _withdraw_leaves(conn, rows, at)
    conn.execute(_WITHDRAW_HANDOVERS, {"ids": [row.contact for row in rows if not row.handed_over], "at": at})
    wanted = [
        *(
            _write(row, source, values, replaced.get((row.contact, source), ()), at)
            for row, source, values in _writes(rows)
        ),
        *(_handover(row, row.handover, at) for row in rows if row.handover is not None),
    ]
    if wanted:
        conn.execute(insert(intent), wanted)
    refused = refused_wishes(conn, _wishes(rows), at)
    enters = [(row, one) for row in rows for one in row.enters if (row.contact, one.track) not in refused]
    _insert_once(conn, [_enter(row, one, at) for row, one in enters], LIVE_ENROLLMENT)
    _insert_once(conn, [_leave(row, one, at) for row in rows for one in row.leaves], OPEN_LEAVE)


_WITHDRAW_WRITES = text(
    "WITH old AS (SELECT id, contact, source, state, move, approved_at, reason FROM intent"
    "  WHERE kind = 'write' AND state IN ('pending', 'held') AND contact = ANY(:ids) FOR UPDATE)"
    " UPDATE intent SET state = 'superseded', reason = 'a newer judgement', finished_at = :at"
    " FROM old WHERE intent.id = old.id RETURNING old.*"
)
# Asked of the contacts at hand only: `wanted` and `undecided` are small.
_WITHDRAW_ENROLLMENTS = text(
    "UPDATE intent SET state = 'superseded', finished_at = :at,"
    " reason = CASE refusal WHEN '' THEN 'a newer judgement' ELSE refusal END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:refusals AS text[])) AS judged (who, refusal)"
    " WHERE kind = 'enroll' AND state IN ('pending', 'held') AND contact = who"
    " AND (contact, track, episode) NOT IN (SELECT * FROM"
    "  unnest(CAST(:contacts AS bigint[]), CAST(:tracks AS text[]), CAST(:episodes AS integer[])))"
    " AND (approved_at IS NULL OR (contact, track) NOT IN (SELECT * FROM"
    "  unnest(CAST(:doubtful AS bigint[]), CAST(:undecided AS text[]))))"
)
_RENEW_ENROLLMENTS = text(
    "UPDATE intent SET payload = told.payload, why = told.why, not_before = least(intent.not_before, told.begins)"
    " FROM unnest(CAST(:contacts AS bigint[]), CAST(:tracks AS text[]), CAST(:episodes AS integer[]),"
    "  CAST(:payloads AS jsonb[]), CAST(:whys AS text[]), CAST(:begins AS timestamptz[]))"
    "  AS told (contact, track, episode, payload, why, begins)"
    " WHERE kind = 'enroll' AND state IN ('pending', 'held') AND intent.contact = told.contact"
    " AND intent.track = told.track AND intent.episode = told.episode"
    " AND (intent.payload <> told.payload OR intent.not_before > told.begins)"
)
_WITHDRAW_LEAVES = text(
    "UPDATE intent SET state = 'superseded', reason = 'a newer judgement', finished_at = :at"
    " FROM unnest(CAST(:contacts AS bigint[]), CAST(:tracks AS text[])) AS matched (contact, track)"
    " WHERE kind = 'leave' AND state IN ('pending', 'held') AND intent.contact = matched.contact"
    " AND intent.track = matched.track AND why <> 'rolled_back'"
)
# A match begins on a day of the team's, whose zone is not known here: it may have begun a day earlier.
_REFUSED = text(
    "SELECT contact, track FROM intent"
    " JOIN unnest(CAST(:contacts AS bigint[]), CAST(:tracks AS text[]), CAST(:since AS date[]))"
    "  AS wanted (contact, track, since) USING (contact, track)"
    " WHERE kind = 'enroll' AND state = 'refused'"
    " AND (again_at > :at OR (reason = :why AND created_at >= since - 1))"
)
_WITHDRAW_HANDOVERS = text(
    "UPDATE intent SET state = 'superseded', reason = 'a newer judgement', finished_at = :at"
    " WHERE kind = 'handover' AND state IN ('pending', 'held') AND contact = ANY(:ids)"
)


def _withdraw_writes(
    conn: Connection, rows: Sequence[Judgement], at: datetime
) -> Mapping[tuple[int, str], Sequence[Row[Any]]]:
    replaced: dict[tuple[int, str], list[Row[Any]]] = {}
    for old in conn.execute(_WITHDRAW_WRITES, {"ids": [row.contact for row in rows], "at": at}):
        replaced.setdefault((old.contact, old.source), []).append(old)
    return replaced


def _withdraw_enrollments(conn: Connection, rows: Sequence[Judgement], at: datetime) -> None:
    wanted = [(row.contact, one.track, one.episode) for row in rows for one in row.enters]
    undecided = [(row.contact, track) for row in rows for track in row.undecided]
    conn.execute(
        _WITHDRAW_ENROLLMENTS,
        {
            "ids": [row.contact for row in rows],
            "refusals": [row.refusal for row in rows],
            "at": at,
            "contacts": [contact for contact, _, _ in wanted],
            "tracks": [track for _, track, _ in wanted],
            "episodes": [episode for _, _, episode in wanted],
            "doubtful": [contact for contact, _ in undecided],
            "undecided": [track for _, track in undecided],
        },
    )


def _renew_enrollments(conn: Connection, rows: Sequence[Judgement], at: datetime) -> None:
    wanted = [(row, one) for row in rows for one in row.enters]
    if wanted:
        told = {
            "contacts": [row.contact for row, _ in wanted],
            "tracks": [one.track for _, one in wanted],
            "episodes": [one.episode for _, one in wanted],
            "payloads": [orjson.dumps(_payload(row, one)).decode() for row, one in wanted],
            "whys": [one.why for _, one in wanted],
            "begins": [max(at, one.not_before) for _, one in wanted],
        }
        conn.execute(_RENEW_ENROLLMENTS, told)


def refused_wishes(
    conn: Connection, wanted: Sequence[tuple[int, str, date]], at: datetime
) -> AbstractSet[tuple[int, str]]:
    """The wishes to enroll (contact, track, the day since when she matches) that a person has discarded since that match
    began, or that were refused and may not be asked again yet, by contact and track. Read-only.
    """
    if not wanted:
        return frozenset()
    told = {name: [one[place] for one in wanted] for place, name in enumerate(("contacts", "tracks", "since"))}
    return {(row.contact, row.track) for row in conn.execute(_REFUSED, {**told, "why": DISCARDED, "at": at})}


def _wishes(rows: Sequence[Judgement]) -> list[tuple[int, str, date]]:
    since = {(row.contact, one.track): one.matched_since for row in rows for one in row.tracks.values()}
    return [
        (row.contact, one.track, since.get((row.contact, one.track), row.day)) for row in rows for one in row.enters
    ]


def _withdraw_leaves(conn: Connection, rows: Sequence[Judgement], at: datetime) -> None:
    stays = [
        (row.contact, one.track)
        for row in rows
        for one in row.tracks.values()
        if one.matched and one.track not in {leave.track for leave in row.leaves}
    ]
    told = {"contacts": [contact for contact, _ in stays], "tracks": [track for _, track in stays]}
    conn.execute(_WITHDRAW_LEAVES, {**told, "at": at})


def _writes(rows: Sequence[Judgement]) -> Iterator[tuple[Judgement, str, Mapping[str, str]]]:
    for row in rows:
        for source, values in row.writes.items():
            if values:
                yield row, source, values


def _write(
    row: Judgement, source: str, values: Mapping[str, str], replaced: Sequence[Row[Any]], at: datetime
) -> dict[str, Any]:
    held = next((one.reason for one in replaced if one.state == "held"), row.hold)
    approved = max((one.approved_at for one in replaced if one.approved_at is not None), default=None)
    moved = (row.move is not None and not row.baseline) or any(one.move for one in replaced)
    base = _base(row, "write", at, held)
    return {**base, "source": source, "payload": {"values": dict(values)}, "move": moved, "approved_at": approved}


def _enter(row: Judgement, one: Entering, at: datetime) -> dict[str, Any]:
    return {
        **_base(row, "enroll", at, row.hold, not_before=one.not_before),
        "track": one.track,
        "episode": one.episode,
        "payload": _payload(row, one),
        "why": one.why,
    }


def _payload(row: Judgement, one: Entering) -> Mapping[str, Any]:
    ways = [dict(way) for way in one.ways]
    return {"ways": ways, "subscription": one.subscription, "priority": one.priority, "score": row.score}


def _leave(row: Judgement, one: Leaving, at: datetime) -> dict[str, Any]:
    return {
        **_base(row, "leave", at, row.hold),
        "track": one.track,
        "episode": one.episode,
        "payload": {"key": one.key},
        "why": one.why,
    }


def _handover(row: Judgement, one: HandingOver, at: datetime) -> dict[str, Any]:
    due = one.due.isoformat() if one.due else None
    payload = {"owners": list(one.owners), "task": one.task, "brief": one.brief, "due": due, "note": one.note}
    payload["stage"] = row.stage
    return {**_base(row, "handover", at, row.hold), "payload": payload}


def _base(row: Judgement, kind: str, at: datetime, hold: str, not_before: datetime | None = None) -> dict[str, Any]:
    begins = max(at, not_before or at)
    lives = kind == "enroll" and not hold
    return {
        "kind": kind,
        "state": "held" if hold else "pending",
        "contact": row.contact,
        "source": None,
        "track": None,
        "episode": None,
        "why": "",
        "move": False,
        "approved_at": None,
        "reason": hold,
        "not_before": begins,
        "expires_at": begins + LIFE if lives else None,
        "created_at": at,
    }


def _insert_once(conn: Connection, wanted: Sequence[Mapping[str, Any]], unless: str) -> None:
    """Insert what has no row yet that stands for the same contact, track and episode (a partial unique index)."""
    if wanted:
        once = insert(intent).on_conflict_do_nothing(
            index_elements=["contact", "track", "episode"], index_where=text(unless)
        )
        conn.execute(once, list(wanted))
