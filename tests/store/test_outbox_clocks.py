"""The outbox under clocks and outages: who is put off, who expires, and who may be asked about again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, HandingOver, Judgement
from connector.store.ledger import TrackMemory

NOW = datetime(2026, 11, 27, 16, tzinfo=UTC)  # a Friday
DAY = NOW.date()
HOUR = timedelta(hours=1)
KEY = "hubspot:property:trellis_track"
WAY = {"source": "hubspot", "key": KEY, "segment": False}


def judged(conn: Connection, *, hold: str = "", handover: HandingOver | None = None) -> int:
    """Somebody who is to be enrolled, and perhaps handed over."""
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    taken = ledger.take_in(conn, [Record("hubspot", "500", "maria@acme.example", {}, NOW)], NOW)
    (contact,) = {change.contact for change in taken.changed.values()}
    (person,) = ledger.load_people(conn, [contact])
    row = Judgement(
        contact=contact,
        position=person.position,
        revision=person.revision,
        day=DAY,
        rulebook="r1",
        model="acquisition",
        score=57,
        exact=57000,
        stage="nurture",
        since=DAY,
        persona=None,
        phase=None,
        due=DAY + timedelta(days=30),
        receipt=b"packed",
        tracks={"finance": TrackMemory("finance", True, DAY, at_baseline=False)},
        enters=(Entering("finance", 1, (WAY,), None, NOW, "matches"),),
        handover=handover,
        handed_over=handover is not None,
        hold=hold,
    )
    assert judgement.save_judgements(conn, [row], NOW) == ()
    return contact


def enrollments(conn: Connection, now: datetime) -> int:
    return len(outbox.claim_enrollments(conn, 10, 55, now, 500))


def states(conn: Connection, kind: str) -> list[str]:
    return list(conn.scalars(text("SELECT state FROM intent WHERE kind = :kind"), {"kind": kind}))


def test_who_is_put_off_goes_later_and_lives_no_longer(conn: Connection) -> None:
    judged(conn)
    opens = NOW + timedelta(hours=15)
    assert outbox.put_off_enrollments(conn, NOW, opens) == 1
    assert outbox.put_off_enrollments(conn, NOW, opens) == 0
    assert enrollments(conn, opens - HOUR) == 0
    assert outbox.expire(conn, NOW + timedelta(hours=23)) == 0
    assert outbox.expire(conn, NOW + timedelta(hours=24)) == 1


def test_what_a_person_approved_on_a_friday_evening_goes_on_monday(conn: Connection) -> None:
    judged(conn, hold="guard")
    (held,) = outbox.list_held(conn)
    evening, monday = NOW + 4 * HOUR, NOW + timedelta(days=2, hours=16)
    assert outbox.approve(conn, held.id, evening)
    outbox.put_off_enrollments(conn, evening, monday)
    assert outbox.expire(conn, monday) == 0
    assert enrollments(conn, monday) == 1


def test_somebody_whom_a_worker_has_is_not_put_off(conn: Connection) -> None:
    judged(conn)
    assert enrollments(conn, NOW) == 1
    assert outbox.put_off_enrollments(conn, NOW, NOW + HOUR) == 0


def test_who_expires_in_the_evening_is_due_at_once_though_it_is_tomorrow_in_utc(conn: Connection) -> None:
    """In Los Angeles it is still the day before."""
    contact = judged(conn)
    evening = datetime(2026, 11, 29, 2, tzinfo=UTC)
    assert ledger.to_judge(conn, date(2026, 11, 28), "r1", 10) == []
    assert outbox.expire(conn, evening) == 1
    assert ledger.to_judge(conn, date(2026, 11, 28), "r1", 10) == [contact]


def test_a_hand_over_waits_as_long_as_she_stands_there(conn: Connection) -> None:
    judged(conn, handover=HandingOver(task="Call maria"))
    later = NOW + timedelta(days=3)
    (one,) = outbox.claim(conn, "handover", 10, 55, later)
    outbox.release(conn, one.id, "away", later, again_in_s=0)
    assert [each.id for each in outbox.claim(conn, "handover", 10, 55, later + timedelta(days=3))] == [one.id]
    assert states(conn, "enroll") == ["expired"]


def test_nothing_unknown_was_sent_in_the_future(conn: Connection) -> None:
    judged(conn)
    assert enrollments(conn, NOW) == 1
    ahead = NOW + 9 * HOUR
    (number,) = conn.scalars(text("SELECT id FROM intent")).all()
    outbox.mark_sending(conn, {number: KEY}, ahead)
    outbox.finish(conn, number, "unknown", "no answer", ahead)
    outbox.not_sent_after(conn, ahead + HOUR)
    assert outbox.unsettled(conn)[0].sending_at == ahead
    outbox.not_sent_after(conn, NOW)
    assert outbox.unsettled(conn)[0].sending_at == NOW
