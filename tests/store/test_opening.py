"""Opening batches in the store: nobody who matched at the baseline stops waiting without a person's word, and only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from connector.facts import Record
from connector.store import judgement, ledger, opening, state
from connector.store.engine import writer_lock
from connector.store.judgement import Judgement
from connector.store.ledger import TrackMemory
from connector.store.opening import Opening

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 23)


def people(conn: Connection, count: int) -> list[int]:
    writer_lock(conn)
    state.activate(conn, "r1", {}, NOW)
    records = [Record("hubspot", str(500 + n), f"p{n}@acme.example", {}, NOW) for n in range(count)]
    return sorted(change.contact for change in ledger.take_in(conn, records, NOW).changed.values())


def judge(conn: Connection, contacts: Sequence[int], memory: TrackMemory | None, score: int | None = 50) -> None:
    """Keep judgements; `memory` None: she matches as before."""
    rows = [
        Judgement(
            contact=person.contact,
            position=person.position,
            revision=person.revision,
            day=DAY,
            rulebook="r1",
            model="acquisition",
            score=score,
            exact=1000 * (score or 0),
            stage="nurture",
            since=DAY,
            persona=None,
            phase=None,
            due=None,
            receipt=b"packed",
            tracks={"finance": memory} if memory else person.track_states,
        )
        for person in ledger.load_people(conn, contacts)
    ]
    judgement.save_judgements(conn, rows, NOW)


AT_BASELINE = TrackMemory("finance", True, DAY, at_baseline=True)
GONE = TrackMemory("finance", False, DAY, at_baseline=False)
BACK = TrackMemory("finance", True, DAY, at_baseline=False)


def at_baseline(conn: Connection, contacts: Sequence[int]) -> Mapping[int, bool]:
    states = {person.contact: person.track_states["finance"] for person in ledger.load_people(conn, contacts)}
    return {contact: one.matched and one.at_baseline for contact, one in states.items()}


def test_the_best_by_score_go_first_and_whoever_goes_is_judged_anew(conn: Connection) -> None:
    low, none, high = people(conn, 3)
    for contact, score in ((low, 20), (none, None), (high, 70)):
        judge(conn, [contact], AT_BASELINE, score)
    assert ledger.to_judge(conn, DAY, "r1", 10) == []
    assert opening.approve_opening(conn, "finance", most=2) == 2
    assert at_baseline(conn, [low, none, high]) == {low: False, none: True, high: False}
    assert ledger.to_judge(conn, DAY, "r1", 10) == [low, high]
    assert opening.openings(conn) == [Opening("finance", 1)]


def test_another_track_is_not_opened_with_it(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, [maria], AT_BASELINE)
    assert opening.approve_opening(conn, "winback") == opening.discard_opening(conn, "winback") == 0
    assert at_baseline(conn, [maria]) == {maria: True}


def test_a_discarded_batch_is_asked_about_again_only_after_a_new_baseline(conn: Connection) -> None:
    (maria,) = people(conn, 1)
    judge(conn, [maria], AT_BASELINE)
    assert opening.discard_opening(conn, "finance") == 1
    judge(conn, [maria], None)
    assert opening.openings(conn) == []
    judge(conn, [maria], GONE)
    judge(conn, [maria], BACK)
    assert opening.openings(conn) == []
    judge(conn, [maria], AT_BASELINE)
    assert opening.openings(conn) == [Opening("finance", 1)]


WHO = st.integers(0, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("approve"), st.one_of(st.none(), st.integers(1, 3))),
        st.tuples(st.just("discard"), st.none()),
        st.tuples(st.sampled_from(["goes on", "leaves", "comes back"]), WHO),
    ),
    max_size=10,
)


def test_nobody_stops_waiting_but_by_a_word_or_by_leaving_and_approving_twice_is_once(conn: Connection) -> None:
    contacts = people(conn, 5)
    judge(conn, contacts, AT_BASELINE)

    @given(STEPS)
    def law(steps: list[tuple[str, int | None]]) -> None:
        trial = conn.begin_nested()
        waiting, passed_over = set(contacts), set[int]()
        for step, told in steps:
            offered = waiting - passed_over
            if step == "approve":
                assert opening.approve_opening(conn, "finance", told) == min(len(offered), told or 5)
                waiting -= set(sorted(offered)[: told or 5])
            elif step == "discard":
                assert opening.discard_opening(conn, "finance") == len(offered)
                passed_over |= offered
            else:
                contact = contacts[told or 0]
                judge(conn, [contact], {"goes on": None, "leaves": GONE, "comes back": BACK}[step])
                waiting -= set() if step == "goes on" else {contact}
            assert at_baseline(conn, contacts) == {one: one in waiting for one in contacts}
            listed = len(waiting - passed_over)
            assert opening.openings(conn) == ([Opening("finance", listed)] if listed else [])
        trial.rollback()

    law()
