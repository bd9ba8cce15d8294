"""Enrollments that wait: what a newer judgement says of them, and what becomes of episodes when two people are one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, Judgement
from connector.store.ledger import Person, TrackMemory
from connector.store.outbox import Intent

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
PROPERTY, TAG, LIST = (
    "hubspot:property:trellis_track",
    "mailchimp:main:tag:trellis:track:finance",
    "hubspot:list:By hand",
)


def people(conn: Connection, count: int = 1) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    records = [Record("hubspot", str(500 + n), f"p{n}@acme.example", {}, NOW) for n in range(count)]
    return sorted(change.contact for change in ledger.take_in(conn, records, NOW).changed.values())


def person(conn: Connection, contact: int) -> Person:
    (found,) = ledger.load_people(conn, [contact])
    return found


def entering(*keys: str, track: str = "finance", episode: int = 1, segment: bool = False) -> Entering:
    ways = tuple({"source": key.partition(":")[0], "key": key, "segment": segment} for key in keys)
    return Entering(track, episode, ways, "4711", NOW, "matches")


def save(conn: Connection, contact: int, at: datetime = NOW, **told: Any) -> None:
    now = person(conn, contact)
    row = Judgement(
        contact, now.position, now.revision, DAY, "r1", "m", 57, 57000, "nurture", DAY, None, None, None, b"",
    )  # fmt: skip
    told = {"tracks": {"finance": TrackMemory("finance", True, DAY, at_baseline=False)}, **told}
    assert judgement.save_judgements(conn, [replace(row, **told)], at) == ()


def claimed(conn: Connection, now: datetime = NOW) -> list[Intent]:
    return outbox.claim_enrollments(conn, 50, 55, now, 500)


def enroll(conn: Connection, key: str, now: datetime = NOW) -> None:
    for number in outbox.mark_sending(conn, {one.id: key for one in claimed(conn, now)}, now):
        outbox.accept_enrollment(conn, number, key, now)


def states(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT state FROM intent WHERE kind = 'enroll' ORDER BY id")))


def approved(conn: Connection, contact: int) -> None:
    save(conn, contact, enters=(entering(PROPERTY),), hold="more than the guard allows")
    (held,) = outbox.list_held(conn)
    assert outbox.approve(conn, held.id, NOW)


# ---------------------------------------------------------------- what waits


def test_who_waits_goes_by_the_ways_that_are_open_to_her_now(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(PROPERTY, TAG),))
    save(conn, maria, enters=(replace(entering(TAG), subscription="4712", why="highest_priority"),))
    (one,) = claimed(conn)
    assert [way["key"] for way in one.payload["ways"]] == [TAG]
    assert (one.payload["subscription"], one.why) == ("4712", "highest_priority")


def test_who_is_held_goes_by_the_ways_that_are_open_to_her_once_she_may(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(PROPERTY, TAG),), hold="more than the guard allows")
    save(conn, maria, enters=(entering(TAG),))
    (held,) = outbox.list_held(conn)
    assert [way["key"] for way in held.payload["ways"]] == [TAG]


def test_what_a_person_approved_is_over_when_a_newer_judgement_forbids_it(conn: Connection) -> None:
    """She said that many may enter, not that this one may be flooded."""
    (maria,) = people(conn)
    approved(conn, maria)
    save(conn, maria)
    assert states(conn) == ["superseded"]


def test_what_a_person_approved_waits_while_nobody_can_say_whether_it_is_forbidden(conn: Connection) -> None:
    (maria,) = people(conn)
    approved(conn, maria)
    save(conn, maria, undecided=frozenset({"finance"}))
    assert states(conn) == ["pending"]


# ---------------------------------------------------------------- segments


def in_doubt(conn: Connection, contact: int) -> Intent:
    save(conn, contact, enters=(entering(LIST, track="by-hand", episode=20261123, segment=True),))
    (one,) = claimed(conn)
    assert outbox.mark_sending(conn, {one.id: LIST}, NOW) == {one.id}
    return one


def test_a_list_of_which_nobody_knows_whether_she_is_on_it_is_no_episode(conn: Connection) -> None:
    (maria,) = people(conn)
    one = in_doubt(conn, maria)
    for ending in ("unknown", "parked"):
        outbox.finish(conn, one.id, ending, "lost", NOW)
        assert person(conn, maria).episodes == ()


def test_a_list_that_a_person_discards_is_no_episode(conn: Connection) -> None:
    (maria,) = people(conn)
    one = in_doubt(conn, maria)
    outbox.finish(conn, one.id, "parked", "lost", NOW)
    assert outbox.discard(conn, one.id, NOW)
    assert person(conn, maria).episodes == ()


# ---------------------------------------------------------------- merges


def united(conn: Connection, keep: int, gone: int) -> Person:
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    return person(conn, keep)


def remembers(matched: bool, since: date, *, at_baseline: bool) -> dict[str, Any]:
    return {"tracks": {"finance": TrackMemory("finance", matched, since, at_baseline=at_baseline)}}


@pytest.mark.parametrize("first", [True, False])
def test_who_matched_at_the_baseline_did_so_whoever_she_turns_out_to_be(conn: Connection, first: bool) -> None:
    one, other = people(conn, 2)
    save(conn, one, **remembers(first, DAY, at_baseline=first))
    save(conn, other, **remembers(not first, DAY, at_baseline=not first))
    state = united(conn, one, other).track_states["finance"]
    assert (state.matched, state.at_baseline) == (True, True)


def test_a_match_of_either_goes_on_since_it_began(conn: Connection) -> None:
    one, other = people(conn, 2)
    save(conn, one, **remembers(False, DAY, at_baseline=False))
    save(conn, other, **remembers(True, DAY - timedelta(days=9), at_baseline=False))
    assert united(conn, one, other).track_states["finance"].matched_since == DAY - timedelta(days=9)


@pytest.mark.parametrize("first", [True, False])
def test_who_is_on_a_track_still_is_though_both_had_begun_it_once(conn: Connection, first: bool) -> None:
    one, other = people(conn, 2)
    long_ago = NOW - timedelta(days=60)
    left, present = (other, one) if first else (one, other)
    save(conn, left, long_ago, enters=(replace(entering(TAG), not_before=long_ago),))
    enroll(conn, TAG, long_ago)
    outbox.end_episode(conn, left, "finance", 1, long_ago)
    save(conn, present, enters=(entering(PROPERTY),))
    enroll(conn, PROPERTY)
    episodes = united(conn, one, other).episodes
    assert [(one.channel, one.entered_at) for one in episodes if one.left_at is None] == [(PROPERTY, NOW)]
    assert {one.entered_at for one in episodes} == {NOW, long_ago}
    assert len({one.number for one in episodes}) == 2


@pytest.mark.parametrize("ending", ["sending", "unknown", "parked"])
def test_what_nobody_knows_the_end_of_is_a_person_s_to_look_at_under_her_who_is_left(
    conn: Connection, ending: str
) -> None:
    """Nothing may stay with somebody who is not there any more: no screening would get past it."""
    one, other = people(conn, 2)
    for contact in (one, other):
        save(conn, contact, enters=(entering(PROPERTY),))
    first, second = claimed(conn)
    outbox.mark_sending(conn, {first.id: PROPERTY, second.id: PROPERTY}, NOW)
    outbox.accept_enrollment(conn, first.id, PROPERTY, NOW)
    if ending != "sending":
        outbox.finish(conn, second.id, ending, "lost", NOW)
    assert len(united(conn, one, other).episodes) == 2
    (held,) = outbox.list_held(conn)
    assert (held.id, held.contact, held.episode) == (second.id, one, 2)
    assert outbox.discard(conn, held.id, NOW)
    assert [(episode.number, episode.left_at) for episode in person(conn, one).episodes] == [(1, None), (2, None)]
    orphans = text("SELECT count(*) FROM episode WHERE contact NOT IN (SELECT id FROM contact)")
    assert conn.scalar(orphans) == 0
