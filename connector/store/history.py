"""The time machine's ledger: a person as of a moment, from what had been seen of her by then, and from nothing later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from connector.facts import Episode
from connector.store.companies import values_then
from connector.store.dictionary import word_texts
from connector.store.events import event_of
from connector.store.judgement import flips_of
from connector.store.people import Person, markers
from connector.store.sightings import add_up, sightings_of

_EVENTS = text(
    "SELECT key, happened_at, known_at, asset.text AS asset, kind, channel, trust"
    " FROM event JOIN asset ON asset.id = event.asset WHERE contact = :contact AND happened_at <= :at"
    " AND known_at <= coalesce(:known_by, 'infinity'::timestamptz) ORDER BY happened_at, key"
)
_EPISODES = text(
    "SELECT track, number, channel, entered_at, CASE WHEN left_at <= :known THEN left_at END AS left_at"
    " FROM episode WHERE contact = :contact AND entered_at <= :known"
    " UNION ALL SELECT track, episode, coalesce(channel, ''), sending_at, NULL FROM intent"
    " WHERE contact = :contact AND kind = 'enroll' AND sending_at <= :known AND state IN ('sending', 'unknown', 'parked')"
    " ORDER BY 4, 1, 2"
)


def person_as_of(conn: Connection, contact: int, at: datetime, known_by: datetime | None = None) -> Person | None:
    """A contact as she was at `at`, by what was known at `known_by` (None: acts of before that were told since count).

    Her records are what had been read of them by then, without what was always empty; her company is the one that she
    then had, with its values of then; stage and episodes are those that had been decided by then. There is no verdict,
    no memory of tracks, and nothing that we wrote. None when nothing was known of her yet. What this gives is never
    judged to be kept: its position and revision are 0. Read-only.
    """
    known = at if known_by is None else min(at, known_by)
    seen = {source: add_up(told) for source, told in sightings_of(conn, contact, known).items()}
    if not seen:
        return None
    moment = {"contact": contact, "at": at, "known_by": known_by, "known": known}
    hubspot = seen.get("hubspot")
    company = hubspot.record.values.get("associatedcompanyid") if hubspot else None
    words = word_texts(conn)
    events = tuple(event_of(row, words) for row in conn.execute(_EVENTS, moment))
    episodes = tuple(Episode(*row) for row in conn.execute(_EPISODES, moment))
    moves = [move for move in flips_of(conn, contact) if move.at <= known]
    place = max(moves, key=lambda move: move.at, default=None)
    return Person(
        contact=contact,
        position=0,
        revision=0,
        records={source: one.record for source, one in sorted(seen.items())},
        company=values_then(conn, company, known) if company else {},
        changed={(source, name): since for source, one in seen.items() for name, since in one.changed.items()},
        events=events,
        episodes=episodes,
        stage=place.after if place else None,
        since=place.day if place else None,
        verdict=None,
        track_states={},
        stage_rose=max((move.day for move in moves if move.rise and not move.baseline), default=None),
        handed_over=False,
        markers=markers(episodes),
        written={},
    )
