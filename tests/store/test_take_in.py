"""Records into the ledger: what is new is kept once, whoever it belongs to is found, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, text

from connector.facts import Event, Record, Trust
from connector.store import failures, ledger
from connector.store.engine import writer_lock
from connector.store.events import key_number, key_text
from connector.store.ledger import Change, TakenIn

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAIN = "mailchimp:main"


def record(source: str, id_: str, email: str | None = None, *, minute: int = 0, **values: str | None) -> Record:
    merged = values.pop("merged", "") or ""
    return Record(
        source, id_, email, values, NOW + timedelta(minutes=minute), merged_ids=tuple(filter(None, merged.split(";")))
    )


def hubspot(id_: str, email: str | None = None, *, minute: int = 0, **values: str | None) -> Record:
    return record("hubspot", id_, email, minute=minute, **values)


def member(id_: str, email: str | None = None, *, minute: int = 0, **values: str | None) -> Record:
    return record(MAIN, id_, email, minute=minute, **values)


def take_in(conn: Connection, *records: Record, at: datetime = NOW) -> TakenIn:
    writer_lock(conn)
    return ledger.take_in(conn, records, at)


def only(taken: TakenIn) -> Change:
    (change,) = taken.changed.values()
    return change


def logged(conn: Connection) -> Sequence[tuple[bool, Mapping[str, str | None]]]:
    """What sightings brought, oldest first: whether it was a change, and the values."""
    return [tuple(row) for row in conn.execute(text('SELECT changed, "values" FROM sighting ORDER BY position'))]


def due(conn: Connection) -> list[int]:
    return ledger.to_judge(conn, date(2026, 11, 22), "r", 100)


MARIA = hubspot("501", "Maria@Acme.example", jobtitle="CFO", phone=None)


def test_first_sight_keeps_the_record_and_logs_what_it_holds(conn: Connection) -> None:
    change = only(take_in(conn, MARIA))
    assert change.before is None
    assert change.after == MARIA
    assert logged(conn) == [(False, {"jobtitle": "CFO"})]
    assert due(conn) == [change.contact]
    (person,) = ledger.load_people(conn, [change.contact])
    assert person.records == {"hubspot": MARIA}


def test_taking_the_same_in_again_changes_nothing(conn: Connection) -> None:
    take_in(conn, MARIA)
    before = conn.execute(text("SELECT * FROM contact, record, sighting")).all()
    taken = take_in(conn, MARIA, replace(MARIA, modified_at=MARIA.modified_at), at=NOW)
    assert taken == TakenIn({}, unchanged=2)
    assert conn.execute(text("SELECT * FROM contact, record, sighting")).all() == before


def test_a_new_time_alone_is_no_change_and_neither_is_a_newly_read_empty_value(conn: Connection) -> None:
    take_in(conn, MARIA)
    later = replace(MARIA, modified_at=NOW + timedelta(hours=1), values={**MARIA.values, "city": None, "zip": ""})
    assert take_in(conn, later).changed == {}
    (person,) = ledger.load_people(conn, due(conn))
    assert person.records["hubspot"].values == {"jobtitle": "CFO", "phone": None, "city": None, "zip": None}


def test_only_what_changed_is_logged_and_told(conn: Connection) -> None:
    take_in(conn, MARIA)
    change = only(take_in(conn, hubspot("501", MARIA.email, minute=1, jobtitle="CEO", phone="1"), at=NOW))
    assert change.before == MARIA
    take_in(conn, hubspot("501", MARIA.email, minute=2, jobtitle="CEO", phone=None))
    assert logged(conn)[1:] == [(True, {"jobtitle": "CEO", "phone": "1"}), (True, {"phone": None})]


def test_a_name_newly_read_is_no_change_of_its_value(conn: Connection) -> None:
    contact = only(take_in(conn, MARIA)).contact
    later = NOW + timedelta(days=1)
    take_in(conn, hubspot("501", MARIA.email, minute=1, jobtitle="CEO", phone=None, city="Vic"), at=later)
    assert logged(conn)[1:] == [(False, {"city": "Vic"}), (True, {"jobtitle": "CEO"})]
    (person,) = ledger.load_people(conn, [contact])
    assert person.changed == {("hubspot", "jobtitle"): later}
    take_in(conn, hubspot("501", MARIA.email, minute=2, jobtitle="CEO", phone="1", city="Berga"), at=NOW)
    (person,) = ledger.load_people(conn, [contact])
    assert person.changed == {
        ("hubspot", name): at for name, at in (("jobtitle", later), ("phone", NOW), ("city", NOW))
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1, 0, 1)])
def test_the_latest_modified_stands_in_any_order_of_arrival(conn: Connection, order: Sequence[int]) -> None:
    told = [hubspot("501", minute=minute, jobtitle=f"title {minute}") for minute in range(3)]
    for number in order:
        take_in(conn, told[number])
    (person,) = ledger.load_people(conn, due(conn))
    assert person.records["hubspot"] == told[2]


def test_text_that_postgres_cannot_hold_costs_nobody_else(conn: Connection) -> None:
    taken = take_in(conn, hubspot("1", jobtitle="C\0FO \ud800"), hubspot("2", jobtitle="CEO"))
    assert {one for _, one in taken.changed} == {"1", "2"}
    assert (False, {"jobtitle": "C\N{REPLACEMENT CHARACTER}FO ?"}) in logged(conn)


def test_a_batch_takes_few_statements(conn: Connection, engine: Engine) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    records = [hubspot(str(n), f"p{n}@acme.example", jobtitle="CFO") for n in range(100)]
    assert len(take_in(conn, *records).changed) == 100
    assert len(statements) <= 14


# ---------------------------------------------------------------- who is who


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("swapped", [True, False])
def test_one_address_on_two_platforms_is_one_person(conn: Connection, at_once: bool, swapped: bool) -> None:
    both = [hubspot("501", "Maria@Acme.example "), member("m1", "maria@acme.example")]
    if swapped:
        both.reverse()
    calls = [both] if at_once else [[one] for one in both]
    contacts = {change.contact for call in calls for change in take_in(conn, *call).changed.values()}
    assert len(contacts) == 1
    assert ledger.count_contacts(conn) == 1


def test_an_id_stays_hers_when_her_address_changes(conn: Connection) -> None:
    first = only(take_in(conn, hubspot("501", "maria@acme.example"))).contact
    assert only(take_in(conn, hubspot("501", "maria@new.example", minute=1))).contact == first
    assert only(take_in(conn, member("m1", "maria@new.example"))).contact == first
    assert only(take_in(conn, member("m2", "maria@acme.example"))).contact != first


def test_an_address_that_appears_later_unites_the_two(conn: Connection) -> None:
    first = only(take_in(conn, hubspot("501", None, jobtitle="CFO"))).contact
    second = only(take_in(conn, member("m1", "maria@acme.example", status="unsubscribed"))).contact
    assert first != second
    take_in(conn, hubspot("501", "maria@acme.example", minute=1, jobtitle="CFO"))
    (person,) = ledger.load_people(conn, [first, second])
    assert set(person.records) == {"hubspot", MAIN}


def test_a_second_member_for_one_contact_is_a_conflict_not_a_guess(conn: Connection) -> None:
    first = only(take_in(conn, hubspot("501", "maria@acme.example"), at=NOW)).contact
    take_in(conn, member("m1", "maria@acme.example"))
    take_in(conn, member("m1", "other@acme.example", minute=1))
    second = only(take_in(conn, member("m2", "maria@acme.example"))).contact
    assert second != first
    (conflict,) = failures.list_failures(conn, step="identity")
    assert (conflict.source, conflict.platform_id, conflict.contact) == (MAIN, "m2", second)
    assert f"#{first}" in conflict.reason
    assert "@" not in conflict.reason


def test_a_merged_record_takes_everything_along(conn: Connection) -> None:
    keep = only(take_in(conn, hubspot("1", "maria@acme.example"))).contact
    gone = only(take_in(conn, hubspot("2", "m@acme.example"))).contact
    take_in(conn, member("m2", "m@acme.example"))
    act = Event("email_click", NOW, NOW, "k1")
    ledger.add_events(conn, [(keep, act), (gone, act), (gone, replace(act, key="k2"))])
    change = only(take_in(conn, hubspot("3", "maria@acme.example", minute=1, merged="1;2")))
    assert (change.contact, change.before) == (keep, hubspot("1", "maria@acme.example"))
    (person,) = ledger.load_people(conn, [keep, gone])
    assert {source: one.id for source, one in person.records.items()} == {"hubspot": "3", MAIN: "m2"}
    assert {one.key for one in person.events} == {key_text(key_number(key)) for key in ("k1", "k2")}
    assert len(person.events) == 2
    assert ledger.contacts_of(conn, "hubspot", ["1", "2", "3"]) == {"1": keep, "2": keep, "3": keep}
    assert (
        take_in(conn, hubspot("2", "m@acme.example", minute=2)).changed == {}
    )  # a late answer about the swallowed one


def test_merged_contacts_that_are_two_members_stay_two_members(conn: Connection) -> None:
    for number, email in (("1", "a@acme.example"), ("2", "b@acme.example")):
        take_in(conn, hubspot(number, email), member(f"m{number}", email))
    take_in(conn, hubspot("3", "a@acme.example", minute=1, merged="1;2"))
    people = ledger.load_people(conn, [*ledger.contacts_of(conn, MAIN, ["m1", "m2"]).values()])
    assert [{source: one.id for source, one in person.records.items()} for person in people] == [
        {"hubspot": "3", MAIN: "m1"},
        {MAIN: "m2"},
    ]
    assert len(failures.list_failures(conn, step="identity")) == 1


# ---------------------------------------------------------------- acts


def test_an_act_told_twice_is_one_and_comes_back_as_it_was(conn: Connection) -> None:
    contact = only(take_in(conn, MARIA)).contact
    acts = [
        Event("form_submit", NOW - timedelta(days=days), NOW, f"k{days}", "demo", "hubspot", Trust.UNSURE)
        for days in (5, 4000, 40, 0)
    ]
    assert ledger.add_events(conn, [(contact, act) for act in (*acts, *acts)]) == 4
    assert ledger.add_events(conn, [(contact, acts[0]), (contact, replace(acts[1], happened_at=NOW))]) == 0
    (person,) = ledger.load_people(conn, [contact])
    kept = [replace(act, key=key_text(key_number(act.key))) for act in acts]
    assert list(person.events) == sorted(kept, key=lambda act: act.happened_at)


@given(first=st.integers(-(2**63), 2**63 - 1), second=st.integers(-(2**63), 2**63 - 1))
def test_keys_that_come_back_stand_in_the_order_of_their_numbers(first: int, second: int) -> None:
    assert (key_text(first) < key_text(second)) == (first < second)


def test_the_number_of_a_key_is_the_same_for_ever() -> None:
    assert key_number("hubspot:form_submit:#5") == -7802002181658995537


def test_a_date_far_from_now_opens_no_partition_of_its_own(conn: Connection) -> None:
    contact = only(take_in(conn, MARIA)).contact
    far = [datetime(year, 1, 31, tzinfo=UTC) for year in (1, 1970, 2023, 2100, 2500, 9999)]
    assert ledger.add_events(conn, [(contact, Event("x", when, NOW, str(when))) for when in far]) == 6
    assert conn.scalar(text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass")) == 2


def test_positions_grow_in_the_order_of_commits(conn: Connection) -> None:
    contact = only(take_in(conn, MARIA)).contact
    ledger.add_events(conn, [(contact, Event("x", NOW, NOW, "k"))])
    first, second = conn.execute(
        text("SELECT max(position) FROM sighting UNION ALL SELECT max(position) FROM event")
    ).all()
    assert first < second
    assert conn.scalar(text("SELECT changed FROM contact")) > second[0]


# ---------------------------------------------------------------- finding, our own writes, absence


def test_people_are_found_by_what_they_are_called(conn: Connection) -> None:
    contact = only(take_in(conn, MARIA)).contact
    take_in(conn, member("m1", "maria@acme.example"))
    for name in ("maria@ACME.example", "501", "hubspot:501", f"{MAIN}:m1", f"#{contact}"):
        assert ledger.find_contact(conn, name) == contact
    for name in ("noor@acme.example", "502", f"{MAIN}:501", "#0", "#x", ""):
        assert ledger.find_contact(conn, name) is None


def test_the_echo_of_what_we_wrote_is_no_news(conn: Connection) -> None:
    take_in(conn, MARIA)
    (contact,) = due(conn)
    changed_before = conn.scalar(text("SELECT changed FROM contact"))
    ledger.wrote(conn, "hubspot", {"501": {"trellis_score": "57", "trellis_track": ""}, "unknown": {"x": "y"}}, NOW)
    echo = hubspot("501", MARIA.email, minute=5, jobtitle="CFO", phone=None, trellis_score="57", trellis_track=None)
    assert take_in(conn, echo).changed == {}
    assert conn.scalar(text("SELECT changed FROM contact")) == changed_before
    (person,) = ledger.load_people(conn, [contact])
    assert person.written["hubspot"]["trellis_score"].value == "57"
    assert ledger.held_values(conn, "hubspot", [contact])[contact][1]["trellis_score"] == "57"


def test_who_is_gone_from_a_platform_is_archived_once(conn: Connection) -> None:
    contact = only(take_in(conn, MARIA)).contact
    assert ledger.mark_archived(conn, "hubspot", ["501", "777"], NOW) == 1
    assert ledger.mark_archived(conn, "hubspot", ["501"], NOW) == 0
    (person,) = ledger.load_people(conn, [contact])
    assert person.records["hubspot"].archived
    assert ledger.held_values(conn, "hubspot", [contact]) == {}
