"""Whoever is forgotten makes no room in the guard or the pace: what went out counts for its 24 h, and names nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from connector.facts import Record
from connector.store import ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import Entering, Judgement, Move, save_judgements
from connector.store.outbox import Pace
from connector.store.retention import prune

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)


def wishing(conn: Connection, id_: str, *, segment: bool = False) -> int:
    """Somebody new, who is to enter a track, and whose stage has moved."""
    writer_lock(conn)
    record = Record("hubspot", id_, f"{id_}@acme.example", {}, NOW)
    ledger.take_in(conn, [record], NOW)
    contact = ledger.find_contact(conn, f"{id_}@acme.example")
    assert contact is not None
    (person,) = ledger.load_people(conn, [contact])
    way = {"source": "hubspot", "key": "hubspot:list:l" if segment else "hubspot:property:t", "segment": segment}
    row = Judgement(
        contact, person.position, 0, date(2026, 11, 24), "r", "m", 1, 1, "new", date(2026, 11, 24), None, None, None, b"",
        move=Move(None, "new", "score", rise=False), tracks={}, writes={"hubspot": {"a": "b"}},
        enters=(Entering("t", 1, (way,), None, NOW, ""),),
    )  # fmt: skip
    save_judgements(conn, [row], NOW)
    return contact


def enters(conn: Connection, id_: str, *, segment: bool = False) -> int:
    """Somebody who has entered, and whose stage is written; a workflow heard it."""
    contact = wishing(conn, id_, segment=segment)
    (claimed,) = outbox.claim_enrollments(conn, 10, 60, NOW, 500)
    assert outbox.mark_sending(conn, {claimed.id: "hubspot:property:t"}, NOW) == {claimed.id}
    outbox.accept_enrollment(conn, claimed.id, "hubspot:property:t", NOW, segment=segment)
    (write,) = outbox.claim_writes(conn, "hubspot", 10, 60)
    outbox.finish_all(conn, {write.id: ("accepted", "")}, NOW)
    return contact


def held(conn: Connection) -> int:
    return conn.execute(text("SELECT count(*) FROM intent WHERE state = 'held'")).scalar_one()


def test_nobody_enters_in_the_place_of_who_was_forgotten(conn: Connection) -> None:
    state.activate(conn, "r", {}, NOW)
    for contact in [enters(conn, one) for one in ("501", "502")]:
        ledger.forget(conn, contact, NOW)
    wishing(conn, "503")
    assert outbox.enrolled_since(conn, NOW) == 2
    assert outbox.moves_delivered(conn, NOW) == 2
    assert outbox.claim_enrollments(conn, 10, 60, NOW + 23 * HOUR, 2) == []
    assert held(conn) == 1


def test_the_pace_counts_her_too_and_a_place_of_a_list_stays_one_of_a_list(conn: Connection) -> None:
    state.activate(conn, "r", {}, NOW)
    ledger.forget(conn, enters(conn, "501"), NOW)
    ledger.forget(conn, enters(conn, "502", segment=True), NOW)
    wishing(conn, "503")
    assert outbox.claim_enrollments(conn, 10, 60, NOW, 2, pace=Pace(per_day=1)) == []
    assert held(conn) == 0
    later = NOW + 24 * HOUR
    assert len(outbox.claim_enrollments(conn, 10, 60, later - HOUR, 2, pace=Pace(per_day=2))) == 0  # waits for room
    assert len(outbox.claim_enrollments(conn, 10, 60, later, 2, pace=Pace(per_day=1))) == 1


def test_what_a_workflow_heard_of_her_counts_on(conn: Connection) -> None:
    state.activate(conn, "r", {}, NOW)
    contact = enters(conn, "501", segment=True)
    conn.execute(text("UPDATE intent SET heard = true WHERE kind = 'write'"))
    ledger.forget(conn, contact, NOW)
    wishing(conn, "502")
    assert outbox.claim_enrollments(conn, 10, 60, NOW, 1) == []
    assert held(conn) == 1


def test_what_counts_no_more_is_dropped(engine: Engine) -> None:
    with engine.begin() as conn:
        state.activate(conn, "r", {}, NOW)
        ledger.forget(conn, enters(conn, "501"), NOW)
        ledger.forget(conn, enters(conn, "502"), NOW + 25 * HOUR)  # out of every window by then
    assert "nameless" not in prune(engine, NOW + 24 * HOUR)
    assert prune(engine, NOW + 49 * HOUR)["nameless"] == 2
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM intent")).scalar_one() == 0
