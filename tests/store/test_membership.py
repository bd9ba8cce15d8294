"""Lists and tags kept in line: what is to be done is the difference, who waits for a person waits, and two become one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from connector.facts import Record
from connector.store import ledger, membership, roster
from connector.store.bulk.read import slices
from connector.store.bulk.slice import Wanted
from connector.store.bulk.write import BelongingRows, write_belonging
from connector.store.engine import writer_lock
from connector.store.membership import Belonging, approve_segment, keep_memberships, waiting_segments

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOT = Belonging("hubspot:list:Hot", "hubspot", "hot", guarded=True)
TAG = Belonging("mailchimp:main:tag:hot", "mailchimp:main", "hot")
PAUSED = Belonging("hubspot:list:Paused", "hubspot", "paused")


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    taken = ledger.take_in(conn, [Record("hubspot", str(500 + n), None, {}, NOW) for n in range(count)], NOW)
    return sorted(change.contact for change in taken.changed.values())


def judge(conn: Connection, belong: dict[int, tuple[Belonging, ...]], *, baseline: bool = False) -> None:
    told = [(contact, one) for contact, places in belong.items() for one in places]
    keep_memberships(conn, dict.fromkeys(belong, TODAY), told, baseline=baseline)


def put(conn: Connection, place: Belonging = HOT, now: datetime = NOW) -> list[int]:
    """Put there whoever is to be."""
    contacts = [one.contact for one in roster.to_put(conn, place.key, 1000, now)]
    roster.were_put(conn, place.key, contacts)
    return contacts


def to_take_off(conn: Connection, place: Belonging = HOT) -> list[int]:
    return [one.contact for one in roster.to_take_off(conn, place.key, 1000, NOW)]


def test_only_differences_are_to_be_done(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    judge(conn, {maria: (HOT, PAUSED), brian: ()})
    assert roster.open_keys(conn, NOW) == {HOT.key: "hubspot", PAUSED.key: "hubspot"}
    assert (put(conn), put(conn, PAUSED)) == ([maria], [maria])
    judge(conn, {maria: (HOT, PAUSED), brian: ()})
    assert roster.open_keys(conn, NOW) == {}
    judge(conn, {maria: (PAUSED,), brian: (HOT,)})
    assert (to_take_off(conn), put(conn)) == ([maria], [brian])
    roster.were_taken_off(conn, HOT.key, [maria], NOW)
    assert roster.open_keys(conn, NOW) == {}


def test_the_day_since_when_is_that_of_the_last_change(conn: Connection) -> None:
    (maria,) = people(conn, 1)

    def since() -> date | None:
        return conn.scalar(text("SELECT since FROM membership WHERE contact = :id"), {"id": maria})

    judge(conn, {maria: (HOT,)})
    keep_memberships(conn, {maria: TODAY + timedelta(days=3)}, [(maria, HOT)], baseline=False)
    assert since() == TODAY
    keep_memberships(conn, {maria: TODAY + timedelta(days=4)}, [], baseline=False)
    assert since() == TODAY + timedelta(days=4)


def test_who_belongs_at_the_baseline_waits_for_a_person_where_somebody_might_listen(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    judge(conn, {maria: (HOT, TAG, PAUSED), brian: (HOT,)}, baseline=True)
    assert waiting_segments(conn) == [membership.WaitingSegment("hot", 2)]
    assert put(conn) == []
    assert put(conn, PAUSED) == [maria]
    assert approve_segment(conn, "hot", NOW) == 2
    assert approve_segment(conn, "hot", NOW) == 0
    assert put(conn) == [maria, brian]
    assert roster.put_lately(conn, HOT.key, NOW) == 0  # a person said yes to them


def test_whoever_leaves_while_she_waits_waits_no_more_and_comes_back_like_anybody(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, {maria: (HOT,)}, baseline=True)
    judge(conn, {maria: ()})
    assert waiting_segments(conn) == []
    assert to_take_off(conn) == []
    judge(conn, {maria: (HOT,)})
    assert put(conn) == [maria]


@pytest.mark.parametrize(("room", "goes"), [(0, 0), (2, 2), (9, 5), (-3, 0)])
def test_beyond_the_room_people_wait_and_those_who_came_first_go(conn: Connection, room: int, goes: int) -> None:
    crowd = people(conn, 5)
    judge(conn, dict.fromkeys(crowd, (HOT,)))
    assert roster.hold_beyond(conn, HOT.key, room, NOW) == 5 - goes
    assert put(conn) == crowd[:goes]
    assert roster.put_lately(conn, HOT.key, NOW) == goes
    assert roster.put_lately(conn, HOT.key, NOW + timedelta(hours=25)) == 0
    assert [one.people for one in waiting_segments(conn)] == ([5 - goes] if goes < 5 else [])


def test_what_was_tried_and_broken_off_takes_no_room_twice(conn: Connection) -> None:
    crowd = people(conn, 3)
    judge(conn, dict.fromkeys(crowd, (HOT,)))
    for _ in range(2):
        assert len(roster.to_put(conn, HOT.key, 9, NOW)) == 3
        assert roster.put_lately(conn, HOT.key, NOW) == 0
    judge(conn, dict.fromkeys(crowd, ()))
    assert roster.put_lately(conn, HOT.key, NOW) == 3  # they may stand there
    assert roster.seen_there(conn, HOT.key, ["501"]) == 1
    assert to_take_off(conn) == [crowd[1]]


def test_taking_off_never_waits(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, {maria: (HOT,)})
    put(conn)
    judge(conn, {maria: ()})
    roster.hold_beyond(conn, HOT.key, 0, NOW)
    assert to_take_off(conn) == [maria]


def test_once_it_is_known_that_nobody_listens_nobody_waits(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, {maria: (HOT,)}, baseline=True)
    roster.let_go(conn, {HOT.key})
    assert put(conn) == []
    roster.let_go(conn, set())
    assert put(conn) == [maria]


def test_whom_the_platform_refuses_is_left_until_the_day(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    judge(conn, {maria: (HOT,), brian: (HOT,)})
    roster.ask_again(conn, HOT.key, [maria], NOW + timedelta(days=1))
    assert put(conn) == [brian]
    assert roster.open_keys(conn, NOW) == {}
    assert put(conn, now=NOW + timedelta(days=1)) == [maria]


def test_whom_the_platform_shows_elsewhere_is_put_there_again_and_who_is_there_is_not(conn: Connection) -> None:
    maria, brian, noor = people(conn, 3)
    judge(conn, {maria: (HOT,), brian: (HOT,), noor: ()})
    put(conn)
    assert roster.seen_there(conn, HOT.key, ["500", "502", "999"]) == 1  # noor was put there by a person, and stays
    assert put(conn) == [brian]
    assert to_take_off(conn) == []
    roster.emptied(conn, HOT.key)
    assert put(conn) == [maria, brian]


def test_who_is_there_already_waits_for_nobody(conn: Connection) -> None:
    """The store was lost: the first judgement is a baseline, and the list is full."""
    maria, brian = people(conn, 2)
    judge(conn, {maria: (HOT,), brian: (HOT,)}, baseline=True)
    assert roster.seen_there(conn, HOT.key, ["500"]) == 1
    assert [one.people for one in waiting_segments(conn)] == [1]
    judge(conn, {maria: (), brian: ()})
    assert to_take_off(conn) == [maria]


def test_of_two_who_are_one_the_record_that_is_left_is_taken_off(conn: Connection) -> None:
    keep, gone = people(conn, 2)
    judge(conn, {keep: (), gone: (HOT, PAUSED)})
    put(conn)
    judge(conn, {keep: (HOT,), gone: (HOT, PAUSED)})
    ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert conn.scalars(text("SELECT DISTINCT contact FROM membership")).all() == [keep]
    assert put(conn) == []  # one of the two stands there
    judge(conn, {keep: ()})
    assert [(one.contact, one.id) for one in roster.to_take_off(conn, HOT.key, 9, NOW)] == [(keep, "500")]


def test_whoever_has_no_record_there_is_not_to_be_put_there(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, {maria: (TAG,)})
    assert put(conn, TAG) == []


def test_by_columns_it_is_kept_and_read_as_singly(engine: Engine) -> None:
    with engine.begin() as conn:
        maria, brian, noor = people(conn, 3)
        held = BelongingRows(np.array([maria, noor]), HOT, TODAY, held=True)
        write_belonging(conn, held)
        write_belonging(conn, BelongingRows(np.array([brian]), TAG, TODAY, held=False))
        write_belonging(conn, BelongingRows(np.array([], np.int64), PAUSED, TODAY, held=False))
        columns = conn.execute(text("SELECT contact, key, source, segment, wanted, since, there, held FROM membership"))
        assert set(map(tuple, columns)) == {
            (maria, HOT.key, "hubspot", "hot", True, TODAY, False, True),
            (noor, HOT.key, "hubspot", "hot", True, TODAY, False, True),
            (brian, TAG.key, "mailchimp:main", "hot", True, TODAY, False, False),
        }
        judge(conn, {noor: ()})
        conn.execute(
            text(
                "INSERT INTO flip (contact, after, cause, rise, baseline, day, at)"
                " VALUES (:maria, 'hot', 'score', true, false, :day, :now), (:brian, 'hot', 'score', true, true, :day, :now),"
                " (:noor, 'hot', 'score', true, false, :before, :now)"
            ),
            {
                "maria": maria,
                "brian": brian,
                "noor": noor,
                "day": TODAY,
                "before": TODAY - timedelta(days=1),
                "now": NOW,
            },
        )
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
        (one,) = slices(conn, Wanted({}, keys=(HOT.key, TAG.key), rises_since=TODAY))
        (unasked,) = slices(conn, Wanted({}, keys=(HOT.key,)))
    assert {key: there.tolist() for key, there in one.belongs.items()} == {
        HOT.key: [True, False, False],
        TAG.key: [False, True, False],
    }
    assert one.rose.tolist() == [True, False, False]
    assert not unasked.rose.any()
    assert unasked.alone.tolist() == [False, True, False]  # she belongs where the rulebook names nothing any more
    assert not one.alone.any()
