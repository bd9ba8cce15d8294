"""Claims that cost nobody but the culprit: killers end alone, loops are held, an open question blocks one contact only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.holds import MOST_WRITES
from connector.store.judgement import Entering, Judgement
from connector.store.ledger import TrackMemory
from connector.store.outbox import MAX_ATTEMPTS

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
KEY = "hubspot:property:trellis_track"


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    taken = ledger.take_in(
        conn, [Record("hubspot", str(500 + n), f"p{n}@acme.example", {}, NOW) for n in range(count)], NOW
    )
    return sorted(change.contact for change in taken.changed.values())


def judge(conn: Connection, contact: int, at: datetime = NOW, tracks: Collection[str] = (), score: str = "") -> None:
    (now,) = ledger.load_people(conn, [contact])
    way = {"source": "hubspot", "key": KEY, "segment": False}
    row = Judgement(
        contact=contact,
        position=now.position,
        revision=now.revision,
        day=DAY,
        rulebook="r1",
        model="acquisition",
        score=57,
        exact=57000,
        stage="nurture",
        since=DAY,
        persona="finance_lead",
        phase=None,
        due=DAY + timedelta(days=1),
        receipt=b"packed",
        tracks={track: TrackMemory(track, True, DAY, at_baseline=False) for track in tracks},
        writes={"hubspot": {"score": score}} if score else {},
        enters=tuple(Entering(track, 1, (way,), "4711", at, "matches") for track in tracks),
    )
    assert judgement.save_judgements(conn, [row], at) == ()


def end_leases(conn: Connection) -> None:
    conn.execute(text("UPDATE intent SET lease_until = NULL"))


def endings(conn: Connection, kind: str) -> dict[int, str]:
    return dict(conn.execute(text("SELECT contact, state FROM intent WHERE kind = :kind"), {"kind": kind}).all())


# ---------------------------------------------------------------- who kills workers


@pytest.mark.parametrize("kind", ["write", "enroll"])
def test_one_who_kills_every_worker_is_parked_alone(conn: Connection, kind: str) -> None:
    everybody = people(conn, 60)
    killer = everybody[17]
    for one in everybody:
        judge(conn, one, tracks=("finance",) if kind == "enroll" else (), score="50" if kind == "write" else "")
    deaths = 0
    while True:
        claimed = (
            outbox.claim_writes(conn, "hubspot", 60, 300)
            if kind == "write"
            else outbox.claim_enrollments(conn, 60, 55, NOW, 500)
        )
        if not claimed:
            break
        if killer in {one.contact for one in claimed}:
            deaths += 1
        else:
            outbox.finish_all(conn, {one.id: ("accepted", "") for one in claimed}, NOW)
        end_leases(conn)
    assert endings(conn, kind) == {one: "parked" if one == killer else "accepted" for one in everybody}
    assert deaths == MAX_ATTEMPTS


def test_who_was_claimed_before_waits_for_those_who_were_not(conn: Connection) -> None:
    first, second = people(conn, 2)
    judge(conn, first, score="50")
    outbox.claim_writes(conn, "hubspot", 10, 300)
    end_leases(conn)
    judge(conn, second, score="50")
    assert [one.contact for one in outbox.claim_writes(conn, "hubspot", 10, 300)] == [second]
    assert [one.contact for one in outbox.claim_writes(conn, "hubspot", 10, 300)] == [first]


# ---------------------------------------------------------------- loops


def write_once(conn: Connection, contact: int, at: datetime, score: int) -> bool:
    """Judge and write; False where the write is held."""
    judge(conn, contact, at, score=str(score))
    claimed = outbox.claim_writes(conn, "hubspot", 10, 300)
    held = outbox.hold_loops(conn, [one.id for one in claimed], at)
    outbox.finish_all(conn, {one.id: ("accepted", "") for one in claimed if one.id not in held}, at)
    return bool(claimed) and not held


def test_what_is_written_again_and_again_is_held_and_the_rest_flows(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    minutes = [NOW + timedelta(minutes=n) for n in range(MOST_WRITES + 3)]
    went = [write_once(conn, maria, at, n) for n, at in enumerate(minutes)]
    assert went == [True] * (MOST_WRITES + 1) + [False] * 2
    (held,) = outbox.list_held(conn)
    assert (held.contact, held.payload["values"]["score"]) == (maria, str(MOST_WRITES + 2))
    assert held.reason == "written more than 12 times within an hour: something else changes what Trellis writes"
    assert write_once(conn, brian, minutes[-1], 1)


def test_a_person_who_lets_a_loop_go_begins_a_new_count(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    at = NOW
    while write_once(conn, maria, at, at.minute):
        at += timedelta(minutes=1)
    (held,) = outbox.list_held(conn)
    assert outbox.approve(conn, held.id, at)
    went = [write_once(conn, maria, at + timedelta(seconds=n), n) for n in range(1, MOST_WRITES + 3)]
    assert went == [True] * (MOST_WRITES + 1) + [False]


def test_many_writes_that_are_not_within_an_hour_are_no_loop(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    assert all(write_once(conn, maria, NOW + timedelta(minutes=5 * n), n) for n in range(3 * MOST_WRITES))


# ---------------------------------------------------------------- one enrollment of a contact at a time


def test_of_one_contact_one_enrollment_is_claimed_at_a_time(conn: Connection) -> None:
    maria, carla = people(conn, 2)
    judge(conn, maria, tracks=("finance", "winback"))
    judge(conn, carla, tracks=("finance",))
    first = outbox.claim_enrollments(conn, 50, 55, NOW, 500)
    assert [(one.contact, one.track) for one in first] == [(maria, "finance"), (carla, "finance")]
    assert outbox.claim_enrollments(conn, 50, 55, NOW, 500) == []
    outbox.accept_enrollment(conn, first[0].id, KEY, NOW)
    (second,) = outbox.claim_enrollments(conn, 50, 55, NOW, 500)
    assert (second.contact, second.track) == (maria, "winback")


@pytest.mark.parametrize("open_state", ["sending", "unknown"])
def test_a_question_that_is_open_blocks_only_its_contact(conn: Connection, open_state: str) -> None:
    maria, carla = people(conn, 2)
    judge(conn, maria, tracks=("finance", "winback"))
    judge(conn, carla, tracks=("winback",))
    asked, other = outbox.claim_enrollments(conn, 50, 55, NOW, 500)
    outbox.mark_sending(conn, {asked.id: KEY}, NOW)
    if open_state == "unknown":
        outbox.finish(conn, asked.id, "unknown", "no answer", NOW)
    outbox.release(conn, other.id, "later", NOW, again_in_s=0)
    assert [one.contact for one in outbox.claim_enrollments(conn, 50, 55, NOW, 500)] == [carla]


# ---------------------------------------------------------------- what was never sent uses nothing up


def test_one_that_was_tried_and_given_back_keeps_its_episode_free_when_a_person_discards_it(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, maria, tracks=("finance",))
    (one,) = outbox.claim_enrollments(conn, 50, 55, NOW, 500)
    outbox.mark_sending(conn, {one.id: KEY}, NOW)
    outbox.release(conn, one.id, "busy", NOW, again_in_s=0)
    assert outbox.claim_enrollments(conn, 50, 55, NOW, 0) == []
    (held,) = outbox.list_held(conn)
    assert outbox.discard(conn, held.id, NOW)
    (known,) = ledger.load_people(conn, [maria])
    assert known.episodes == ()


def test_news_that_no_judgement_knew_is_told(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    for one in (maria, brian):
        judge(conn, one)
    assert ledger.unjudged(conn, [maria, brian], "r1") == set()
    ledger.take_in(conn, [Record("hubspot", "500", "p0@acme.example", {"jobtitle": "CFO"}, NOW)], NOW)
    assert ledger.unjudged(conn, [maria, brian], "r1") == {maria}
    assert ledger.unjudged(conn, [maria, brian], "r2") == {maria, brian}
