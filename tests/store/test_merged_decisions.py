"""Two become one: what was decided of either counts for her from then on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection

from connector.facts import Record
from connector.store import judgement, ledger, state
from connector.store.engine import writer_lock
from connector.store.judgement import Judgement
from connector.store.ledger import Person

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)


def judge(conn: Connection, contact: int, stage: str, *, handed_over: bool) -> None:
    (person,) = ledger.load_people(conn, [contact])
    row = Judgement(
        contact, person.position, person.revision, DAY, "r", "m", 1, 1000, stage, DAY, None, None, None, b"",
        handed_over=handed_over,
    )  # fmt: skip
    assert judgement.save_judgements(conn, [row], NOW) == ()


def united(conn: Connection, kept: tuple[str, bool] | None, gone: tuple[str, bool] | None) -> Person:
    """The one of two who are merged, judged before as said: the stage, and whether sales has her."""
    state.activate(conn, "r", {}, NOW)
    writer_lock(conn)
    taken = ledger.take_in(conn, [Record("hubspot", str(n), None, {}, NOW) for n in range(2)], NOW)
    keep, other = sorted(change.contact for change in taken.changed.values())
    for contact, judged in ((keep, kept), (other, gone)):
        if judged:
            judge(conn, contact, judged[0], handed_over=judged[1])
    assert ledger.unite(conn, keep, other, source="hubspot", at=NOW)
    (person,) = ledger.load_people(conn, [keep])
    assert ledger.to_judge(conn, DAY, "r", 10) == [keep]
    return person


@pytest.mark.parametrize(
    ("kept", "gone", "stage", "handed_over"),
    [
        (("nurture", False), ("hot", True), "hot", True),
        (("hot", True), ("nurture", False), "hot", True),
        (("new", False), ("nurture", False), "new", False),
        (None, ("hot", True), "hot", True),
        (None, ("nurture", False), "nurture", False),
        (("new", False), None, "new", False),
        (None, None, None, False),
    ],
)
def test_who_was_handed_over_stays_so_and_the_kept_one_s_standing_stays_otherwise(
    conn: Connection,
    kept: tuple[str, bool] | None,
    gone: tuple[str, bool] | None,
    stage: str | None,
    handed_over: bool,
) -> None:
    person = united(conn, kept, gone)
    assert (person.stage, person.handed_over) == (stage, handed_over)
