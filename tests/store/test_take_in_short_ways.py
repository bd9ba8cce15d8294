"""The short ways of taking in end as placing each record does: in every table, whatever platforms may tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, text

from connector.facts import Event, Record, Trust
from connector.store import ledger
from connector.store.engine import writer_lock
from connector.store.ledger import Change, TakenIn
from connector.store.numbers import NewNumbers
from connector.store.placing import place_records
from connector.store.records import normalized

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAIN = "mailchimp:main"

TEXTS = ("", "x", "x", "y", "\0", "\ud800", 'q"uo\\te', "\\u0000", ':""', "tab\tline\n\\N", "ñ🌱", "true")
ADDRESSES = (None, None, "", " ", "a@acme.example", "A@Acme.example ", "b@acme.example", "ñ@acme.example", "\0@\ud800")
NAMES = ("jobtitle", "city", "email", "subscriber_hash", "(archived)", "\0", 'a":"', "n\u0303")

ids = st.sampled_from([str(number) for number in range(1, 13)])
records = st.builds(
    Record,
    st.sampled_from(["hubspot", "hubspot", MAIN]),
    ids,
    st.sampled_from(ADDRESSES) | st.integers(0, 99).map("p{}@acme.example".format),
    st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from(TEXTS)),
    st.integers(0, 2).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.sampled_from([False, False, False, True]),
    st.just(()) | st.lists(ids, max_size=2).map(tuple),
)

#: What was told in the past, one record a call, and what one call tells now: some of it known, some of it for a second time.
tales = st.lists(records, max_size=6).flatmap(
    lambda past: st.tuples(st.just(past), st.lists(records | st.sampled_from(past) if past else records, max_size=8))
)

Way = Callable[[Connection, Sequence[Record], datetime], TakenIn]


def one_by_one(conn: Connection, told: Sequence[Record], at: datetime) -> TakenIn:
    by_place = {place: normalized(one)[0] for place, one in enumerate(told)}
    return place_records(conn, by_place, NewNumbers(conn, by_place), at)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(tales)
def test_short_ways_and_placing_each_give_equal_tables(
    conn: Connection, tale: tuple[Sequence[Record], Sequence[Record]]
) -> None:
    past, told = tale
    calls = [*([one] for one in past), told, told]
    short, each = ended(conn, ledger.take_in, calls), ended(conn, one_by_one, calls)
    for name, rows in each.items():
        assert short[name] == rows, name


def ended(conn: Connection, way: Way, calls: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """All that these calls leave behind, and what they answered; contacts are named by the ids that lead to them."""
    conn.rollback()
    writer_lock(conn)
    answers = []
    for number, told in enumerate(calls):
        taken = way(conn, told, NOW + timedelta(hours=number))
        acts = [(change.contact, act) for change in taken.changed.values() for act in acts_of(change)]
        answers.append((taken, ledger.add_events(conn, acts, taken.newcomers)))
    left = {name: sorted(map(repr, tables(conn, name))) for name in TABLES}
    names = {row.contact: row.name for row in conn.execute(text(_NAMES))}
    left["answers"] = [
        (
            {key: (names.get(one.contact), one.before, one.after) for key, one in taken.changed.items()},
            taken.unchanged,
            taken.forgotten,
            added,
        )
        for taken, added in answers
    ]
    assert conn.execute(text(_TOLD_LATER_THAN_MARKED)).all() == []
    conn.rollback()
    return left


def acts_of(change: Change) -> list[Event]:
    """An act for each value, one of them told twice."""
    at = change.after.modified_at
    acts = [
        Event("form_submit", at, at, f"{change.after.id}:{name}", value or "", "hubspot", Trust.UNSURE)
        for name, value in sorted(change.after.values.items())
    ]
    return [*acts, *acts[:1]]


_NAMES = "SELECT contact, min(source || ':' || platform_id) AS name FROM identity GROUP BY contact"
_TOLD_LATER_THAN_MARKED = (
    "SELECT FROM contact WHERE changed < (SELECT max(position) FROM sighting WHERE contact = id)"
    " OR changed < (SELECT max(position) FROM event WHERE contact = id)"
)
TABLES = {
    "contact": "SELECT name, created_at, changed > 0 FROM contact LEFT JOIN named ON contact = id",
    "identity": "SELECT name, source, platform_id FROM identity JOIN named USING (contact)",
    "record": (
        "SELECT name, source, platform_id, email, email_key, member_hash, raw::text, modified_at, archived, merged_ids,"
        " read_at, changed_on::text FROM record JOIN named USING (contact)"
    ),
    "sighting": (
        "SELECT name, row_number() OVER (PARTITION BY name, source ORDER BY position), known_at, word.text, changed,"
        " platform_id, values::text FROM sighting JOIN named USING (contact) JOIN word ON word.id = source"
    ),
    "past_to_read": "SELECT name, platform_id FROM past_to_read JOIN named USING (contact)",
    "event": (
        "SELECT name, key, happened_at, known_at, asset.text, kind.text, channel.text, trust FROM event"
        " JOIN named USING (contact) JOIN asset ON asset.id = asset JOIN word kind ON kind.id = kind"
        " JOIN word channel ON channel.id = channel"
    ),
    "failure": (
        "SELECT name, step, source, platform_id, regexp_replace(reason, '#\\d+', '#', 'g'), first_at, last_at, times"
        " FROM failure LEFT JOIN named USING (contact)"
    ),
}


def tables(conn: Connection, name: str) -> Sequence[Any]:
    return conn.execute(text(f"WITH named AS ({_NAMES}) {TABLES[name]}")).all()


# ---------------------------------------------------------------- at what cost


def people(count: int, minute: int = 0) -> list[Record]:
    moment = NOW + timedelta(minutes=minute)
    return [
        Record("hubspot", str(n), f"p{n}@acme.example", {"jobtitle": f"CFO {n}", "city": None}, moment)
        for n in range(1, count + 1)
    ]


def test_who_is_known_as_she_is_costs_no_write(conn: Connection, engine: Engine) -> None:
    writer_lock(conn)
    ledger.take_in(conn, people(50), NOW)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert ledger.take_in(conn, people(50), NOW + timedelta(hours=1)) == TakenIn({}, unchanged=50)
    assert all(statement.startswith("SELECT") for statement in statements)
    assert len(statements) <= 3


def test_a_later_modification_with_nothing_else_is_noted_at_once_for_all(conn: Connection, engine: Engine) -> None:
    writer_lock(conn)
    ledger.take_in(conn, people(50), NOW)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert ledger.take_in(conn, people(50, minute=1), NOW) == TakenIn({}, unchanged=50)
    assert len([one for one in statements if not one.startswith("SELECT")]) == 1
    moments = ledger.moments_of(conn, "hubspot", ["1", "50"])
    assert set(moments.values()) == {NOW + timedelta(minutes=1)}


def test_newcomers_are_judged_once_with_all_that_is_told_of_them(conn: Connection) -> None:
    writer_lock(conn)
    taken = ledger.take_in(conn, people(3), NOW)
    contacts = [change.contact for change in taken.changed.values()]
    act = Event("form_submit", NOW, NOW, "k1")
    assert ledger.add_events(conn, [(one, act) for one in (*contacts, *contacts)], taken.newcomers) == 3
    marked = conn.execute(text("SELECT id, changed FROM contact")).all()
    assert {row.id: row.changed for row in marked} == dict(taken.newcomers)
    assert max(taken.newcomers.values()) == ledger.position(conn)
    assert ledger.add_events(conn, [(contacts[0], act)]) == 0


def test_the_next_person_has_a_number_of_her_own(conn: Connection) -> None:
    writer_lock(conn)
    first = ledger.take_in(conn, people(3), NOW)
    second = one_by_one(conn, [Record("hubspot", "77", None, {}, NOW)], NOW)
    third = ledger.take_in(conn, [Record("hubspot", "78", None, {}, NOW)], NOW)
    contacts = [change.contact for taken in (first, second, third) for change in taken.changed.values()]
    assert contacts == [1, 2, 3, 4, 5]
    assert ledger.position(conn) == conn.scalar(text("SELECT max(changed) FROM contact"))
