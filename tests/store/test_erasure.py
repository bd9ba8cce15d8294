"""Erasure: a person is gone from every table, and does not come back by a late word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from connector.facts import Event, Record
from connector.store import companies, failures, inbox, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.inbox import End, Ending
from connector.store.judgement import Entering, Judgement, Move, save_judgements
from connector.store.ledger import TrackMemory
from connector.store.schema import metadata

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = date(2026, 11, 22)
NOOR = Record("hubspot", "501", "noor@acme.example", {"jobtitle": "COO"}, NOW)
BRIAN = Record("hubspot", "502", "brian@acme.example", {}, NOW)


def known(conn: Connection, *records: Record) -> list[int]:
    writer_lock(conn)
    return [change.contact for change in ledger.take_in(conn, records, NOW).changed.values()]


def delivery(conn: Connection, body: str) -> int:
    number = inbox.receive(conn, platform="hubspot", body=body.encode(), content_type="", received_at=NOW, meta={})
    inbox.finish_deliveries(conn, {number: End(Ending.HANDLED, "")})
    return number


def test_she_is_gone_from_every_table_and_the_others_stay(conn: Connection) -> None:
    noor, brian = known(conn, NOOR, BRIAN)
    known(conn, Record("mailchimp:main", "m1", "noor@acme.example", {"subscriber_hash": "h1"}, NOW))
    ledger.add_events(conn, [(noor, Event("order", NOW, NOW, "k")), (brian, Event("order", NOW, NOW, "k"))])
    ledger.wrote(conn, "hubspot", {"501": {"trellis_score": "1"}}, NOW)
    failures.record_failure(conn, step="write", source="hubspot", platform_id="501", contact=noor, reason="x", at=NOW)
    (person,) = ledger.load_people(conn, [noor])
    state.activate(conn, "r", {}, NOW)
    way = {"source": "hubspot", "key": "hubspot:property:t", "segment": False}
    row = Judgement(
        noor, person.position, 0, DAY, "r", "m", 1, 1, "new", DAY, None, None, None, b"",
        move=Move(None, "new", "score", rise=False),
        tracks={"t": TrackMemory("t", True, DAY, at_baseline=False)},
        writes={"hubspot": {"a": "b"}},
        enters=(Entering("t", 1, (way,), None, NOW, ""),),
    )  # fmt: skip
    save_judgements(conn, [row], NOW)
    bodies = [
        delivery(conn, '[{"objectId":501,"x":1}]'),
        delivery(conn, "data[email]=noor%40acme.example"),
        delivery(conn, '[{"objectId":5012}]'),
    ]
    assert ledger.forget(conn, noor, NOW)
    for table in metadata.tables.values():
        if "contact" in table.columns:
            query = text(f"SELECT count(*) FROM {table.name} WHERE contact = :id")
            assert conn.scalar(query, {"id": noor}) == 0, table.name
    assert [bool(shown and shown.body) for shown in (inbox.show_delivery(conn, one) for one in bodies)] == [
        False,
        False,
        True,
    ]
    assert ledger.load_people(conn, [noor]) == []
    assert len(ledger.load_people(conn, [brian])[0].events) == 1
    assert not ledger.forget(conn, noor, NOW)


def test_a_late_word_of_her_is_dropped_and_counted(conn: Connection) -> None:
    (noor,) = known(conn, NOOR)
    ledger.forget(conn, noor, NOW)
    again = Record("mailchimp:main", "m9", " Noor@acme.example", {}, NOW)
    writer_lock(conn)
    taken = ledger.take_in(conn, [NOOR, again, BRIAN], NOW)
    assert (taken.forgotten, len(taken.changed)) == (2, 1)


def test_the_erasure_may_be_told_before_the_person(conn: Connection) -> None:
    writer_lock(conn)
    assert not ledger.forget_record(conn, "hubspot", "501", NOW)
    assert ledger.take_in(conn, [NOOR], NOW).forgotten == 1
    known(conn, BRIAN)
    assert ledger.forget_record(conn, "hubspot", "502", NOW)
    assert ledger.count_contacts(conn) == 0


def test_a_tombstone_tells_nothing_by_itself(conn: Connection) -> None:
    (noor,) = known(conn, NOOR)
    ledger.forget(conn, noor, NOW)
    kept = conn.execute(text("SELECT hash FROM tombstone")).all()
    assert len(kept) == 2
    assert all(len(row.hash) == 32 for row in kept)


# ---------------------------------------------------------------- who she is


def test_who_was_merged_into_another_is_erased_with_her_whichever_id_is_told(conn: Connection) -> None:
    known(conn, NOOR, BRIAN)
    one = Record("hubspot", "503", "noor@acme.example", {}, NOW + timedelta(minutes=1), merged_ids=("501", "502"))
    known(conn, one)
    assert ledger.count_contacts(conn) == 1
    assert ledger.forget_record(conn, "hubspot", "502", NOW)
    assert ledger.count_contacts(conn) == 0
    assert not ledger.forget_record(conn, "hubspot", "501", NOW)
    assert ledger.take_in(conn, [NOOR, BRIAN, one], NOW).forgotten == 3


def test_a_merge_that_is_read_after_the_erasure_of_one_of_both_brings_nobody_back(conn: Connection) -> None:
    writer_lock(conn)
    ledger.forget_record(conn, "hubspot", "501", NOW)
    one = Record("hubspot", "503", "noor@new.example", {}, NOW, merged_ids=("501", "502"))
    assert ledger.take_in(conn, [one], NOW).forgotten == 1
    assert ledger.count_contacts(conn) == 0


def test_who_is_kept_apart_under_the_same_address_is_erased_too(conn: Connection) -> None:
    noor, other = known(conn, NOOR, Record("hubspot", "504", "Noor@acme.example", {}, NOW))
    assert noor != other
    assert ledger.forget(conn, noor, NOW)
    assert ledger.count_contacts(conn) == 0
    assert conn.scalar(text("SELECT count(*) FROM identity")) == 0


def test_of_somebody_else_only_the_record_under_her_address_is_erased(conn: Connection) -> None:
    """Her member was one with somebody whose address at HubSpot has changed since; then another contact got the address."""
    member = Record("mailchimp:main", "m1", "noor@acme.example", {"subscriber_hash": "h1"}, NOW)
    (brian, *_) = known(conn, Record("hubspot", "502", "noor@acme.example", {}, NOW), member)
    known(conn, Record("hubspot", "502", "brian@acme.example", {}, NOW + timedelta(minutes=1)))
    ledger.add_events(
        conn,
        [
            (brian, Event("email_click", NOW, NOW, "a", channel="mailchimp:main")),
            (brian, Event("order", NOW, NOW, "b", channel="hubspot")),
        ],
    )
    (noor,) = known(conn, Record("hubspot", "501", "noor@acme.example", {}, NOW + timedelta(minutes=2)))
    before = conn.scalar(text("SELECT changed FROM contact WHERE id = :id"), {"id": brian})
    assert ledger.forget(conn, noor, NOW)
    (left,) = ledger.load_people(conn, [brian])
    assert {*left.records} == {"hubspot"}
    assert [act.kind for act in left.events] == ["order"]
    assert conn.scalar(text("SELECT changed FROM contact WHERE id = :id"), {"id": brian}) > before
    assert ledger.take_in(conn, [member], NOW).forgotten == 1


def test_her_second_address_keeps_her_out_and_one_that_she_had_before_keeps_nobody_out(conn: Connection) -> None:
    more = {"email": "noor@acme.example", "hs_additional_emails": "noor@home.example;noor@old.example"}
    known(conn, Record("hubspot", "501", "noor@before.example", {"email": "noor@before.example"}, NOW))
    (noor,) = known(conn, Record("hubspot", "501", "noor@acme.example", more, NOW + timedelta(minutes=1)))
    ledger.forget(conn, noor, NOW)
    late = [Record("mailchimp:main", f"m{place}", address, {}, NOW) for place, address in enumerate(
        ["noor@home.example", "NOOR@old.example", "noor@before.example"])]  # fmt: skip
    taken = ledger.take_in(conn, late, NOW)
    assert (taken.forgotten, len(taken.changed)) == (2, 1)


def test_a_company_is_dropped_with_the_last_who_ever_belonged_to_it(conn: Connection) -> None:
    at = {"associatedcompanyid": "7"}
    noor, brian = known(
        conn, Record("hubspot", "501", "noor@acme.example", at, NOW), Record("hubspot", "502", None, at, NOW)
    )
    companies.keep(conn, {"7": {"name": "Acme"}}, NOW)
    known(conn, Record("hubspot", "502", None, {"associatedcompanyid": None}, NOW + timedelta(minutes=1)))
    ledger.forget(conn, noor, NOW)
    assert companies.ids(conn) == ("7",)  # Brian's past tells of it
    ledger.forget(conn, brian, NOW)
    assert companies.ids(conn) == ()
    assert conn.scalar(text("SELECT count(*) FROM company_sighting")) == 0


@pytest.mark.parametrize("address", ["n/a", "-", "a", "@", " @ "])
def test_what_is_no_address_is_nobodys_alone(conn: Connection, address: str) -> None:
    noor, brian = known(
        conn,
        Record("hubspot", "501", address, {"email": address}, NOW),
        Record("hubspot", "502", address, {"email": address}, NOW),
    )
    body = delivery(conn, f'[{{"objectId":502,"propertyValue":"{address}"}}]')
    ledger.forget(conn, noor, NOW)
    assert [person.contact for person in ledger.load_people(conn, [noor, brian])] == [brian]
    shown = inbox.show_delivery(conn, body)
    assert shown is not None
    assert shown.body


# ---------------------------------------------------------------- what is under way


def enrolling(conn: Connection) -> tuple[int, int]:
    """Noor, and her claimed enrollment."""
    (noor,) = known(conn, NOOR)
    (person,) = ledger.load_people(conn, [noor])
    state.activate(conn, "r", {}, NOW)
    way = {"source": "hubspot", "key": "hubspot:property:t", "segment": False}
    row = Judgement(
        noor, person.position, 0, DAY, "r", "m", 1, 1, "new", DAY, None, None, None, b"",
        move=Move(None, "new", "score", rise=False), tracks={}, writes={"hubspot": {"a": "b"}},
        enters=(Entering("t", 1, (way,), None, NOW, ""),),
    )  # fmt: skip
    save_judgements(conn, [row], NOW)
    (claimed,) = outbox.claim_enrollments(conn, 10, 60, NOW, 500)
    return noor, claimed.id


def test_an_enrollment_that_was_claimed_is_not_sent_after_her_erasure(conn: Connection) -> None:
    noor, number = enrolling(conn)
    ledger.forget(conn, noor, NOW)
    assert outbox.mark_sending(conn, {number: "hubspot:property:t"}, NOW) == frozenset()
    assert outbox.claim_writes(conn, "hubspot", 10, 60) == []


@pytest.mark.parametrize("becomes", ["accepted", "refused", "unknown", "released"])
def test_the_answer_to_what_was_sent_before_her_erasure_brings_nothing_back(conn: Connection, becomes: str) -> None:
    noor, number = enrolling(conn)
    assert outbox.mark_sending(conn, {number: "hubspot:property:t"}, NOW) == {number}
    ledger.forget(conn, noor, NOW)
    match becomes:
        case "accepted":
            outbox.accept_enrollment(conn, number, "hubspot:property:t", NOW)
        case "released":
            outbox.release(conn, number, "busy", NOW, again_in_s=1)
        case _:
            outbox.finish(conn, number, becomes, "why", NOW)
    assert outbox.unsettled(conn) == []
    for table in ("episode", "written", "failure"):
        assert conn.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    (left,) = conn.execute(text("SELECT state, contact < 0 AS nobodys, track, channel FROM intent")).all()
    assert left == ("accepted", True, None, None)  # counted by the guard


def test_what_goes_wrong_with_her_is_noted_no_more(conn: Connection) -> None:
    noor, brian = known(conn, NOOR, BRIAN)
    ledger.forget(conn, noor, NOW)
    rows = [failures.Failing("501", noor, "was refused"), failures.Failing("502", brian, "was refused")]
    failures.record_failures(conn, rows, step="write", source="hubspot", at=NOW)
    assert [one.platform_id for one in failures.list_failures(conn)] == ["502"]


def test_a_long_value_that_anybody_may_type_into_a_form_is_looked_through_in_no_time(conn: Connection) -> None:
    """Quadratic, it would take half an hour for what a delivery may hold."""
    ledger.forget(conn, *known(conn, NOOR), NOW)
    assert not ledger.names_forgotten(conn, "hubspot", b"x" * 2**20)
    assert ledger.names_forgotten(conn, "hubspot", b"x" * 2**20 + b" noor@acme.example")
