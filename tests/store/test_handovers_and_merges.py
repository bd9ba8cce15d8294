"""Hand-overs through merges, and through standings that follow each other: sales get her once, and do get her."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import handovers, judgement, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.judgement import HandingOver, Judgement

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
OVER = HandingOver(("ana@team.example",), "Call Maria", "Maria · CFO", NOW + timedelta(days=1), note=False)


def people(conn: Connection, count: int) -> list[int]:
    state.activate(conn, "r", {}, NOW)
    writer_lock(conn)
    taken = ledger.take_in(conn, [Record("hubspot", str(n), None, {}, NOW) for n in range(count)], NOW)
    return sorted(change.contact for change in taken.changed.values())


def judge(conn: Connection, contact: int, stage: str, over: HandingOver | None, *, handed_over: bool) -> None:
    (person,) = ledger.load_people(conn, [contact])
    row = Judgement(
        contact, person.position, person.revision, DAY, "r", "m", 1, 1000, stage, DAY, None, None, None, b"",
        handover=over, handed_over=handed_over,
    )  # fmt: skip
    assert judgement.save_judgements(conn, [row], NOW) == ()


def give(conn: Connection, contact: int) -> int:
    """Carry out the hand-over that waits for somebody."""
    (intent,) = conn.scalars(
        text("SELECT id FROM intent WHERE kind = 'handover' AND state = 'pending' AND contact = :contact"),
        {"contact": contact},
    )
    outbox.finish(conn, intent, "accepted", "", NOW)
    handovers.hand_over(conn, intent, owner="7", ours=True, task="31", at=NOW, due_at=NOW + timedelta(days=1))
    return int(intent)


def waiting(conn: Connection) -> list[int]:
    return [one.contact for one in outbox.claim(conn, "handover", 10, 60, NOW)]


def test_who_was_about_to_be_handed_over_is_still_after_a_merge(conn: Connection) -> None:
    keep, gone = people(conn, 2)
    judge(conn, keep, "nurture", None, handed_over=False)
    judge(conn, gone, "hot", OVER, handed_over=True)
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    (person,) = ledger.load_people(conn, [keep])
    assert person.handed_over
    assert waiting(conn) == [keep]


@pytest.mark.parametrize("first", ["keep", "gone"])
def test_of_two_of_whom_sales_has_one_the_other_is_not_handed_over_once_more(conn: Connection, first: str) -> None:
    keep, gone = people(conn, 2)
    for one in (keep, gone):
        judge(conn, one, "hot", OVER, handed_over=True)
    give(conn, keep if first == "keep" else gone)
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert waiting(conn) == []
    assert [one.contact for one in handovers.open_ones(conn)] == [keep]


def test_of_two_who_were_about_to_be_handed_over_one_is(conn: Connection) -> None:
    keep, gone = people(conn, 2)
    for one in (keep, gone):
        judge(conn, one, "hot", OVER, handed_over=True)
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert waiting(conn) == [keep]


def test_whom_sales_had_long_ago_and_is_not_theirs_now_is_handed_over(conn: Connection) -> None:
    """The earlier hand-over was of a standing that is over: it stands in nobody's way."""
    keep, gone = people(conn, 2)
    judge(conn, gone, "hot", OVER, handed_over=True)
    give(conn, gone)
    judge(conn, gone, "nurture", None, handed_over=False)
    judge(conn, keep, "hot", OVER, handed_over=True)
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert waiting(conn) == [keep]


def test_a_new_hand_over_takes_the_place_of_one_that_nobody_ended(conn: Connection) -> None:
    """She fell and came up again while HubSpot was away: one of the two would be passed on after the other."""
    (maria,) = people(conn, 1)
    judge(conn, maria, "hot", OVER, handed_over=True)
    give(conn, maria)
    judge(conn, maria, "nurture", None, handed_over=False)
    judge(conn, maria, "hot", OVER, handed_over=True)
    second = give(conn, maria)
    assert [one.intent for one in handovers.open_ones(conn)] == [second]
