"""One person over both platforms: who is recognized, and that nobody is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from connector.facts import Record, normal_email
from connector.store import failures, ledger
from connector.store.engine import writer_lock
from connector.store.failures import Failure

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAIN, CLUB = "mailchimp:main", "mailchimp:club"
MARIA = "maria@acme.example"


def told(source: str, id_: str, email: str | None, minute: int = 0, **more: object) -> Record:
    return Record(source, id_, email, {"email": email}, NOW + timedelta(minutes=minute), **more)  # type: ignore[arg-type]


def hubspot(id_: str, email: str | None, minute: int = 0, **more: object) -> Record:
    return told("hubspot", id_, email, minute, **more)


def member(id_: str, email: str | None, minute: int = 0, **more: object) -> Record:
    return told(MAIN, id_, email, minute, **more)


def take_in(conn: Connection, *records: Record) -> None:
    writer_lock(conn)
    ledger.take_in(conn, records, NOW)
    ledger.settle_conflicts(conn, NOW)


def owner(conn: Connection, source: str, id_: str) -> int:
    return ledger.contacts_of(conn, source, [id_])[id_]


def listed(conn: Connection) -> Sequence[Failure]:
    return failures.list_failures(conn, step="identity")


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Maria@Acme.example ", "maria@acme.example"),
        ("JOSE\N{COMBINING ACUTE ACCENT}@acme.example", "josé@acme.example"),
        ("MARIA.LOPEZ+news@ACME.EXAMPLE", "maria.lopez+news@acme.example"),
    ],
)
def test_blanks_case_and_the_way_of_writing_an_accent_do_not_tell_people_apart(
    conn: Connection, one: str, other: str
) -> None:
    take_in(conn, hubspot("1", one))
    take_in(conn, member("m1", other))
    assert owner(conn, "hubspot", "1") == owner(conn, MAIN, "m1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("maria.lopez@acme.example", "marialopez@acme.example"),
        ("maria@acme.example", "maria+news@acme.example"),
        ("josé@acme.example", "jose@acme.example"),
        ("maria@acme.example", "maria@mail.acme.example"),
    ],
)
def test_dots_tags_accents_and_domains_do(conn: Connection, one: str, other: str) -> None:
    take_in(conn, hubspot("1", one))
    take_in(conn, member("m1", other))
    assert owner(conn, "hubspot", "1") != owner(conn, MAIN, "m1")
    assert listed(conn) == []


@given(st.text(st.characters(codec="utf-8"), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_normalizing_an_address_twice_changes_nothing(address: str) -> None:
    assert normal_email(normal_email(address)) == normal_email(address)


# ---------------------------------------------------------------- addresses that change


def test_who_changes_her_address_at_hubspot_stays_one_with_her_member(conn: Connection) -> None:
    take_in(conn, hubspot("1", MARIA), member("m1", MARIA))
    take_in(conn, hubspot("1", "maria@new.example", 1))
    assert owner(conn, "hubspot", "1") == owner(conn, MAIN, "m1")
    take_in(conn, member("m1", "maria@new.example", 2))
    assert ledger.count_contacts(conn) == 1
    assert listed(conn) == []


def test_who_changes_it_at_mailchimp_keeps_her_contact_id_and_stays_one(conn: Connection) -> None:
    take_in(conn, hubspot("1", MARIA), member("m1", MARIA))
    take_in(conn, member("m1", "maria@new.example", 1))
    take_in(conn, hubspot("2", "maria@new.example", 2))  # whoever that is, her member is not free
    assert owner(conn, "hubspot", "1") == owner(conn, MAIN, "m1") != owner(conn, "hubspot", "2")
    (conflict,) = listed(conn)
    assert (conflict.source, conflict.platform_id) == ("hubspot", "2")


def test_an_address_that_wanders_to_somebody_else_takes_nobody_along(conn: Connection) -> None:
    take_in(conn, hubspot("1", MARIA), hubspot("2", "ana@acme.example"))
    take_in(conn, member("m1", MARIA))
    maria = owner(conn, "hubspot", "1")
    take_in(conn, hubspot("1", "maria@new.example", 1))
    take_in(conn, hubspot("2", MARIA, 2))
    assert owner(conn, MAIN, "m1") == maria
    assert owner(conn, "hubspot", "2") != maria
    (conflict,) = listed(conn)
    assert conflict.platform_id == "2"
    assert f"#{maria}" in conflict.reason


# ---------------------------------------------------------------- two members


def test_members_of_two_audiences_are_one_contact(conn: Connection) -> None:
    take_in(conn, hubspot("1", MARIA), member("m1", MARIA), told(CLUB, "c1", MARIA))
    assert ledger.count_contacts(conn) == 1
    assert listed(conn) == []


def test_two_members_whose_contacts_were_merged_are_listed_and_not_guessed(conn: Connection) -> None:
    take_in(conn, hubspot("1", MARIA), hubspot("2", "m.lopez@acme.example"))
    take_in(conn, member("m1", MARIA), member("m2", "m.lopez@acme.example"))
    take_in(conn, hubspot("3", MARIA, 1, merged_ids=("1", "2")))
    keep = owner(conn, "hubspot", "3")
    assert owner(conn, MAIN, "m1") == keep
    assert owner(conn, MAIN, "m2") != keep
    (conflict,) = listed(conn)
    assert (conflict.source, conflict.platform_id, conflict.contact) == (MAIN, "m2", keep)
    take_in(conn, hubspot("3", MARIA, 2, merged_ids=("1", "2")), member("m2", "m.lopez@acme.example", 3))
    assert [one.times for one in listed(conn)] == [1]


def test_two_members_with_one_address_after_each_other_are_listed(conn: Connection) -> None:
    take_in(conn, hubspot("1", MARIA), member("m1", MARIA))
    take_in(conn, member("m1", "maria@new.example", 1))
    take_in(conn, member("m2", MARIA, 2))
    assert owner(conn, MAIN, "m2") != owner(conn, "hubspot", "1")
    assert [one.platform_id for one in listed(conn)] == ["m2"]


# ---------------------------------------------------------------- conflicts end


def conflict(conn: Connection) -> None:
    """Somebody new has an address that the member of another contact had."""
    take_in(conn, hubspot("1", MARIA), member("m1", MARIA))
    take_in(conn, member("m1", "maria@new.example", 1))
    take_in(conn, member("m2", MARIA, 2))
    assert len(listed(conn)) == 1


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda conn: take_in(conn, member("m2", "ana@acme.example", 3)), id="its address changes"),
        pytest.param(lambda conn: take_in(conn, hubspot("1", "maria@new.example", 3)), id="the other's changes"),
        pytest.param(lambda conn: ledger.mark_archived(conn, MAIN, ["m2"], NOW), id="it is archived"),
        pytest.param(lambda conn: ledger.mark_archived(conn, "hubspot", ["1"], NOW), id="the other is archived"),
        pytest.param(lambda conn: take_in(conn, member("m2", MARIA, 3, archived=True)), id="it says so itself"),
        pytest.param(lambda conn: ledger.forget_record(conn, MAIN, "m2", NOW), id="it is erased"),
    ],
)
def test_a_conflict_is_resolved_when_it_is_gone(conn: Connection, end) -> None:
    conflict(conn)
    writer_lock(conn)
    end(conn)
    assert listed(conn) == []


def test_a_conflict_comes_back_with_whom_it_was_about(conn: Connection) -> None:
    conflict(conn)
    take_in(conn, member("m2", MARIA, 3, archived=True))
    assert listed(conn) == []
    take_in(conn, member("m2", MARIA, 4, archived=False))
    assert [one.platform_id for one in listed(conn)] == ["m2"]


def test_a_conflict_that_stands_stays_listed_once_whatever_else_happens(conn: Connection) -> None:
    conflict(conn)
    take_in(conn, member("m2", MARIA, 3, archived=False), hubspot("7", "jordi@acme.example"))
    take_in(conn, hubspot("7", "jordi@new.example", 4))
    (open_one,) = listed(conn)
    assert (open_one.platform_id, open_one.times) == ("m2", 1)


@pytest.mark.parametrize("archived", ["m2", "m1"])
def test_the_conflict_of_a_merge_is_resolved_when_its_member_is_archived(conn: Connection, archived: str) -> None:
    take_in(conn, hubspot("1", MARIA), hubspot("2", "m.lopez@acme.example"))
    take_in(conn, member("m1", MARIA), member("m2", "m.lopez@acme.example"))
    take_in(conn, hubspot("3", MARIA, 1, merged_ids=("1", "2")))
    writer_lock(conn)
    ledger.mark_archived(conn, MAIN, [archived], NOW)
    assert (listed(conn) == []) is (archived == "m2")  # who stays is still two


def test_contacts_whom_a_merge_leaves_as_two_and_a_second_merge_swallows_are_still_listed(conn: Connection) -> None:
    people = ("a@acme.example", "b@acme.example", "c@acme.example")
    for number, email in enumerate(people):
        take_in(conn, hubspot(str(number), email))
    take_in(conn, member("m0", people[0]), member("m1", people[1]))
    take_in(conn, hubspot("0", people[0], 1, merged_ids=("1",)))
    take_in(conn, hubspot("2", people[2], 2, merged_ids=("0", "1")))
    assert [one.platform_id for one in listed(conn)] == ["m1"]
    assert owner(conn, MAIN, "m0") == owner(conn, "hubspot", "2") != owner(conn, MAIN, "m1")
