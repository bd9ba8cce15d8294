"""Slices of the store: they tell of everybody what loading her singly tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from connector.facts import Event, Record, Trust
from connector.store import companies, judgement, ledger, state
from connector.store.bulk.copy import unescaped
from connector.store.bulk.events import newest_first
from connector.store.bulk.read import slices
from connector.store.bulk.slice import NONE, Slice, TextColumn, Wanted
from connector.store.engine import writer_lock
from connector.store.events import TRUSTS, key_text
from connector.store.judgement import Judgement
from connector.store.ledger import TrackMemory

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAIN = "mailchimp:main"
NAMES = ("jobtitle", "city", "company.name", "company.size")
WANTED = Wanted(
    {"hubspot": NAMES, MAIN: ("merge_fields.JOB",)},
    frozenset({("hubspot", "jobtitle"), (MAIN, "merge_fields.JOB")}),
    {"hubspot": "trellis_score"},
)
ODD = (
    "a\tb",
    "a\\b",
    "\\N",
    "\\.",
    "a\nb\r\nc",
    "ünï 🌱",
    "\b\f\v",
    "\\t",
    "\\\\N",
    " ",
    "N",
    "\x1f\x00x",
    '"{}',
    "\u2028",
)


@contextmanager
def moment(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
        yield conn


def read(engine: Engine, wanted: Wanted = WANTED, **most: int) -> list[Slice]:
    with moment(engine) as conn:
        return list(slices(conn, wanted, **most))


def only(engine: Engine, wanted: Wanted = WANTED) -> Slice:
    (one,) = read(engine, wanted)
    return one


def told(column: TextColumn) -> list[str | None]:
    return [None if code == NONE else column.texts[code] for code in column.codes.tolist()]


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def hubspot(number: int, email: str | None = None, **values: str | None) -> Record:
    return Record("hubspot", str(number), email, values, NOW)


def member(number: int, email: str | None = None, **values: str | None) -> Record:
    return Record(MAIN, f"m{number}", email, values, NOW)


def take_in(conn: Connection, *records: Record, at: datetime = NOW) -> list[int]:
    """The contacts of these records, in their order."""
    writer_lock(conn)
    ledger.take_in(conn, records, at)
    found = [ledger.contacts_of(conn, one.source, [one.id])[one.id] for one in records]
    conn.commit()
    return found


def add(conn: Connection, *events: tuple[int, Event]) -> None:
    writer_lock(conn)
    ledger.add_events(conn, events)
    conn.commit()


def act(number: int, at: datetime = NOW, kind: str = "email_click", **told: Any) -> Event:
    return Event(kind, at, told.pop("known_at", at), f"hubspot:{kind}:#{number}", **told)


def save(conn: Connection, contact: int, **told: Any) -> None:
    (person,) = ledger.load_people(conn, [contact])
    usual: dict[str, Any] = {
        "contact": contact,
        "position": person.position,
        "revision": person.revision,
        "day": date(2026, 11, 22),
        "rulebook": "r1",
        "model": "acquisition",
        "score": 57,
        "exact": 57_100,
        "stage": "nurture",
        "since": date(2026, 11, 20),
        "persona": "finance_lead",
        "phase": "decision",
        "due": date(2026, 12, 1),
        "receipt": b"packed",
        "digest": -(2**63),
        "handed_over": True,
    }
    judgement.save_judgements(conn, [Judgement(**{**usual, **told})], NOW)
    conn.commit()


# ---------------------------------------------------------------- what platforms hold


def test_an_empty_store_has_no_slices(engine: Engine) -> None:
    assert read(engine) == []


def test_slices_of_different_moments_are_refused(conn: Connection) -> None:
    with pytest.raises(ValueError, match="REPEATABLE READ"):
        next(slices(conn, WANTED))


def test_every_text_comes_as_it_is_kept(engine: Engine, conn: Connection) -> None:
    contacts = take_in(conn, *(hubspot(n, f"p{n}@acme.example", jobtitle=odd) for n, odd in enumerate(ODD)))
    one = only(engine)
    kept = {person.contact: person.records["hubspot"] for person in ledger.load_people(conn, contacts)}
    assert one.ids.tolist() == sorted(contacts)
    assert told(one.raw["hubspot", "jobtitle"]) == [kept[contact].values["jobtitle"] for contact in sorted(contacts)]
    assert told(one.email["hubspot"]) == [kept[contact].email for contact in sorted(contacts)]


def test_what_is_empty_absent_or_unasked_is_none(engine: Engine, conn: Connection) -> None:
    take_in(conn, hubspot(1, jobtitle="", city=None), hubspot(2, jobtitle="CFO", zip="08001"))
    one = only(engine)
    assert told(one.raw["hubspot", "jobtitle"]) == [None, "CFO"]
    assert told(one.raw["hubspot", "city"]) == [None, None]
    assert told(one.email["hubspot"]) == [None, None]
    assert {name for source, name in one.raw if source == "hubspot"} == set(NAMES)


def test_texts_are_distinct_and_codes_are_shared(engine: Engine, conn: Connection) -> None:
    take_in(conn, *(hubspot(n, jobtitle=("CFO", "CEO")[n % 2]) for n in range(1, 6)))
    column = only(engine).raw["hubspot", "jobtitle"]
    assert (column.texts, column.codes.tolist()) == (("CEO", "CFO"), [0, 1, 0, 1, 0])


def test_a_company_is_told_of_each_of_its_contacts(engine: Engine, conn: Connection) -> None:
    take_in(
        conn,
        hubspot(1, associatedcompanyid="c1"),
        hubspot(2, associatedcompanyid="c2"),
        hubspot(3),
        hubspot(4, associatedcompanyid="c1"),
        hubspot(5, associatedcompanyid="never read"),
    )
    companies.keep(conn, {"c1": {"name": "Acme\t1", "size": None}, "c2": {"name": "Bcn", "size": "50"}}, NOW)
    conn.commit()
    one = only(engine)
    assert told(one.raw["hubspot", "company.name"]) == ["Acme\t1", "Bcn", None, "Acme\t1", None]
    assert told(one.raw["hubspot", "company.size"]) == [None, "50", None, None, None]


def test_each_source_has_its_own_and_an_archived_record_counts_as_absent(engine: Engine, conn: Connection) -> None:
    maria = "maria@acme.example"
    take_in(
        conn,
        hubspot(1, maria, jobtitle="CFO", associatedcompanyid="c1"),
        member(1, maria, **{"merge_fields.JOB": "Finance"}),
    )
    take_in(conn, hubspot(2, jobtitle="CEO", associatedcompanyid="c1"), member(3, "noor@acme.example"))
    companies.keep(conn, {"c1": {"name": "Acme"}}, NOW)
    ledger.mark_archived(conn, "hubspot", ["1"], NOW)
    conn.commit()
    one = only(engine)
    assert one.present["hubspot"].tolist() == [False, True, False]
    assert one.present[MAIN].tolist() == [True, False, True]
    assert told(one.raw["hubspot", "jobtitle"]) == [None, "CEO", None]
    assert told(one.raw["hubspot", "company.name"]) == [None, "Acme", None]
    assert told(one.raw[MAIN, "merge_fields.JOB"]) == ["Finance", None, None]
    assert told(one.email["hubspot"]) == [None, None, None]
    assert told(one.email[MAIN]) == [maria, None, "noor@acme.example"]


def test_a_change_has_its_moment_and_a_first_sight_has_none(engine: Engine, conn: Connection) -> None:
    later = NOW + timedelta(days=3, microseconds=7)
    contacts = take_in(conn, hubspot(1, jobtitle="CFO"), hubspot(2, jobtitle="CFO"))
    take_in(conn, replace(hubspot(2, jobtitle="CEO"), modified_at=later), at=later)
    one = only(engine)
    assert one.changed["hubspot", "jobtitle"].tolist() == [0, micros(later)]
    assert one.changed[MAIN, "merge_fields.JOB"].tolist() == [0, 0]
    assert ledger.load_people(conn, contacts)[1].changed["hubspot", "jobtitle"] == later


# ---------------------------------------------------------------- events


def test_events_are_those_of_loading_her_singly_newest_first(engine: Engine, conn: Connection) -> None:
    maria, brian, noor = take_in(conn, hubspot(1), hubspot(2), hubspot(3))
    hour = timedelta(hours=1)
    add(
        conn,
        *((noor, act(n, NOW - n % 3 * hour, asset=f"mail {n}")) for n in range(12)),
        (maria, act(1, NOW + timedelta(microseconds=1), trust=Trust.MACHINE, channel="hubspot")),
        (maria, act(2, NOW, kind="page_view", trust=Trust.UNSURE, asset="/pricing", channel=MAIN)),
        (maria, act(3, datetime(1969, 7, 20, 20, tzinfo=UTC), known_at=NOW, kind="form_submit")),
        (maria, act(4, datetime(2150, 1, 1, tzinfo=UTC), kind="meeting")),
    )
    events = only(engine).events
    words = ledger.word_texts(conn)
    assets = ledger.asset_texts(conn, events.asset.tolist())
    read_back = [
        (
            [maria, brian, noor][row],
            Event(
                words[kind],
                EPOCH + timedelta(microseconds=at),
                EPOCH + timedelta(microseconds=known_at),
                key_text(key),
                assets[asset],
                words[channel],
                TRUSTS[trust],
            ),
        )
        for row, kind, at, known_at, key, asset, channel, trust in zip(
            events.row.tolist(),
            events.kind.tolist(),
            events.at.tolist(),
            events.known_at.tolist(),
            events.key.tolist(),
            events.asset.tolist(),
            events.channel.tolist(),
            events.trust.tolist(),
            strict=True,
        )
    ]
    loaded = [
        (person.contact, event)
        for person in ledger.load_people(conn, [maria, brian, noor])
        for event in sorted(person.events, key=lambda one: (one.happened_at, one.key), reverse=True)
    ]
    assert len(read_back) == 16
    assert read_back == loaded


Row = tuple[int, int, int]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 4) | st.integers(1, 2**40),
            st.integers(0, 3) | st.integers(-(2**55), 2**55),
            st.integers(0, 3) | st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=40,
    )
)
def test_the_order_is_that_of_sorting_by_three(rows: list[Row]) -> None:
    contact, at, key = (np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ([], [], [])))
    ordered = [rows[place] for place in newest_first(contact, at, key)]
    assert ordered == sorted(rows, key=lambda row: (row[0], -row[1], -row[2]))


@given(st.text(st.sampled_from("\\Nabfnrtv\b\f\n\r\t\vü.") | st.characters(exclude_categories=["Cs"])))
def test_what_copy_hides_is_found_again(plain: str) -> None:
    escapes = {"\\": "\\\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
    assert unescaped("".join(escapes.get(one, one) for one in plain)) == plain


# ---------------------------------------------------------------- slices


def crowd(conn: Connection, events: Mapping[int, int]) -> list[int]:
    """As many contacts as told, with so many events each."""
    contacts = take_in(conn, *(hubspot(n) for n in events))
    by_number = dict(zip(events, contacts, strict=True))
    add(conn, *((by_number[number], act(n)) for number, count in events.items() for n in range(count)))
    return contacts


@pytest.mark.parametrize(("most_people", "most_events"), [(2, 100), (5, 5), (5, 4), (3, 6), (5, 1), (1, 1), (9, 100)])
def test_slices_hold_at_most_so_much_but_one_person_at_least(
    engine: Engine, conn: Connection, most_people: int, most_events: int
) -> None:
    contacts = crowd(conn, {1: 3, 2: 2, 3: 0, 4: 1, 5: 9})
    parts = read(engine, most_people=most_people, most_events=most_events)
    assert all(len(part) <= most_people and (len(part.events) <= most_events or len(part) == 1) for part in parts)
    assert [one for part in parts for one in part.ids.tolist()] == contacts
    counts = [count for part in parts for count in np.bincount(part.events.row, minlength=len(part)).tolist()]
    assert counts == [3, 2, 0, 1, 9]


def test_what_fits_together_is_not_torn_apart(engine: Engine, conn: Connection) -> None:
    crowd(conn, {1: 3, 2: 2, 3: 0, 4: 1, 5: 9})
    assert [len(part) for part in read(engine, most_people=5, most_events=15)] == [5]
    assert [len(part) for part in read(engine, most_people=2, most_events=15)] == [2, 2, 1]


def test_ids_with_gaps_are_no_matter(engine: Engine, conn: Connection) -> None:
    contacts = crowd(conn, {1: 1, 2: 2, 3: 3, 4: 4})
    writer_lock(conn)
    ledger.forget(conn, contacts[1], NOW)
    conn.commit()
    parts = read(engine, most_people=2)
    assert [part.ids.tolist() for part in parts] == [[contacts[0], contacts[2]], [contacts[3]]]
    assert [part.events.row.tolist() for part in parts] == [[0, 1, 1, 1], [0, 0, 0, 0]]


def test_all_slices_tell_of_the_moment_of_the_first(engine: Engine, conn: Connection) -> None:
    contacts = crowd(conn, {1: 1, 2: 1})
    with moment(engine) as reading:
        parts = slices(reading, WANTED, most_people=1)
        next(parts)
        add(conn, (contacts[1], act(99)))
        take_in(conn, hubspot(2, jobtitle="CEO"))
        second = next(parts)
    assert len(second.events) == 1
    assert told(second.raw["hubspot", "jobtitle"]) == [None]


# ---------------------------------------------------------------- what was decided


def test_the_newest_verdict_comes_with_words_and_days_as_numbers(engine: Engine, conn: Connection) -> None:
    maria, brian, noor = take_in(conn, hubspot(1), hubspot(2), hubspot(3))
    state.activate(conn, "r0", {}, NOW)
    state.activate(conn, "r1", {}, NOW)
    save(conn, maria, score=12)
    save(conn, maria)
    save(conn, noor, score=None, due=None, persona=None, phase=None, exact=-5, handed_over=False, digest=2**63 - 1)
    kept, words = only(engine).kept, ledger.word_ids(conn, ["acquisition", "nurture", "finance_lead", "decision"])
    rulebook = state.rulebook_id(conn, "r1")
    people = ledger.load_people(conn, [maria, brian, noor])
    assert kept.changed.tolist() == [person.position for person in people]
    assert kept.judged.tolist() == [people[0].position, NONE, people[2].position]
    assert kept.revision.tolist() == [2, 0, 1]
    assert kept.digest.tolist() == [-(2**63), 0, 2**63 - 1]
    assert kept.exact.tolist() == [57_100, 0, -5]
    assert kept.score.tolist() == [57, NONE, NONE]
    assert kept.rulebook.tolist() == [rulebook, 0, rulebook]
    assert kept.day.tolist() == [date(2026, 11, 22).toordinal(), 0, date(2026, 11, 22).toordinal()]
    assert kept.since.tolist() == [date(2026, 11, 20).toordinal(), 0, date(2026, 11, 20).toordinal()]
    assert kept.due.tolist() == [date(2026, 12, 1).toordinal(), 0, 0]
    assert kept.model.tolist() == [words["acquisition"], 0, words["acquisition"]]
    assert kept.stage.tolist() == [words["nurture"], 0, words["nurture"]]
    assert kept.persona.tolist() == [words["finance_lead"], 0, 0]
    assert kept.phase.tolist() == [words["decision"], 0, 0]
    assert kept.handed_over.tolist() == [True, False, False]


def test_when_the_score_was_written_is_told_by_source(engine: Engine, conn: Connection) -> None:
    take_in(conn, hubspot(1), hubspot(2), hubspot(3))
    writer_lock(conn)
    ledger.wrote(conn, "hubspot", {"2": {"trellis_score": "57"}, "3": {"trellis_stage": "hot"}}, NOW)
    conn.commit()
    assert {source: at.tolist() for source, at in only(engine).score_written.items()} == {
        "hubspot": [0, micros(NOW), 0]
    }


def test_whoever_is_or_was_on_a_track_or_has_something_under_way_is_judged_alone(
    engine: Engine, conn: Connection
) -> None:
    matching, entered, waiting, done, written, idle = take_in(conn, *(hubspot(n) for n in range(1, 7)))
    state.activate(conn, "r1", {}, NOW)
    save(conn, matching, tracks={"finance": TrackMemory("finance", False, date(2026, 11, 1), at_baseline=True)})
    save(conn, written, writes={"hubspot": {"trellis_score": "57"}})
    save(conn, idle)
    conn.execute(
        text(
            "INSERT INTO episode (contact, track, number, channel, source, entered_at) VALUES (:id, 'f', 1, '', '', :at)"
        ),
        {"id": entered, "at": NOW},
    )
    conn.execute(
        text(
            "INSERT INTO intent (kind, state, contact, payload, not_before, created_at)"
            " VALUES ('handover', 'held', :waiting, '{}', :at, :at), ('enroll', 'expired', :done, '{}', :at, :at)"
        ),
        {"waiting": waiting, "done": done, "at": NOW},
    )
    conn.commit()
    one = only(engine)
    assert one.ids[one.alone].tolist() == [matching, entered, waiting]
