"""Erasure: a person is gone from every table, and does not come back by a late word."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Connection, text

from connector.facts import Event, Record
from connector.store import failures, inbox, ledger, state
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
