"""What histories tell comes late and stands in its place: as of any day, by what could be known on any day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from connector.facts import Event, Record
from connector.store import ledger, past
from connector.store.engine import writer_lock
from connector.store.latest import latest_acts
from connector.store.past import PastValues

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
MERGED = "hs_merged_object_ids"

Told = tuple[int, dict[str, str | None]]


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def hubspot(id_: str, number: float, email: str | None = None, *, merged: str = "", **values: str | None) -> Record:
    return Record(
        "hubspot",
        id_,
        email,
        {**values, MERGED: merged or None},
        day(number),
        merged_ids=tuple(merged.split(";")) if merged else (),
    )


def take_in(conn: Connection, number: float, *records: Record) -> int:
    """Take in on a day; the contact of the first record. Whoever is new waits for her past."""
    writer_lock(conn)
    ledger.take_in(conn, records, day(number))
    conn.execute(
        text(
            "INSERT INTO past_to_read SELECT platform_id, contact FROM record WHERE source = 'hubspot' AND platform_id = ANY(:ids) ON CONFLICT DO NOTHING"
        ),
        {"ids": [one.id for one in records]},
    )
    return ledger.contacts_of(conn, records[0].source, [records[0].id])[records[0].id]


def keep(conn: Connection, *told: Told, id_: str = "501") -> None:
    """Keep what a history told: days, with the values that came then."""
    (one,) = past.unread(conn, [id_])
    past.keep_values(conn, [PastValues(one.contact, id_, [(day(number), values) for number, values in told])])
    past.set_read(conn, [id_])


def values(conn: Connection, contact: int, number: float) -> Mapping[str, str]:
    person = ledger.person_as_of(conn, contact, day(number))
    assert person is not None
    return {name: value for name, value in person.records["hubspot"].values.items() if value is not None}


def changed(conn: Connection, contact: int) -> Mapping[str, datetime]:
    """When values last changed, which the present and the time machine must say alike."""
    (now,) = ledger.load_people(conn, [contact])
    then = ledger.person_as_of(conn, contact, day(10_000))
    assert then is not None
    assert then.changed == now.changed
    held = {name: value for name, value in now.records["hubspot"].values.items() if value is not None}
    assert held == values(conn, contact, 10_000)
    return {name: at for (_, name), at in now.changed.items()}


def test_values_of_the_past_are_those_of_then_and_known_since_then(conn: Connection) -> None:
    maria = take_in(conn, 100, hubspot("501", 99, jobtitle="CEO", phone="1", city=None))
    keep(conn, (1, {"jobtitle": "CFO", "city": "Vic"}), (30, {"jobtitle": "CEO"}), (40, {"city": None}))
    assert ledger.person_as_of(conn, maria, day(0)) is None
    assert [values(conn, maria, number) for number in (1, 35, 99)] == [
        {"jobtitle": "CFO", "city": "Vic"}, {"jobtitle": "CEO", "city": "Vic"}, {"jobtitle": "CEO"},
    ]  # fmt: skip
    assert values(conn, maria, 100) == {"jobtitle": "CEO", "phone": "1"}
    by_then = ledger.person_as_of(conn, maria, day(200), day(20))
    assert by_then is not None
    assert by_then.records["hubspot"].values["jobtitle"] == "CFO"
    assert changed(conn, maria) == {"jobtitle": day(30), "city": day(40)}


def test_what_has_changed_since_first_sight_changed_last_then(conn: Connection) -> None:
    maria = take_in(conn, 100, hubspot("501", 99, jobtitle="CEO", phone="1"))
    take_in(conn, 110, hubspot("501", 109, jobtitle="COO", phone="1"))
    (one,) = past.unread(conn, ["501"])
    assert (one.known_at, one.first.values) == (day(100), {"jobtitle": "CEO", "phone": "1", MERGED: None})
    keep(conn, (1, {"jobtitle": "CEO", "phone": "1"}))
    assert values(conn, maria, 105)["jobtitle"] == "CEO"
    assert changed(conn, maria) == {"jobtitle": day(110), "phone": day(1)}


def test_first_sight_is_when_each_name_was_first_told(conn: Connection) -> None:
    """A property mapped since was first told later; one that was empty at first was told as empty."""
    take_in(conn, 100, hubspot("501", 99, jobtitle=None))
    take_in(conn, 110, hubspot("501", 109, jobtitle="COO", city="Vic"))
    take_in(conn, 120, hubspot("501", 119, jobtitle="COO", city="Roda"))
    (one,) = past.unread(conn, ["501"])
    assert one.first.values == {"jobtitle": None, "city": "Vic", MERGED: None}


def marks(conn: Connection) -> Mapping[int, int]:
    return {row.id: row.changed for row in conn.execute(text("SELECT id, changed FROM contact"))}


def test_only_contacts_with_news_are_judged_anew(conn: Connection) -> None:
    maria = take_in(conn, 100, hubspot("501", 99, jobtitle="CEO"))
    brian = take_in(conn, 100, hubspot("502", 99, jobtitle="CEO"))
    before = marks(conn)
    keep(conn, (1, {"jobtitle": "CEO"}))
    keep(conn, id_="502")
    after = marks(conn)
    assert after[maria] > before[maria]
    assert after[brian] == before[brian]


def test_the_most_recently_modified_come_first_and_leave_the_queue_once_read(conn: Connection) -> None:
    for id_, number in (("501", 3), ("502", 9), ("503", 6)):
        take_in(conn, 100, hubspot(id_, number))
    conn.execute(text("INSERT INTO past_to_read VALUES ('gone', 77)"))
    assert past.queue(conn, 10) == ["502", "503", "501", "gone"]
    assert past.queue(conn, 2) == ["502", "503"]
    assert [one.first.id for one in past.unread(conn, ["gone", "502"])] == ["502"]
    past.set_read(conn, ["502", "gone"])
    assert (past.count_to_read(conn), past.queue(conn, 10)) == (2, ["503", "501"])


def test_who_was_united_with_another_before_her_past_was_read_is_left_as_she_is(conn: Connection) -> None:
    take_in(conn, 100, hubspot("1", 99, "maria@acme.example"), hubspot("2", 99, "m@acme.example"))
    take_in(conn, 100, hubspot("5", 99, "noor@acme.example"))
    take_in(conn, 110, hubspot("3", 109, "maria@acme.example", merged="1;2"))  # a new id
    take_in(conn, 110, hubspot("5", 109, "noor@acme.example", merged="4"))  # swallowed one that we never met
    assert past.unread(conn, ["1", "2", "3", "5"]) == []


def test_who_was_merged_before_first_sight_has_one_past(conn: Connection) -> None:
    take_in(conn, 100, hubspot("3", 99, "maria@acme.example", merged="1;2"))
    (one,) = past.unread(conn, ["3"])
    assert one.first.merged_ids == ("1", "2")


def test_odd_characters_of_the_past_are_storable(conn: Connection) -> None:
    maria = take_in(conn, 100, hubspot("501", 99, jobtitle="CEO"))
    keep(conn, (1, {"jobtitle": "C\0O \ud800"}), (2, {"jobtitle": ""}), (3, {"jobtitle": "CEO"}))
    assert values(conn, maria, 1) == {"jobtitle": "C\N{REPLACEMENT CHARACTER}O ?"}
    assert values(conn, maria, 2) == {}


def test_a_later_merge_keeps_both_pasts_and_ends_with_what_is_left(conn: Connection) -> None:
    keep_id = take_in(conn, 100, hubspot("1", 99, "maria@acme.example", jobtitle="CFO", fax=None))
    take_in(conn, 101, hubspot("2", 99, "m@acme.example", jobtitle="COO", fax="5"))
    keep(conn, (1, {"jobtitle": "CFO", "fax": "9"}), (60, {"fax": None}), id_="1")
    keep(conn, (50, {"jobtitle": "COO", "fax": "5"}), id_="2")
    take_in(conn, 110, hubspot("1", 109, "maria@acme.example", merged="2", jobtitle="CFO", fax="5"))
    assert values(conn, keep_id, 55) == {"jobtitle": "COO", "fax": "5"}
    changed(conn, keep_id)
    assert values(conn, keep_id, 120)["jobtitle"] == "CFO"


told = st.dictionaries(st.sampled_from(["jobtitle", "phone"]), st.sampled_from([None, "a", "b"]), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(told, min_size=1, max_size=4), st.lists(told, max_size=3), st.integers(0, 3))
def test_whenever_the_past_is_read_the_present_stays_what_it_is(
    conn: Connection, before: list[dict[str, str]], after: list[dict[str, str]], read_after: int
) -> None:
    """She lives, is first seen, lives on; her past is read in between: every day then tells what was so on that day."""
    trial = conn.begin_nested()
    lived: list[dict[str, str | None]] = []
    for step in (*before, *after):
        lived.append({**(lived[-1] if lived else {"jobtitle": None, "phone": None}), **step})
    turns: list[Told] = []
    held: dict[str, str | None] = {"jobtitle": None, "phone": None}
    for number, state in enumerate(lived[: len(before)]):
        if new := {name: value for name, value in state.items() if value != held[name]}:
            turns.append((number, new))
        held = state
    maria = take_in(conn, len(before) - 0.5, hubspot("501", 0, **lived[len(before) - 1]))
    for number, state in enumerate(lived[len(before) :], start=len(before)):
        if number - len(before) == read_after:
            keep(conn, *turns)
        take_in(conn, number, hubspot("501", number, **state))
    if past.count_to_read(conn):
        keep(conn, *turns)
    for number, state in enumerate(lived):
        there = ledger.person_as_of(conn, maria, day(number))
        expected = {name: value for name, value in state.items() if value is not None}
        assert (values(conn, maria, number) if there else {}) == expected
    changed(conn, maria)
    trial.rollback()


def test_the_latest_acts_are_those_that_hubspot_told_of_settled_or_not(conn: Connection) -> None:
    maria = take_in(conn, 100, hubspot("501", 99))
    acts = [
        Event("email_click", day(1), day(1), "a", channel="hubspot"),
        Event("email_click", day(3), day(3), "b", channel="hubspot"),
        Event("email_click", day(9), day(9), "c", channel="mailchimp:main"),
        Event("form_submit", day(4), day(4), "d", channel="hubspot:forms"),
    ]
    ledger.add_events(conn, [(maria, act) for act in acts])
    assert latest_acts(conn, [maria, 999]) == {maria: {"email_click": day(3), "form_submit": day(4)}}
    statement = "INSERT INTO unsettled VALUES (:id, 'form_submit', 'x', :at, :at, '')"
    conn.execute(text(statement), {"id": maria, "at": day(5)})
    assert latest_acts(conn, [maria]) == {maria: {"email_click": day(3), "form_submit": day(5)}}
    assert latest_acts(conn, []) == {}


def test_erasure_takes_the_past_along(conn: Connection) -> None:
    noor = take_in(conn, 100, hubspot("501", 99, "noor@acme.example", jobtitle="CEO"))
    assert ledger.forget(conn, noor, day(101))
    assert past.count_to_read(conn) == 0
