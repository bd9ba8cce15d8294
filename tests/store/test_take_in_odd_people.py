"""Taking in what is odd: who is deleted and made anew, who is united within one call, addresses that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from connector.facts import Event, Record
from connector.store import ledger, listing, settling
from connector.store.engine import writer_lock
from connector.store.ledger import TakenIn

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
NOOR = "noor@acme.example"
MAIN = "mailchimp:main"


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def hubspot(
    id_: str,
    minute: int,
    email: str | None = None,
    *,
    merged: tuple[str, ...] = (),
    archived: bool = False,
    **values: str,
) -> Record:
    return Record("hubspot", id_, email, values, at(minute), archived, merged)


def member(id_: str, email: str) -> Record:
    return Record(MAIN, id_, email, {"status": "unsubscribed"}, at(0))


def take_in(conn: Connection, minute: int, *records: Record) -> TakenIn:
    writer_lock(conn)
    return ledger.take_in(conn, records, at(minute))


def owner(conn: Connection, source: str, id_: str) -> int:
    return ledger.contacts_of(conn, source, [id_])[id_]


def open_conflicts(conn: Connection) -> int:
    return int(conn.scalar(text("SELECT count(*) FROM failure WHERE resolved_at IS NULL")) or 0)


# ---------------------------------------------------------------- deleted and made anew


@pytest.mark.parametrize("told_first", ["that she is gone", "that she is there anew"])
def test_who_is_deleted_and_made_anew_is_the_same_person_whose_opt_out_counts(
    conn: Connection, told_first: str
) -> None:
    take_in(conn, 1, hubspot("1", 0, NOOR, jobtitle="CFO"), member("m1", NOOR))
    if told_first == "that she is gone":
        ledger.mark_archived(conn, "hubspot", ["1"], at(2))
        take_in(conn, 3, hubspot("9", 2, NOOR, jobtitle="CFO"))
    else:
        take_in(conn, 2, hubspot("9", 2, NOOR, jobtitle="CFO"))
        assert open_conflicts(conn) == 1
        ledger.mark_archived(conn, "hubspot", ["1"], at(3))
    noor = owner(conn, "hubspot", "9")
    assert noor == owner(conn, MAIN, "m1") == owner(conn, "hubspot", "1")
    (person,) = ledger.load_people(conn, [noor])
    assert {source: one.id for source, one in person.records.items()} == {"hubspot": "9", MAIN: "m1"}
    assert not person.records["hubspot"].archived
    assert open_conflicts(conn) == 0


def made_anew(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, NOOR, jobtitle="CFO"))
    ledger.mark_archived(conn, "hubspot", ["1"], at(2))
    take_in(conn, 3, hubspot("9", 2, NOOR, jobtitle="CEO"))


def test_what_the_bin_still_shows_of_her_does_not_come_in_the_way(conn: Connection) -> None:
    made_anew(conn)
    assert not take_in(conn, 5, hubspot("1", 4, NOOR, jobtitle="CFO", archived=True)).changed
    (person,) = ledger.load_people(conn, [owner(conn, "hubspot", "9")])
    assert (person.records["hubspot"].id, person.records["hubspot"].archived) == ("9", False)


def test_who_is_restored_beside_her_successor_is_somebody_else_until_a_person_says_otherwise(conn: Connection) -> None:
    made_anew(conn)
    both = [hubspot("1", 4, NOOR, jobtitle="CFO"), hubspot("9", 2, NOOR, jobtitle="CEO")]
    assert len(take_in(conn, 5, *both).changed) == 1
    assert not take_in(conn, 6, *both).changed
    assert owner(conn, "hubspot", "1") != owner(conn, "hubspot", "9")
    assert open_conflicts(conn) == 1


def test_two_who_are_there_at_once_stay_two(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, NOOR), hubspot("2", 0, NOOR), hubspot("3", 0, NOOR))
    ledger.mark_archived(conn, "hubspot", ["1"], at(2))  # whose successor 2 or 3 is, nobody knows
    assert len({owner(conn, "hubspot", id_) for id_ in "123"}) == 3


def test_who_has_members_of_her_own_is_not_guessed_to_be_made_anew(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, "a@acme.example"), member("m1", "a@acme.example"))
    take_in(conn, 1, hubspot("2", 0, NOOR), member("m2", NOOR))
    take_in(conn, 3, hubspot("1", 2, NOOR))
    ledger.mark_archived(conn, "hubspot", ["1"], at(4))
    assert owner(conn, "hubspot", "1") == owner(conn, MAIN, "m1") != owner(conn, MAIN, "m2")


# ---------------------------------------------------------------- united within one call


def test_news_of_who_is_united_later_in_the_same_call_are_news_of_who_is_left(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, "a@acme.example", opens="1"), hubspot("2", 0, "b@acme.example", opens="1"))
    merge = hubspot("3", 3, "a@acme.example", merged=("1", "2"), opens="4")
    taken = take_in(conn, 4, hubspot("2", 2, "b@acme.example", opens="3"), merge)
    left = owner(conn, "hubspot", "3")
    assert {name: change.contact for name, change in taken.changed.items()} == {
        ("hubspot", "2"): left, ("hubspot", "3"): left,
    }  # fmt: skip


# ---------------------------------------------------------------- names that are read no more


def test_a_name_that_is_read_again_after_a_while_is_no_change_of_hers(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, NOOR, jobtitle="CFO", phone="1"))
    take_in(conn, 2, hubspot("1", 0, NOOR, phone="2"))
    taken = take_in(conn, 3, hubspot("1", 0, NOOR, jobtitle="CFO", phone="2"))
    (change,) = taken.changed.values()
    (person,) = ledger.load_people(conn, [change.contact])
    then = ledger.person_as_of(conn, change.contact, at(9))
    assert then is not None
    assert then.changed == person.changed == {("hubspot", "phone"): at(2)}
    assert then.records["hubspot"].values == {"jobtitle": "CFO", "phone": "2"}
    without = ledger.person_as_of(conn, change.contact, at(2))
    assert without is not None
    assert without.records["hubspot"].values == {"jobtitle": None, "phone": "2"}


# ---------------------------------------------------------------- addresses that are none, keys of any text


def test_an_address_longer_than_any_can_be_costs_nobody_else(conn: Connection) -> None:
    endless = "".join(map(chr, range(0x4E00, 0x8E00))) + "@acme.example"
    taken = take_in(conn, 1, hubspot("1", 0, endless), hubspot("2", 0, NOOR))
    assert len(taken.changed) == 2
    assert len(take_in(conn, 2, hubspot("1", 1, f"x{endless}"), hubspot("2", 1, NOOR, city="Vic")).changed) == 2
    ledger.forget(conn, owner(conn, "hubspot", "1"), at(3))
    assert take_in(conn, 4, hubspot("3", 3, f"{endless}x")).forgotten == 0


def test_the_erasure_of_somebody_with_a_blank_address_keeps_nobody_else_out(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, "  "))
    ledger.forget(conn, owner(conn, "hubspot", "1"), at(2))
    taken = take_in(conn, 3, hubspot("1", 2, "  "), hubspot("2", 2, "   "))
    assert (taken.forgotten, [id_ for _, id_ in taken.changed]) == (1, ["2"])


def test_who_is_erased_is_gone_from_what_a_full_read_has_met(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, NOOR), hubspot("2", 0, "maria@acme.example"))
    listing.list_ids(conn, "hubspot", ["1", "2"])
    ledger.forget(conn, owner(conn, "hubspot", "1"), at(2))
    assert conn.scalars(text("SELECT platform_id FROM listed")).all() == ["2"]


def test_an_act_with_an_odd_key_can_wait(conn: Connection) -> None:
    take_in(conn, 1, hubspot("1", 0, NOOR))
    noor = owner(conn, "hubspot", "1")
    settling.put_aside(conn, [(noor, Event("form_submit", at(0), at(0), "demo\0\ud800", "demo\0"))])
    assert settling.settle(conn, 10).added == 1
