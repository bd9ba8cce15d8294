"""Of a day by what was known earlier, nothing is told that was only decided in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store import judgement, ledger, state
from connector.store.engine import writer_lock
from connector.store.judgement import Judgement, Move

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def test_stage_and_episodes_are_those_that_were_decided_by_then(conn: Connection) -> None:
    state.activate(conn, "r", {}, START)
    writer_lock(conn)
    ledger.take_in(conn, [Record("hubspot", "501", None, {"jobtitle": "CFO"}, START)], START)
    maria = ledger.contacts_of(conn, "hubspot", ["501"])["501"]
    for number, before, after in ((2, None, "new"), (6, "new", "hot")):
        (person,) = ledger.load_people(conn, [maria])
        row = Judgement(
            maria, person.position, person.revision, day(number).date(), "r", "m", 1, 1, after, day(number).date(),
            None, None, None, b"", move=Move(before, after, "score", rise=after == "hot"),
        )  # fmt: skip
        judgement.save_judgements(conn, [row], day(number))
    conn.execute(
        text(
            "INSERT INTO episode (contact, track, number, channel, source, entered_at, left_at)"
            " VALUES (:maria, 't', 1, 'hubspot:property:t', 'hubspot', :entered, :left)"
        ),
        {"maria": maria, "entered": day(4), "left": day(8)},
    )

    def seen(known_by: int) -> tuple[str | None, date | None, list[datetime | None]]:
        person = ledger.person_as_of(conn, maria, day(9), day(known_by))
        assert person is not None
        return person.stage, person.stage_rose, [one.left_at for one in person.episodes]

    assert seen(1) == (None, None, [])
    assert seen(3) == ("new", None, [])
    assert seen(5) == ("new", None, [None])
    assert seen(7) == ("hot", day(6).date(), [None])
    assert seen(9) == ("hot", day(6).date(), [day(8)])
