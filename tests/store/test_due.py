"""Who is due: news, another rulebook, or a day that has come; a sweep stands for all whom nobody has to look at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from connector.facts import Event, Record
from connector.store import judgement, ledger, state
from connector.store.engine import writer_lock
from connector.store.judgement import Judgement

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def conn(conn: Connection) -> Connection:
    """Rulebooks a and b were active once, and b is."""
    for name in ("a", "b"):
        state.activate(conn, name, {}, NOW)
    return conn


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    taken = ledger.take_in(conn, [Record("hubspot", str(n), None, {}, NOW) for n in range(count)], NOW)
    return sorted(change.contact for change in taken.changed.values())


def judge(conn: Connection, contact: int, rulebook: str = "b", due: date | None = None) -> None:
    (person,) = ledger.load_people(conn, [contact])
    row = Judgement(
        contact, person.position, person.revision, DAY, rulebook, "m", 1, 1000, "new", DAY, None, None, due, b""
    )
    assert judgement.save_judgements(conn, [row], NOW) == ()


def news(conn: Connection, contact: int) -> None:
    ledger.add_events(conn, [(contact, Event("email_click", NOW, NOW, str(ledger.position(conn))))])


def due(conn: Connection, rulebook: str = "b", day: date = DAY, *, limit: int = 100, after: int = 0) -> list[int]:
    found = ledger.to_judge(conn, day, rulebook, limit, after)
    if (limit, after) == (100, 0):
        assert ledger.count_to_judge(conn, day, rulebook) == len(found)
    return found


def sweep(conn: Connection, rulebook: str = "b", day: date = DAY) -> None:
    ledger.keep_sweep(conn, rulebook, ledger.position(conn), day)


def judged_by(conn: Connection, contact: int) -> str:
    (person,) = ledger.load_people(conn, [contact])
    assert person.verdict is not None
    return person.verdict.rulebook


def test_due_is_who_was_never_judged_who_has_news_and_whose_day_has_come(conn: Connection) -> None:
    maria, brian, noor = everybody = people(conn, 3)
    assert due(conn) == everybody
    judge(conn, maria)
    judge(conn, brian, due=TOMORROW)
    assert due(conn) == [noor]
    assert due(conn, day=TOMORROW) == [brian, noor]
    news(conn, maria)
    assert due(conn) == [maria, noor]
    assert due(conn, limit=1) == [maria]
    assert due(conn, after=maria) == [noor]
    assert due(conn, "a") == everybody
    assert due(conn, "never active") == everybody


def test_news_that_came_after_somebody_was_loaded_is_not_taken_for_judged(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    (person,) = ledger.load_people(conn, [maria])
    news(conn, maria)
    row = Judgement(maria, person.position, 0, DAY, "b", "m", 1, 1000, "new", DAY, None, None, None, b"")
    judgement.save_judgements(conn, [row], NOW)
    assert due(conn) == [maria]


def test_a_sweep_stands_for_everybody_whose_facts_it_knew(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    judge(conn, maria, "a")
    judge(conn, brian, "a", due=TOMORROW)
    news(conn, maria)
    assert due(conn) == [maria, brian]
    sweep(conn)
    assert due(conn) == []
    assert due(conn, day=TOMORROW) == [brian]
    assert (judged_by(conn, maria), judged_by(conn, brian)) == ("b", "b")
    news(conn, maria)
    assert due(conn) == [maria]
    assert (judged_by(conn, maria), judged_by(conn, brian)) == ("a", "b")


def test_a_sweep_hides_nobody_without_a_verdict(conn: Connection) -> None:
    maria, brian = people(conn, 2)
    judge(conn, maria)
    sweep(conn)
    assert due(conn) == [brian]
    sweep(conn)
    assert due(conn) == [brian]


def test_an_older_sweep_does_not_take_a_newer_one_back(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    before = ledger.position(conn)
    news(conn, maria)
    judge(conn, maria, "a")
    sweep(conn)
    ledger.keep_sweep(conn, "b", before, DAY - timedelta(days=1))
    assert due(conn) == []


def test_going_back_to_a_rulebook_asks_everybody_again(conn: Connection) -> None:
    """Under b somebody may have been judged otherwise: what a swept before does not count any more."""
    (maria,) = people(conn, 1)
    judge(conn, maria, "a")
    sweep(conn, "a")
    judge(conn, maria, "b")
    state.activate(conn, "a", {}, NOW)
    assert due(conn, "a") == [maria]
    sweep(conn, "a")
    sweep(conn, "b")
    assert conn.execute(text("SELECT count(*) FROM sweep")).scalar_one() == 1


def test_a_rulebook_that_nobody_activated_can_judge_nobody(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    with pytest.raises(ValueError, match="never activated"):
        judge(conn, maria, "c")
    with pytest.raises(ValueError, match="never activated"):
        sweep(conn, "c")


def test_what_was_merged_into_somebody_is_due(conn: Connection) -> None:
    keep, gone = people(conn, 2)
    judge(conn, keep)
    judge(conn, gone)
    sweep(conn)
    assert ledger.unite(conn, keep, gone, source="hubspot", at=NOW)
    assert due(conn) == [keep]


def test_positions_begin_at_nothing_and_grow(conn: Connection) -> None:
    assert ledger.position(conn) == 0
    (maria,) = people(conn, 1)
    first = ledger.position(conn)
    news(conn, maria)
    assert 0 < first < ledger.position(conn)
