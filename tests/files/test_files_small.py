"""What is small enough to go live without anybody looking, by the guard. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.change.noticed import Size
from connector.change.plan.plan import SCORES, Because, Cost, Move, Passage, Plan, Spread
from connector.change.small import why_it_waits
from connector.rulebook.types import Guard
from connector.steps.newly_mapped import NewlyMapped

GUARD = Guard.model_validate({"stage_moves": {"share": "10%", "count": 500}, "enrollments": 20})


def guard(share="10%", count=500, enrollments=20):
    return Guard.model_validate({"stage_moves": {"share": share, "count": count}, "enrollments": enrollments})


def plan(*, moves=0, enters=0, leaves=0, contacts=1000, **others):
    spread = Spread((0,) * SCORES, contacts, {})
    told = {
        "made_at": datetime(2026, 11, 24, 11, tzinfo=UTC),
        "day": date(2026, 11, 24),
        "rulebook": "b" * 64,
        "active": "a" * 64,
        "position": 7,
        "contacts": contacts,
        "before": spread,
        "after": spread,
        "moves": tuple(Move(n, "new", "hot", True, 10, 80, Because("forms", 9000)) for n in range(moves)),
        "enters": tuple(Passage(n, "finance") for n in range(enters)),
        "leaves": tuple(Passage(n, "finance") for n in range(leaves)),
        "handovers": (),
        "creates": (),
        "newly_read": None,
        "cost": Cost({"hubspot": 5}, {"hubspot": 1}, 0.1),
        "held": {},
    }
    return Plan(**{**told, **others})


def waits(told, by=GUARD, moved=0, enrolled=0):
    return why_it_waits(told, by, moved=moved, enrolled=enrolled)


def test_within_the_guard_nothing_waits():
    assert waits(plan(moves=100, enters=20, leaves=20)) == ""
    assert waits(plan()) == ""
    assert waits(plan(held={"segment readers: not put on its list yet": 40})) == "", "they wait as ever"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (plan(moves=101), "101 would move, and the guard leaves 100 for today"),
        (plan(enters=21), "21 would enter tracks, and the guard leaves 20 for today"),
        (plan(leaves=21), "21 would leave tracks, and the guard leaves 20 for today"),
        (plan(held={"moves": 3, "enrollments": 2}), "5 would be held"),
        (plan(creates=("HubSpot: would create list Paused",)), "1 thing is to be created on the platforms"),
        (plan(uncreated="PlatformBusy"), "nobody could tell whether anything is to be created on the platforms"),
        (plan(newly_read=NewlyMapped(("zip", "city"), 1000, 10)), "2 properties were never read"),
    ],
    ids=["moves", "enrollments", "exits", "held", "creates", "not asked", "newly read"],
)
def test_each_reason_to_wait_is_told(told, why):
    assert waits(told) == why


def test_what_moved_and_entered_today_already_counts():
    assert waits(plan(moves=60), moved=40) == ""
    assert waits(plan(moves=60), moved=41) == "60 would move, and the guard leaves 59 for today"
    assert waits(plan(enters=1), enrolled=20) == "1 would enter tracks, and the guard leaves 0 for today"


@given(
    st.integers(0, 200),
    st.integers(0, 40),
    *[st.builds(guard, st.sampled_from(["0%", "5%", "100%"]), st.integers(0, 300), st.integers(0, 40))] * 2,
)
def test_what_goes_under_a_guard_goes_under_none_that_is_tighter_alone(moves, enters, one, other):
    """What passes two guards passes the tighter of each of their bounds."""
    told = plan(moves=moves, enters=enters, contacts=500)
    share, count = (
        min(one.stage_moves.share, other.stage_moves.share),
        min(one.stage_moves.count, other.stage_moves.count),
    )
    tighter = guard(f"{share * 100}%", count, min(one.enrollments, other.enrollments))
    assert (waits(told, tighter) == "") == (waits(told, one) == waits(told, other) == "")


def test_a_size_in_words_leaves_out_what_does_not_happen():
    assert str(Size(0, 0, 0, 0, 0, 0, 0, 0, 0)) == "change nobody"
    told = str(Size(moves=1, enters=0, leaves=0, handovers=0, writes=1200, calls=12, held=4, creates=2, reads=1))
    assert told == (
        "create 2 things, read 1 field for the first time, move 1 to another stage, make 1,200 writes, hold 4 for a person"
    )
