"""The budget of touches, the pause after a rise, the hold-out."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.nurturing.dosing import budget, held_out
from connector.rulebook.types import Touches

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)
THREE_A_WEEK = Touches(max=3, per="7d")


def days_ago(*days):
    return tuple(NOW - timedelta(days=number) for number in days)


def test_touches_count_in_a_sliding_period():
    assert budget(THREE_A_WEEK, days_ago(1, 3, 8), NOW).left == 1
    assert budget(THREE_A_WEEK, days_ago(7), NOW).left == 3
    assert budget(None, days_ago(0, 0, 0, 0), NOW).left is None


def test_a_spent_budget_says_when_the_next_touch_comes_free():
    spent = budget(THREE_A_WEEK, days_ago(6, 1, 2, 5), NOW)
    assert (spent.left, spent.free_at) == (0, NOW + timedelta(days=2))
    assert budget(Touches(max=0, per="7d"), (), NOW).free_at is None


@given(st.lists(st.integers(-2, 20), max_size=12), st.integers(1, 5))
def test_when_it_comes_free_it_is_free(ages, most):
    touches = Touches(max=most, per="7d")
    spent = budget(touches, days_ago(*ages), NOW)
    if spent.free_at is not None:
        assert budget(touches, days_ago(*ages), spent.free_at).left > 0
        assert budget(touches, days_ago(*ages), spent.free_at - timedelta(seconds=1)).left == 0


def test_a_spent_dose_refuses_and_says_the_day(maria, plans):
    touched = maria.remembers(touches=days_ago(1, 2, 3))
    plan = plans(touched, "finance", dosing={"touches": {"max": 3, "per": "7d"}})
    assert plan.enter == ()
    assert [(no.reason, no.again) for no in plan.refused] == [("dose", date(2027, 3, 14))]


@pytest.mark.parametrize(("rose", "reasons"), [(date(2027, 3, 6), ["after_rise"]), (date(2027, 3, 5), [])])
def test_after_a_rise_she_is_left_alone_for_some_days(rose, reasons, maria, plans):
    plan = plans(maria.remembers(stage_rose=rose), "finance", dosing={"hold_after_rise": "5d"})
    assert [no.reason for no in plan.refused] == reasons
    assert all(no.again == date(2027, 3, 11) for no in plan.refused)


def test_the_rise_of_this_very_step_counts(maria, plans):
    risen = maria.stands("nurture", before="new", rise=True)
    (no,) = plans(risen, "finance", dosing={"hold_after_rise": "5d"}).refused
    assert (no.reason, no.again) == ("after_rise", date(2027, 3, 15))
    assert plans(risen, "finance").refused == ()


def test_a_holdout_is_the_same_person_on_every_machine():
    chosen = [number for number in range(60) if held_out(Decimal("0.1"), {"hubspot": str(number)}, "finance")]
    assert chosen == [5, 10, 11, 19, 56]
    assert held_out(Decimal("0.1"), {"mailchimp:main": "x", "hubspot": str(chosen[0])}, "finance")


def test_another_track_holds_out_other_people():
    tracks = ("finance", "warmup")
    first, second = ({n for n in range(2000) if held_out(Decimal("0.2"), {"hubspot": str(n)}, t)} for t in tracks)
    assert len(first & second) < len(first) / 2


@given(st.text(min_size=1, max_size=20), st.decimals(0, 1, places=3), st.decimals(0, 1, places=3))
def test_a_larger_share_only_adds_people(number, one, other):
    small, large = sorted((one, other))
    refs = {"hubspot": number}
    assert held_out(large, refs, "finance") or not held_out(small, refs, "finance")
    assert held_out(Decimal(1), refs, "finance")
    assert not held_out(Decimal(0), refs, "finance")


def test_the_share_is_about_right():
    held = sum(held_out(Decimal("0.1"), {"hubspot": str(number)}, "finance") for number in range(5000))
    assert 420 < held < 580
