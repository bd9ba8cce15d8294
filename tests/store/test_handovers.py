"""Hand-overs in the store: kept with the intent's ending, open until somebody has touched her, gone with the person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import handovers, ledger, outbox
from connector.store.engine import writer_lock
from connector.store.merging import unite

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DUE = NOW + timedelta(days=1)
VERDICT = "trellis_sales_verdict"


def people(conn: Connection, count: int = 1, **values: str) -> list[int]:
    """So many people, who stand on stage hot."""
    writer_lock(conn)
    records = [Record("hubspot", str(500 + n), f"p{n}@acme.example", values, NOW) for n in range(count)]
    found = sorted(change.contact for change in ledger.take_in(conn, records, NOW).changed.values())
    for one in found:
        stand(conn, one, "hot")
    return found


def stand(conn: Connection, contact: int, stage: str) -> None:
    conn.execute(
        text("INSERT INTO word (text) SELECT :stage WHERE NOT EXISTS (SELECT FROM word WHERE text = :stage)"),
        {"stage": stage},
    )
    conn.execute(
        text(
            "INSERT INTO verdict (contact, judged, digest, written_at, exact, rulebook, day, since, revision, model, stage,"
            "  persona, phase, handed_over, receipt)"
            " SELECT :contact, 0, 0, :at, 0, 0, :at, :at, 1, 0, id, 0, 0, true, '' FROM word WHERE text = :stage"
            " ON CONFLICT (contact) DO UPDATE SET stage = excluded.stage"
        ),
        {"contact": contact, "stage": stage, "at": NOW},
    )


def give(conn: Connection, contact: int, due_at: datetime | None = DUE) -> int:
    """Hand somebody over; the intent's number."""
    statement = text(
        "INSERT INTO intent (kind, state, contact, payload, not_before, created_at)"
        " VALUES ('handover', 'pending', :contact, CAST(:payload AS jsonb), :at, :at) RETURNING id"
    )
    payload = '{"stage": "hot", "owners": ["ana@team.example"]}'
    intent = int(conn.scalar(statement, {"contact": contact, "payload": payload, "at": NOW}) or 0)
    outbox.finish(conn, intent, "accepted", "", NOW)
    handovers.hand_over(conn, intent, owner="7", ours=True, task="31", at=NOW, due_at=due_at)
    return intent


def endings(conn: Connection) -> list[str]:
    return list(conn.scalars(text("SELECT ended_by FROM handover ORDER BY id")))


def known(conn: Connection) -> int:
    return handovers.end_by_what_is_known(conn, ["hot"], VERDICT, NOW)


def test_she_is_open_with_owner_task_and_due_time_until_somebody_touches_her(conn: Connection) -> None:
    (maria,) = people(conn)
    intent = give(conn, maria)
    (one,) = handovers.open_ones(conn)
    assert (one.contact, one.intent, one.stage) == (maria, intent, "hot")
    assert (one.owner, one.ours, one.task, one.due_at) == ("7", True, "31", DUE)
    assert known(conn) == 0
    handovers.end(conn, {one.id: "task"}, NOW)
    handovers.end(conn, {one.id: "contacted"}, NOW)
    assert endings(conn) == ["task"]  # the first ending stands
    assert handovers.open_ones(conn) == []


def test_who_is_looked_at_and_when(conn: Connection) -> None:
    maria, carla, dora = people(conn, 3)
    give(conn, maria)
    give(conn, carla, DUE + timedelta(days=1))
    give(conn, dora, None)

    def seen(now: datetime, *, known_too: bool) -> list[int]:
        return [one.contact for one in handovers.to_look_at(conn, now, 10, known_too=known_too)]

    assert seen(DUE - timedelta(seconds=1), known_too=True) == []
    assert seen(DUE, known_too=False) == [maria]
    (first,) = handovers.to_look_at(conn, DUE, 10, known_too=False)
    handovers.tell(conn, [first.id], DUE)
    assert seen(DUE, known_too=False) == []
    assert seen(DUE, known_too=True) == [maria]
    assert handovers.count(conn) == {"open": 3, "overdue": 1}
    assert [one.contact for one in handovers.open_ones(conn, overdue=True)] == [maria]
    assert [one.contact for one in handovers.open_ones(conn)] == [maria, carla, dora]


def test_passed_on_she_has_another_owner_and_her_task_is_noted_later(conn: Connection) -> None:
    (maria,) = people(conn)
    give(conn, maria)
    (one,) = handovers.open_ones(conn)
    handovers.pass_on(conn, one.id, "8", DUE + timedelta(days=1))
    (now,) = handovers.open_ones(conn)
    assert (now.owner, now.task, now.rerouted, now.due_at) == ("8", "", 1, DUE + timedelta(days=1))
    handovers.note_task(conn, one.id, "32")
    assert handovers.open_ones(conn)[0].task == "32"


@pytest.mark.parametrize("stage", ["qualified", "customer", "suppressed"])
def test_who_stands_elsewhere_has_left(stage: str, conn: Connection) -> None:
    maria, carla = people(conn, 2)
    give(conn, maria)
    give(conn, carla)
    stand(conn, maria, stage)
    assert known(conn) == 1
    assert endings(conn) == ["left", ""]


def test_who_is_gone_from_hubspot_has_left_and_a_word_of_sales_is_a_touch(conn: Connection) -> None:
    maria, carla = people(conn, 2)
    give(conn, maria)
    give(conn, carla)
    ledger.mark_archived(conn, "hubspot", ["500"], NOW)
    ledger.take_in(conn, [Record("hubspot", "501", "p1@acme.example", {VERDICT: "accepted"}, DUE)], DUE)
    assert known(conn) == 2
    assert endings(conn) == ["left", "verdict"]


def test_of_somebody_who_was_forgotten_meanwhile_nothing_is_kept(conn: Connection) -> None:
    (maria,) = people(conn)
    intent = give(conn, maria)
    ledger.forget(conn, maria, NOW)
    handovers.hand_over(conn, intent, owner="7", ours=True, task="31", at=NOW, due_at=DUE)
    assert endings(conn) == []


@pytest.mark.parametrize(("both", "left"), [(False, [""]), (True, ["", "left"])])
def test_two_who_turn_out_to_be_one_wait_for_one_touch(both: bool, left: list[str], conn: Connection) -> None:
    maria, double = people(conn, 2)
    if both:
        give(conn, maria)
    give(conn, double)
    unite(conn, maria, double, source="hubspot", at=NOW)
    assert endings(conn) == left
    assert {one.contact for one in handovers.open_ones(conn)} == {maria}
