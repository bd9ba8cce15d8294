"""Judgements and what they ask of platforms: kept once, claimed once, sent at most once, held when it is too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, HandingOver, Judgement, Leaving, Move
from connector.store.ledger import Person, TrackMemory
from connector.store.outbox import MAX_ATTEMPTS, Intent

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
KEY = "hubspot:property:trellis_track"
HOURS_24 = timedelta(hours=24)


def people(conn: Connection, count: int = 1) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    taken = ledger.take_in(
        conn, [Record("hubspot", str(500 + n), f"p{n}@acme.example", {}, NOW) for n in range(count)], NOW
    )
    return sorted(change.contact for change in taken.changed.values())


def person(conn: Connection, contact: int) -> Person:
    (found,) = ledger.load_people(conn, [contact])
    return found


def entering(episode: int = 1, not_before: datetime = NOW) -> Entering:
    way = {"source": "hubspot", "key": KEY, "segment": False}
    return Entering("finance", episode, (way,), "4711", not_before, "matches")


def judged(conn: Connection, contact: int, **told: Any) -> Judgement:
    now = person(conn, contact)
    usual: dict[str, Any] = {
        "contact": contact,
        "position": now.position,
        "revision": now.revision,
        "day": DAY,
        "rulebook": "r1",
        "model": "acquisition",
        "score": 57,
        "exact": 57000,
        "stage": "nurture",
        "since": DAY,
        "persona": "finance_lead",
        "phase": None,
        "due": DAY + timedelta(days=1),
        "receipt": b"packed",
        "tracks": {"finance": TrackMemory("finance", True, DAY, at_baseline=False)},
    }
    return Judgement(**{**usual, **told})


def save(conn: Connection, contact: int, at: datetime = NOW, **told: Any) -> tuple[int, ...]:
    return judgement.save_judgements(conn, [judged(conn, contact, **told)], at)


def states(conn: Connection, kind: str) -> list[str]:
    return list(conn.scalars(text("SELECT state FROM intent WHERE kind = :kind ORDER BY id"), {"kind": kind}))


def end_leases(conn: Connection) -> None:
    conn.execute(
        text("UPDATE intent SET lease_until = clock_timestamp() - interval '1 second' WHERE lease_until > now()")
    )


def enrollments(conn: Connection, now: datetime = NOW, cap: int = 500, limit: int = 50) -> list[Intent]:
    return outbox.claim_enrollments(conn, limit, 55, now, cap)


def enroll(conn: Connection, now: datetime = NOW, cap: int = 500) -> None:
    claimed = enrollments(conn, now, cap)
    sent = outbox.mark_sending(conn, {one.id: KEY for one in claimed}, now)
    for number in sent:
        outbox.accept_enrollment(conn, number, KEY, now)


# ---------------------------------------------------------------- judgements


def test_a_judgement_comes_back_with_the_person_and_she_is_not_due_any_more(conn: Connection) -> None:
    (maria,) = people(conn)
    move = Move("new", "nurture", "score", rise=True)
    assert save(conn, maria, move=move, handed_over=True) == ()
    known = person(conn, maria)
    assert known.verdict is not None
    assert (known.verdict.score, known.verdict.receipt, known.stage, known.since) == (57, b"packed", "nurture", DAY)
    assert (known.verdict.model, known.verdict.persona, known.verdict.phase) == ("acquisition", "finance_lead", None)
    assert (known.verdict.rulebook, known.verdict.judged, known.revision) == ("r1", known.position, 1)
    assert (known.stage_rose, known.handed_over) == (DAY, True)
    assert known.track_states["finance"].matched
    assert [(flip.before, flip.after, flip.at) for flip in judgement.flips_of(conn, maria)] == [("new", "nurture", NOW)]
    assert ledger.to_judge(conn, DAY, "r1", 10) == []
    assert ledger.to_judge(conn, DAY + timedelta(days=1), "r1", 10) == [maria]
    assert ledger.to_judge(conn, DAY, "r2", 10) == [maria]
    assert ledger.to_judge(conn, DAY, "r2", 10, after=maria) == []
    assert ledger.count_stages(conn) == {"nurture": 1}


def test_what_comes_in_while_she_is_judged_is_not_missed(conn: Connection) -> None:
    (maria,) = people(conn)
    row = judged(conn, maria)
    ledger.take_in(conn, [Record("hubspot", "500", "p0@acme.example", {"jobtitle": "CFO"}, NOW)], NOW)
    judgement.save_judgements(conn, [row], NOW)
    assert ledger.to_judge(conn, DAY, "r1", 10) == [maria]


def test_of_two_judgements_at_once_one_is_kept(conn: Connection) -> None:
    (maria,) = people(conn)
    both = [judged(conn, maria, move=Move(None, stage, "score", rise=True), stage=stage) for stage in ("hot", "new")]
    assert judgement.save_judgements(conn, both[:1], NOW) == ()
    assert judgement.save_judgements(conn, both[1:], NOW) == (maria,)
    assert person(conn, maria).stage == "hot"
    assert len(judgement.flips_of(conn, maria)) == 1


def test_tracks_no_longer_told_are_forgotten(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria)
    save(conn, maria, tracks={"winback": TrackMemory("winback", False, DAY, at_baseline=True)})
    assert person(conn, maria).track_states == {"winback": TrackMemory("winback", False, DAY, at_baseline=True)}


def test_at_the_baseline_nobody_is_enrolled(conn: Connection) -> None:
    (maria,) = people(conn)
    for told in (
        {"enters": (entering(),)},
        {"handover": HandingOver(task="Call")},
        {"leaves": (Leaving("f", 1, KEY, ""),)},
    ):
        with pytest.raises(ValueError, match="baseline"):
            judged(conn, maria, baseline=True, **told)
    save(conn, maria, baseline=True, move=Move(None, "nurture", "score", rise=True), writes={"hubspot": {"s": "1"}})
    assert person(conn, maria).stage_rose is None
    assert outbox.hold_moves_beyond(conn, 0, ["hubspot"], NOW) == 0


# ---------------------------------------------------------------- writes


def test_a_newer_write_takes_the_place_of_one_that_waits(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, writes={"hubspot": {"score": "50"}, "mailchimp:main": {"s": "50"}})
    save(conn, maria, writes={"hubspot": {"score": "57"}})
    (one,) = outbox.claim_writes(conn, "hubspot", 10, 60)
    assert one.payload == {"values": {"score": "57"}}
    assert outbox.claim_writes(conn, "mailchimp:main", 10, 60) == []
    assert states(conn, "write") == ["superseded", "superseded", "pending"]


def test_a_newer_write_waits_until_the_older_is_off_the_road(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, writes={"hubspot": {"score": "50"}})
    (older,) = outbox.claim_writes(conn, "hubspot", 10, 60)
    save(conn, maria, writes={"hubspot": {"score": "57"}})
    assert outbox.claim_writes(conn, "hubspot", 10, 60) == []
    outbox.finish(conn, older.id, "accepted", "", NOW)
    assert [one.payload["values"]["score"] for one in outbox.claim_writes(conn, "hubspot", 10, 60)] == ["57"]


def test_a_released_write_comes_again_after_its_pause_and_is_never_worn_out(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, writes={"hubspot": {"score": "50"}})
    for _ in range(MAX_ATTEMPTS + 2):
        (one,) = outbox.claim_writes(conn, "hubspot", 10, 60)
        outbox.release(conn, one.id, "busy", NOW, again_in_s=30)
        assert outbox.claim_writes(conn, "hubspot", 10, 60) == []
        end_leases(conn)


def test_what_kills_its_worker_five_times_is_parked_for_a_person(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, writes={"hubspot": {"score": "50"}})
    for _ in range(MAX_ATTEMPTS):
        assert len(outbox.claim_writes(conn, "hubspot", 10, 60)) == 1
        end_leases(conn)
    assert outbox.claim_writes(conn, "hubspot", 10, 60) == []
    assert [(one.state, one.kind) for one in outbox.list_held(conn)] == [("parked", "write")]
    assert outbox.discard(conn, outbox.list_held(conn)[0].id, NOW)
    assert outbox.list_held(conn) == []


# ---------------------------------------------------------------- enrollments


def test_an_enrollment_is_one_row_however_often_it_is_wanted(conn: Connection) -> None:
    (maria,) = people(conn)
    for _ in range(3):
        save(conn, maria, enters=(entering(),))
    assert states(conn, "enroll") == ["pending"]
    enroll(conn)
    save(conn, maria, enters=(entering(),))
    assert states(conn, "enroll") == ["accepted"]
    known = person(conn, maria)
    assert [(one.track, one.number, one.channel, one.entered_at) for one in known.episodes] == [
        ("finance", 1, KEY, NOW)
    ]
    assert known.markers == {"finance": 1}


def test_an_enrollment_that_is_not_wanted_again_is_over(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    (one,) = enrollments(conn)
    save(conn, maria)
    assert states(conn, "enroll") == ["superseded"]
    assert outbox.mark_sending(conn, {one.id: KEY}, NOW) == frozenset()


def test_one_that_a_person_approved_waits_while_nobody_can_say_whether_it_is_wanted(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),), hold="opening batch")
    (held,) = outbox.list_held(conn)
    assert enrollments(conn) == []
    assert outbox.approve(conn, held.id, NOW)
    assert ledger.to_judge(conn, DAY, "r1", 10) == [maria]  # judged anew
    save(conn, maria, undecided=frozenset({"finance"}))
    assert states(conn, "enroll") == ["pending"]
    save(conn, maria)
    assert states(conn, "enroll") == ["superseded"]


def test_claims_of_enrollments_never_overlap_and_keep_the_guard(engine: Engine) -> None:
    with engine.begin() as conn:
        everybody = people(conn, 30)
        for one in everybody:
            save(conn, one, enters=(entering(),))
    together = Barrier(4)

    def claim() -> Sequence[Intent]:
        mine: list[Intent] = []
        together.wait(10)
        for _ in range(5):
            with engine.begin() as conn:
                mine += enrollments(conn, cap=12, limit=2)
        return mine

    with ThreadPoolExecutor(4) as pool:
        claimed = [one.id for result in [pool.submit(claim) for _ in range(4)] for one in result.result()]
    assert len(claimed) == len(set(claimed)) == 12
    with engine.connect() as conn:
        assert outbox.pending_counts(conn) == {("enroll", "pending"): 12, ("enroll", "held"): 18}


def test_the_guard_slides_and_what_is_approved_does_not_count(conn: Connection) -> None:
    everybody = people(conn, 5)
    for one in everybody[:3]:
        save(conn, one, enters=(entering(),))
    enroll(conn, cap=2)
    assert sorted(states(conn, "enroll")) == ["accepted", "accepted", "held"]
    assert outbox.enrolled_since(conn, NOW) == 2
    assert outbox.approve(conn, outbox.list_held(conn)[0].id, NOW)
    enroll(conn, cap=2)
    assert states(conn, "enroll") == ["accepted"] * 3
    later = NOW + HOURS_24 + timedelta(seconds=1)
    for one in everybody[3:]:
        save(conn, one, at=later, enters=(entering(not_before=later),))
    enroll(conn, now=later, cap=2)
    assert states(conn, "enroll") == ["accepted"] * 5


def test_nothing_is_sent_before_its_time_or_after_its_life(conn: Connection) -> None:
    (maria,) = people(conn)
    monday = NOW + timedelta(days=3)
    save(conn, maria, enters=(entering(not_before=monday),))
    assert enrollments(conn, monday - timedelta(seconds=1)) == []
    assert len(enrollments(conn, monday)) == 1
    end_leases(conn)
    assert enrollments(conn, monday + HOURS_24) == []
    assert states(conn, "enroll") == ["expired"]


def test_a_held_one_lives_from_its_approval(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),), hold="guard")
    week_later = NOW + timedelta(days=7)
    assert outbox.expire(conn, week_later) == 0
    (held,) = outbox.list_held(conn)
    assert outbox.approve(conn, held.id, week_later)
    assert not outbox.approve(conn, held.id, week_later)
    assert len(enrollments(conn, week_later + timedelta(hours=23))) == 1


def test_a_lease_that_is_over_lets_nothing_out(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    (one,) = enrollments(conn)
    end_leases(conn)
    assert outbox.mark_sending(conn, {one.id: KEY}, NOW) == frozenset()
    (again,) = enrollments(conn)
    assert outbox.mark_sending(conn, {again.id: KEY}, NOW) == {one.id}
    assert enrollments(conn) == []


def test_what_died_while_it_was_sent_is_unknown_and_uses_its_episode_up(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    outbox.mark_sending(conn, {one.id: KEY for one in enrollments(conn)}, NOW)
    assert outbox.unsettled(conn) == []
    end_leases(conn)
    (one,) = outbox.unsettled(conn)
    assert (one.state, one.channel, one.sending_at) == ("unknown", KEY, NOW)
    assert person(conn, maria).markers == {"finance": 1}
    save(conn, maria, enters=(entering(),))
    assert states(conn, "enroll") == ["unknown"]
    outbox.release(conn, one.id, "proven absent", NOW, again_in_s=0)
    assert person(conn, maria).markers == {}
    end_leases(conn)
    assert [again.id for again in enrollments(conn)] == [one.id]


def test_what_cannot_be_looked_up_is_parked_and_its_episode_stays_used(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    outbox.mark_sending(conn, {one.id: KEY for one in enrollments(conn)}, NOW)
    end_leases(conn)
    (one,) = outbox.unsettled(conn)
    outbox.finish(conn, one.id, "parked", "cannot be looked up", NOW)
    save(conn, maria, enters=(entering(),))
    assert states(conn, "enroll") == ["parked"]
    assert outbox.discard(conn, one.id, NOW)
    assert person(conn, maria).markers == {"finance": 1}


def test_a_refusal_frees_the_episode(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    (one,) = enrollments(conn)
    outbox.mark_sending(conn, {one.id: KEY}, NOW)
    outbox.finish(conn, one.id, "refused", "the list is gone", NOW)
    assert person(conn, maria).episodes == ()
    save(conn, maria, enters=(entering(),))
    assert states(conn, "enroll") == ["refused", "pending"]


def test_a_segment_uses_no_episode_up(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    (one,) = enrollments(conn)
    outbox.mark_sending(conn, {one.id: KEY}, NOW)
    outbox.accept_enrollment(conn, one.id, KEY, NOW, segment=True)
    assert person(conn, maria).episodes == ()


def test_leaving_is_asked_once_and_ends_the_episode(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, enters=(entering(),))
    enroll(conn)
    for _ in range(2):
        save(conn, maria, leaves=(Leaving("finance", 1, KEY, "customer"),))
    (one,) = outbox.claim(conn, "leave", 10, 60, NOW)
    assert (one.payload, one.why) == ({"key": KEY}, "customer")
    outbox.finish(conn, one.id, "accepted", "", NOW)
    outbox.end_episode(conn, maria, "finance", 1, NOW)
    outbox.end_episode(conn, maria, "finance", 1, NOW + HOURS_24)
    assert [episode.left_at for episode in person(conn, maria).episodes] == [NOW]


def test_a_hand_over_that_may_have_happened_is_for_a_person(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, handover=HandingOver(("ana@team.example",), "Call", "why", NOW), handed_over=True)
    (one,) = outbox.claim(conn, "handover", 10, 60, NOW)
    assert one.payload["due"] == NOW.isoformat()
    outbox.mark_sending(conn, {one.id: "hubspot:task"}, NOW)
    end_leases(conn)
    assert outbox.unsettled(conn) == []
    assert states(conn, "handover") == ["parked"]


# ---------------------------------------------------------------- the guard on stage moves


def move_everybody(conn: Connection, everybody: Sequence[int], writes: Mapping[str, Mapping[str, str]]) -> None:
    for one in everybody:
        save(conn, one, move=Move("new", "hot", "score", rise=True), writes=writes, enters=(entering(),))


def test_moves_beyond_the_guard_are_held_with_all_that_hangs_on_them(conn: Connection) -> None:
    everybody = people(conn, 4)
    move_everybody(conn, everybody, {"hubspot": {"stage": "hot"}, "mailchimp:main": {"stage": "hot"}})
    assert outbox.hold_moves_beyond(conn, 3, ["hubspot"], NOW) == 3
    assert {one.contact for one in outbox.list_held(conn)} == {everybody[3]}
    claimed = outbox.claim_writes(conn, "hubspot", 10, 60)
    assert [one.contact for one in claimed] == everybody[:3]
    for one in claimed:
        outbox.finish(conn, one.id, "accepted", "", NOW)
    assert outbox.moves_delivered(conn, NOW) == 3
    assert outbox.moves_delivered(conn, NOW + HOURS_24) == 0


def test_judging_again_does_not_slip_a_hold(conn: Connection) -> None:
    (maria,) = people(conn)
    move_everybody(conn, [maria], {"hubspot": {"stage": "hot"}})
    outbox.hold_moves_beyond(conn, 0, ["hubspot"], NOW)
    save(conn, maria, writes={"hubspot": {"stage": "hot", "score": "80"}}, enters=(entering(),))
    assert outbox.claim_writes(conn, "hubspot", 10, 60) == []
    held = outbox.list_held(conn)
    assert {one.kind for one in held} == {"write", "enroll"}
    for one in held:
        assert outbox.approve(conn, one.id, NOW)
    assert outbox.hold_moves_beyond(conn, 0, ["hubspot"], NOW) == 0
    assert [one.payload["values"]["score"] for one in outbox.claim_writes(conn, "hubspot", 10, 60)] == ["80"]


def test_a_hold_that_is_discarded_is_not_written(conn: Connection) -> None:
    (maria,) = people(conn)
    save(conn, maria, writes={"hubspot": {"stage": "hot"}}, hold="guard")
    (held,) = outbox.list_held(conn)
    assert outbox.discard(conn, held.id, NOW)
    assert not outbox.discard(conn, held.id, NOW)
    assert outbox.claim_writes(conn, "hubspot", 10, 60) == []


# ---------------------------------------------------------------- merged people


def test_an_episode_used_up_by_either_stays_used_up(conn: Connection) -> None:
    keep, gone = people(conn, 2)
    for one in (keep, gone):
        save(conn, one, enters=(entering(),))
    first, second = enrollments(conn)
    outbox.release(conn, first.id, "later", NOW, again_in_s=0)
    outbox.mark_sending(conn, {second.id: KEY}, NOW)
    outbox.accept_enrollment(conn, second.id, KEY, NOW)
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert person(conn, keep).markers == {"finance": 1}
    assert states(conn, "enroll") == ["superseded", "accepted"]
    save(conn, keep, enters=(entering(),))
    assert states(conn, "enroll") == ["superseded", "accepted"]
    assert ledger.load_people(conn, [gone]) == []


def test_a_judgement_of_somebody_who_was_merged_meanwhile_is_dropped(conn: Connection) -> None:
    keep, gone = people(conn, 2)
    row = judged(conn, gone)
    ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert judgement.save_judgements(conn, [row, replace(judged(conn, keep), stage="hot")], NOW) == (gone,)
    assert person(conn, keep).stage == "hot"
