"""The outbox: everything decided to do on a platform, and what became of it.

    pending ──► sending ──► accepted          held: waits for a person; approved → pending
       │           ├──────► refused           parked: a person must look, nothing else is tried
       │           └──────► unknown ──► …     superseded, expired: over, never sent

An intent is claimed while it stays pending, under a lease on database time that nobody else breaks; `sending` is
committed before the bytes leave. Only `sending`, `accepted`, `unknown` (and what was parked after them) use an episode up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select, text

from connector.store.claiming import MAX_ATTEMPTS, claim, claim_enrollments, claim_writes, expire
from connector.store.deciding import LIFE
from connector.store.episodes import begin_episode, end_episode, entered_as
from connector.store.holds import (
    approve,
    discard,
    enrolled_since,
    hold_loops,
    hold_moves_beyond,
    list_held,
    moves_delivered,
)
from connector.store.intents import COLUMNS, FREE, Intent
from connector.store.pace import Pace
from connector.store.refusals import refusals, refuse_enrollment
from connector.store.schema import intent
from connector.store.texts import storable

__all__ = [
    "MAX_ATTEMPTS",
    "Intent",
    "Pace",
    "about_to_enter",
    "accept_enrollment",
    "approve",
    "claim",
    "claim_enrollments",
    "claim_writes",
    "count_waiting",
    "discard",
    "end_episode",
    "enrolled_since",
    "entered_as",
    "expire",
    "finish",
    "finish_all",
    "hold_loops",
    "hold_moves_beyond",
    "list_held",
    "mark_sending",
    "moves_delivered",
    "not_sent_after",
    "not_sent_in_time",
    "pending_counts",
    "put_off_enrollments",
    "refusals",
    "refuse_enrollment",
    "release",
    "release_all",
    "unsettled",
]


# ---------------------------------------------------------------- sending and ending


def mark_sending(conn: Connection, channels: Mapping[int, str], at: datetime) -> frozenset[int]:
    """Note, before the call and in a transaction of its own, that these intents go out by these channels.

    Returns those that may go. The others must not be sent: they were superseded or ended meanwhile, or their lease is
    over and somebody else may have them.
    """
    if not channels:
        return frozenset()
    statement = text(
        "UPDATE intent SET state = 'sending', channel = told.channel, sending_at = :at"
        " FROM unnest(CAST(:ids AS bigint[]), CAST(:channels AS text[])) AS told (id, channel)"
        " WHERE intent.id = told.id AND state = 'pending' AND lease_until > clock_timestamp() RETURNING intent.id"
    )
    return frozenset(conn.scalars(statement, {"ids": list(channels), "channels": list(channels.values()), "at": at}))


def not_sent_in_time(conn: Connection, numbers: Collection[int]) -> int:
    """Note that these could not be sent within their lease: no attempt was made. Returns how many are free since."""
    statement = text(
        "UPDATE intent SET attempts = greatest(attempts - 1, 0), reason = 'the platforms took too long to answer'"  # noqa: S608
        f" WHERE id = ANY(:ids) AND state = 'pending' AND {FREE}"
    )
    return conn.execute(statement, {"ids": list(numbers)}).rowcount


def accept_enrollment(conn: Connection, number: int, channel: str, at: datetime, *, segment: bool = False) -> None:
    """End an enrollment as accepted, with its episode; a segment (nobody listens) uses no episode up.

    Nothing is left to end of somebody who was forgotten meanwhile.
    """
    row = conn.execute(
        text(
            "UPDATE intent SET state = 'accepted', channel = :channel, sending_at = coalesce(sending_at, :at),"
            " finished_at = :at, lease_until = NULL, reason = '' WHERE id = :id AND kind = 'enroll'"
            " RETURNING contact, track, episode, sending_at"
        ),
        {"id": number, "channel": channel, "at": at},
    ).one_or_none()
    if segment or row is None:
        return
    begin_episode(
        conn,
        contact=row.contact,
        track=row.track,
        number=row.episode,
        channel=channel,
        entered_at=row.sending_at,
        intent=number,
    )


def finish(conn: Connection, number: int, state: str, reason: str, at: datetime) -> None:
    """End an intent as accepted, refused, unknown, expired, superseded or parked. What is accepted stays so."""
    finish_all(conn, {number: (state, reason)}, at)


def finish_all(conn: Connection, endings: Mapping[int, tuple[str, str]], at: datetime) -> None:
    """The same of many: (state, reason) by intent."""
    if not endings:
        return
    conn.execute(
        text(
            "UPDATE intent SET state = told.state, reason = told.reason, lease_until = NULL,"
            " finished_at = CASE WHEN told.state IN ('unknown', 'parked') THEN NULL ELSE CAST(:at AS timestamptz) END"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]))"
            "  AS told (id, state, reason)"
            " WHERE intent.id = told.id AND intent.state <> 'accepted'"
        ),
        {
            "ids": list(endings),
            "states": [state for state, _ in endings.values()],
            "reasons": [storable(reason) for _, reason in endings.values()],
            "at": at,
        },
    )


def release(conn: Connection, number: int, reason: str, at: datetime, *, again_in_s: float) -> None:
    """Give a claimed intent back: it was certainly not applied, and may be claimed again after a pause.

    The attempt does not count; an episode that it had used up is free again, though `sending_at` goes on telling when it
    was last tried. What was superseded meanwhile stays so.
    """
    release_all(conn, {number: reason}, at, again_in_s=again_in_s)


def release_all(conn: Connection, reasons: Mapping[int, str], at: datetime, *, again_in_s: float) -> None:
    """The same of many: the reason by intent."""
    if not reasons:
        return
    conn.execute(
        text(
            "UPDATE intent SET lease_until = CASE WHEN state = 'superseded' THEN NULL"
            "  ELSE clock_timestamp() + make_interval(secs => :pause) END,"
            " state = CASE WHEN state = 'superseded' THEN state ELSE 'pending' END,"
            " attempts = greatest(attempts - 1, 0), reason = told.reason,"
            " expires_at = CASE WHEN kind = 'enroll' THEN greatest(expires_at, CAST(:at AS timestamptz)) END"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS told (id, reason)"
            " WHERE intent.id = told.id AND state IN ('pending', 'sending', 'unknown', 'superseded')"
        ),
        {"ids": list(reasons), "reasons": list(map(storable, reasons.values())), "at": at, "pause": again_in_s},
    )


def unsettled(conn: Connection) -> list[Intent]:
    """Enrollments of which nobody knows whether they happened: to be looked at before anything else.

    What is still `sending` when its lease is over becomes `unknown`; of other kinds, which cannot be looked up, it is
    parked for a person.
    """
    conn.execute(
        text(
            "UPDATE intent SET lease_until = NULL, reason = 'its worker died while it was sent',"  # noqa: S608
            " state = CASE WHEN kind = 'enroll' THEN 'unknown' ELSE 'parked' END"
            f" WHERE state = 'sending' AND {FREE}"
        )
    )
    query = select(*COLUMNS).where(intent.c.state == "unknown", intent.c.kind == "enroll").order_by(intent.c.id)
    return [Intent(**row) for row in conn.execute(query).mappings()]


def not_sent_after(conn: Connection, now: datetime) -> None:
    """Correct when unknown enrollments were sent: not after `now`, unless the clock was set back since."""
    conn.execute(
        text("UPDATE intent SET sending_at = :now WHERE state = 'unknown' AND sending_at > :now"), {"now": now}
    )


def put_off_enrollments(conn: Connection, now: datetime, until: datetime) -> int:
    """Let no enrollment that is due, and that nobody has, go before `until`; returns how many.

    Who has not much longer to live may be over by then, and is judged again; what a person approved lives from then on.
    """
    statement = text(
        "UPDATE intent SET not_before = :until,"  # noqa: S608
        " expires_at = CASE WHEN approved_at IS NULL THEN expires_at ELSE CAST(:until AS timestamptz) + :life END"
        f" WHERE kind = 'enroll' AND state = 'pending' AND not_before <= :now AND {FREE}"
    )
    return conn.execute(statement, {"now": now, "until": until, "life": LIFE}).rowcount


def about_to_enter(conn: Connection, now: datetime) -> frozenset[int]:
    """The contacts whose enrollments are due. Read-only."""
    due = (intent.c.kind == "enroll", intent.c.state == "pending", intent.c.not_before <= now)
    return frozenset(conn.scalars(select(intent.c.contact).where(*due)))


def count_waiting(conn: Connection, kind: Literal["write", "enroll"]) -> int:
    """How many writes or enrollments are still to be sent, those included that a failure, an hour or the pace put off.
    Read-only.
    """
    query = text("SELECT count(*) FROM intent WHERE kind = :kind AND state = 'pending'")
    return int(conn.scalar(query, {"kind": kind}) or 0)


def pending_counts(conn: Connection) -> Mapping[tuple[str, str], int]:
    """How many intents there are by kind and state, of those that are not over. Read-only."""
    open_states = ("pending", "held", "sending", "unknown", "parked")
    query = (
        select(intent.c.kind, intent.c.state, func.count())
        .where(intent.c.state.in_(open_states))
        .group_by(intent.c.kind, intent.c.state)
    )
    return {(kind, state): number for kind, state, number in conn.execute(query)}
