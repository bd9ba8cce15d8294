"""Where not all may enter at once, the best do: the highest priority of their track, then the highest score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, Judgement
from connector.store.ledger import TrackMemory
from connector.store.outbox import Pace

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
KEY = "hubspot:property:trellis_track"
HOUR = timedelta(hours=1)
KEEP_WARM, CLOSING = ("keep-warm", 30), ("closing", 70)


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    records = [Record("hubspot", str(500 + n), f"p{n}@acme.example", {}, NOW) for n in range(count)]
    return sorted(change.contact for change in ledger.take_in(conn, records, NOW).changed.values())


def want(conn: Connection, contact: int, track: tuple[str, int], score: int, at: datetime = NOW) -> None:
    name, priority = track
    (person,) = ledger.load_people(conn, [contact])
    way = {"source": "hubspot", "key": KEY, "segment": False}
    row = Judgement(
        contact=contact,
        position=person.position,
        revision=person.revision,
        day=TODAY,
        rulebook="r1",
        model="acquisition",
        score=score,
        exact=score * 1000,
        stage="nurture",
        since=TODAY,
        persona=None,
        phase=None,
        due=None,
        receipt=b"packed",
        tracks={name: TrackMemory(name, True, TODAY, at_baseline=False)},
        enters=(Entering(name, 1, (way,), None, at, "matches", priority),),
    )
    judgement.save_judgements(conn, [row], at)


def enter(conn: Connection, at: datetime, pace: Pace, guard: int = 500, *, at_once: int = 50) -> Sequence[int]:
    """Who is claimed now, and enters."""
    claimed = outbox.claim_enrollments(conn, at_once, 55, at, guard, pace=pace)
    for number in outbox.mark_sending(conn, {one.id: KEY for one in claimed}, at):
        outbox.accept_enrollment(conn, number, KEY, at)
    return [one.contact for one in claimed]


def test_of_those_who_wait_for_room_the_best_enter_first(conn: Connection) -> None:
    """maria, whom sales works with, stands last: forty silent people were decided on before her."""
    *silent, better, maria = people(conn, 42)
    for contact in silent:
        want(conn, contact, KEEP_WARM, 40)
    want(conn, better, KEEP_WARM, 60)
    want(conn, maria, CLOSING, 50)
    pace = Pace(per_hour=1)
    entered = [enter(conn, NOW + hour * HOUR, pace) for hour in range(4)]
    assert entered == [[maria], [better], [silent[0]], [silent[1]]]


def test_who_becomes_better_while_she_waits_overtakes(conn: Connection) -> None:
    first, second, maria = people(conn, 3)
    for contact in (first, second, maria):
        want(conn, contact, KEEP_WARM, 40)
    pace = Pace(per_hour=1)
    assert enter(conn, NOW, pace) == [first]
    want(conn, maria, KEEP_WARM, 70, NOW + HOUR / 2)
    assert enter(conn, NOW + HOUR, pace) == [maria]


def test_beyond_the_guard_the_best_enter_and_the_others_are_held(conn: Connection) -> None:
    first, second, maria = people(conn, 3)
    want(conn, first, KEEP_WARM, 40)
    want(conn, second, KEEP_WARM, 41)
    want(conn, maria, CLOSING, 50)
    assert sorted(enter(conn, NOW, Pace(), guard=2)) == [second, maria]
    assert conn.scalars(text("SELECT contact FROM intent WHERE state = 'held'")).all() == [first]


def test_the_best_are_claimed_first_though_all_may_enter(conn: Connection) -> None:
    """Should a platform go away in the middle, it is the others who wait."""
    first, second, maria = people(conn, 3)
    want(conn, first, KEEP_WARM, 40)
    want(conn, second, KEEP_WARM, 40)
    want(conn, maria, CLOSING, 50)
    assert enter(conn, NOW, Pace(), at_once=1) == [maria]


def test_who_waited_for_a_calendar_or_a_pace_that_is_wider_now_enters_at_once(conn: Connection) -> None:
    """Judged by the new rulebook she may begin earlier than was decided; later than that, nobody makes her wait."""
    (maria,) = people(conn, 1)
    want(conn, maria, CLOSING, 50, at=NOW)
    assert enter(conn, NOW, Pace(per_hour=1), guard=0) == []  # held
    conn.execute(text("UPDATE intent SET state = 'pending', not_before = :later"), {"later": NOW + 60 * HOUR})
    want(conn, maria, CLOSING, 50, at=NOW + HOUR)
    assert conn.scalars(text("SELECT not_before FROM intent")).all() == [NOW + HOUR]
    want(conn, maria, CLOSING, 50, at=NOW + 2 * HOUR)
    assert conn.scalars(text("SELECT not_before FROM intent")).all() == [NOW + HOUR]
    assert enter(conn, NOW + 2 * HOUR, Pace()) == [maria]
