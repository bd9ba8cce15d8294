"""How many enrollments of everybody go out within an hour and a day, whatever the order of claims, kills and clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from connector.facts import Record
from connector.store import judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, Judgement
from connector.store.ledger import TrackMemory
from connector.store.outbox import Intent, Pace

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KEY = "hubspot:property:trellis_track"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    records = [Record("hubspot", str(500 + n), f"p{n}@acme.example", {}, NOW) for n in range(count)]
    return sorted(change.contact for change in ledger.take_in(conn, records, NOW).changed.values())


def want(
    conn: Connection, contacts: Sequence[int], at: datetime, *, segment: bool = False, wanted: bool = True
) -> None:
    """Judge contacts so that they are to enter a track, or not any more."""
    way = {"source": "hubspot", "key": KEY, "segment": segment}
    day = date(2026, 11, 23)
    rows = [
        Judgement(
            contact=person.contact,
            position=person.position,
            revision=person.revision,
            day=day,
            rulebook="r1",
            model="acquisition",
            score=57,
            exact=57000,
            stage="nurture",
            since=day,
            persona=None,
            phase=None,
            due=None,
            receipt=b"packed",
            tracks={"finance": TrackMemory("finance", wanted, day, at_baseline=False)},
            enters=(Entering("finance", 1, (way,), None, at, "matches"),) if wanted else (),
        )
        for person in ledger.load_people(conn, contacts)
    ]
    judgement.save_judgements(conn, rows, at)


def claim(conn: Connection, at: datetime, pace: Pace, *, limit: int = 50, guard: int = 500) -> list[Intent]:
    return outbox.claim_enrollments(conn, limit, 55, at, guard, pace=pace)


def send(conn: Connection, at: datetime, pace: Pace, *, guard: int = 500) -> list[int]:
    """One claim, sent and accepted; who they were."""
    claimed = claim(conn, at, pace, guard=guard)
    for number in outbox.mark_sending(conn, {one.id: KEY for one in claimed}, at):
        outbox.accept_enrollment(conn, number, KEY, at)
    return [one.contact for one in claimed]


def end_leases(conn: Connection) -> None:
    conn.execute(text("UPDATE intent SET lease_until = clock_timestamp() - interval '1 second'"))


def kept(conn: Connection) -> list[tuple[str, datetime]]:
    return [(row.state, row.not_before) for row in conn.execute(text("SELECT * FROM intent ORDER BY id"))]


def test_beyond_the_pace_people_wait_and_nobody_is_held(conn: Connection) -> None:
    first, second, third, fourth, fifth = people(conn, 5)
    want(conn, [first, second, third, fourth, fifth], NOW)
    pace = Pace(per_hour=2)
    assert send(conn, NOW, pace) == [first, second]
    assert send(conn, NOW + 59 * MINUTE, pace) == []
    assert kept(conn)[2:] == [("pending", NOW + HOUR)] * 3
    assert send(conn, NOW + HOUR, pace) == [third, fourth]
    assert send(conn, NOW + 2 * HOUR, pace) == [fifth]


def test_the_window_slides_one_by_one(conn: Connection) -> None:
    first, second, third, fourth = people(conn, 4)
    pace = Pace(per_hour=2)
    for contact, minute in ((first, 0), (second, 40)):
        want(conn, [contact], NOW + minute * MINUTE)
        assert send(conn, NOW + minute * MINUTE, pace) == [contact]
    want(conn, [third, fourth], NOW + 50 * MINUTE)
    assert send(conn, NOW + 50 * MINUTE, pace) == []
    assert send(conn, NOW + 60 * MINUTE, pace) == [third]
    assert send(conn, NOW + 61 * MINUTE, pace) == []
    assert kept(conn)[3] == ("pending", NOW + 100 * MINUTE)
    assert send(conn, NOW + 100 * MINUTE, pace) == [fourth]


def test_both_windows_hold_and_waiting_costs_no_life(conn: Connection) -> None:
    waiting = people(conn, 4)
    want(conn, waiting, NOW)
    pace = Pace(per_hour=2, per_day=3)
    assert send(conn, NOW, pace) == waiting[:2]
    assert send(conn, NOW + HOUR, pace) == [waiting[2]]
    assert send(conn, NOW + 2 * HOUR, pace) == []
    assert send(conn, NOW + 23 * HOUR, pace) == []
    assert send(conn, NOW + DAY + 5 * HOUR, pace) == [waiting[3]]


def test_what_a_person_approved_keeps_the_pace_too(conn: Connection) -> None:
    waiting = people(conn, 3)
    want(conn, waiting, NOW)
    assert send(conn, NOW, Pace(per_hour=1), guard=1) == waiting[:1]
    for held in outbox.list_held(conn):
        assert outbox.approve(conn, held.id, NOW)
    assert send(conn, NOW + MINUTE, Pace(per_hour=1), guard=1) == []
    assert send(conn, NOW + HOUR, Pace(per_hour=1), guard=1) == [waiting[1]]
    assert outbox.list_held(conn) == []


def test_who_is_claimed_right_now_takes_room_until_her_worker_is_dead(conn: Connection, engine: Engine) -> None:
    first, second = people(conn, 2)
    want(conn, [first, second], NOW)
    pace = Pace(per_hour=1)
    assert [one.contact for one in claim(conn, NOW, pace)] == [first]
    conn.commit()
    with engine.begin() as other:
        assert claim(other, NOW, pace) == []
    assert kept(conn)[1] == ("pending", NOW + MINUTE)
    end_leases(conn)
    assert [one.contact for one in claim(conn, NOW + MINUTE, pace)] == [first]
    assert claim(conn, NOW + MINUTE, pace) == []


def test_a_list_that_nobody_listens_to_is_no_mail_and_is_guarded_by_itself(conn: Connection) -> None:
    mailed, listed, *more = people(conn, 5)
    want(conn, [listed, *more], NOW, segment=True)
    want(conn, [mailed], NOW)
    claimed = claim(conn, NOW, Pace(per_hour=1), guard=2)
    assert [one.contact for one in claimed] == [listed, more[0], mailed]
    assert [one.contact for one in outbox.list_held(conn)] == more[1:]


def test_what_was_held_is_over_with_its_match_though_it_waits_for_room(conn: Connection) -> None:
    first, second = people(conn, 2)
    want(conn, [first, second], NOW)
    assert send(conn, NOW, Pace(per_hour=1)) == [first]
    assert send(conn, NOW, Pace(per_hour=1)) == []
    want(conn, [second], NOW + MINUTE, wanted=False)
    assert send(conn, NOW + HOUR, Pace(per_hour=1)) == []


def test_a_clock_that_was_ahead_blocks_for_no_longer_than_a_window(conn: Connection) -> None:
    first, second = people(conn, 2)
    want(conn, [first], NOW + 90 * DAY)
    assert send(conn, NOW + 90 * DAY, Pace(per_hour=1)) == [first]
    want(conn, [second], NOW)
    assert send(conn, NOW, Pace(per_hour=1)) == []
    assert kept(conn)[1] == ("pending", NOW + HOUR)


# ---------------------------------------------------------------- laws

FATES = ("accepted", "unknown", "killed", "killed sending", "refused", "later", "parked", "discarded")


@dataclass(frozen=True)
class _Step:
    """The clock goes on by so many minutes, or back; then so many more are wanted, some held ones approved, some claimed."""

    minutes: int
    wanted: int
    approved: int
    limit: int
    fates: Sequence[str]


STEPS = st.lists(
    st.builds(
        _Step,
        minutes=st.sampled_from([0, 1, 20, 30, 59, 60, 240, 1440, -1, -30, -240]),
        wanted=st.integers(0, 5),
        approved=st.integers(0, 2),
        limit=st.integers(1, 5),
        fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=3),
    ),
    min_size=3,
    max_size=10,
)


class _Outbox:
    """An outbox in a trial, beside what a platform has been sent: (moment, whether a person approved it)."""

    def __init__(self, conn: Connection, contacts: list[int], pace: Pace, guard: int) -> None:
        self._conn, self._fresh, self._pace, self._guard = conn, list(contacts), pace, guard
        self._now = NOW
        self.sent: list[tuple[datetime, bool]] = []

    def take(self, step: _Step) -> None:
        self._now += step.minutes * MINUTE
        some, self._fresh = self._fresh[: step.wanted], self._fresh[step.wanted :]
        want(self._conn, some, self._now)
        for held in outbox.list_held(self._conn)[: step.approved]:
            outbox.approve(self._conn, held.id, self._now)
        self._claim(step.limit, step.fates)

    def _claim(self, limit: int, fates: Sequence[str]) -> None:
        conn, now = self._conn, self._now
        outbox.unsettled(conn)
        claimed = claim(conn, now, self._pace, limit=limit, guard=self._guard)
        for place, one in enumerate(claimed):
            fate = fates[place % len(fates)]
            if fate == "killed":
                continue
            (number,) = outbox.mark_sending(conn, {one.id: KEY}, now)
            if fate == "refused":
                outbox.refuse_enrollment(conn, number, "opted_out", now, now + DAY)
            elif fate == "later":
                outbox.release(conn, number, "busy", now, again_in_s=0)
            else:
                self.sent.append((now, one.approved_at is not None))
                if fate == "accepted":
                    outbox.accept_enrollment(conn, number, KEY, now)
                elif fate in ("unknown", "parked"):
                    outbox.finish(conn, number, fate, "no answer", now)
                elif fate == "discarded":
                    outbox.finish(conn, number, "parked", "no answer", now)
                    outbox.discard(conn, number, now)
        end_leases(conn)


def most_within(window: timedelta, moments: Sequence[datetime]) -> int:
    """The most of these moments that any window holds, its beginning left out."""
    return max((sum(end - window < one <= end for one in moments) for end in moments), default=0)


CAPS = st.sampled_from([(2, 5, 500), (None, 3, 500), (3, None, 4), (1, 2, 0)])


def test_no_window_ever_holds_more_than_it_may(conn: Connection) -> None:
    contacts = people(conn, 50)

    @given(CAPS, STEPS)
    def law(caps: tuple[int | None, int | None, int], steps: list[_Step]) -> None:
        per_hour, per_day, guard = caps
        trial = conn.begin_nested()
        tried = _Outbox(conn, contacts, Pace(per_hour, per_day), guard)
        for step in steps:
            tried.take(step)
        trial.rollback()
        moments = [at for at, _ in tried.sent]
        assert per_hour is None or most_within(HOUR, moments) <= per_hour
        assert per_day is None or most_within(DAY, moments) <= per_day
        assert most_within(DAY, [at for at, approved in tried.sent if not approved]) <= guard

    law()
