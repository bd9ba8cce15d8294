"""Where stages begin: so many a week as sales can look at, and nobody's stage empty."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from connector.starter.judged import week_of
from connector.starter.thresholds import Standing, Thresholds, thresholds

crowds = st.lists(st.builds(Standing, st.integers(0, 100), st.booleans(), st.booleans()), max_size=60)


def stage_of(one: Standing, at: Thresholds) -> str:
    if one.score >= at.hot and (one.acted or not at.by_acts):
        return "hot"
    return "qualified" if one.score >= at.qualified else "nurture" if one.score >= at.nurture else "new"


@given(people=crowds, more=st.integers(0, 5000), capacity=st.integers(1, 1000), highest=st.integers(20, 100))
def test_thresholds_rise_and_are_reached(people: list[Standing], more: int, capacity: int, highest: int) -> None:
    at = thresholds(people, len(people) + more, capacity, highest)
    assert 0 < at.nurture < at.qualified < at.hot
    if len({one.score for one in people}) < 4:
        assert at.hot <= highest
        return
    there = Counter(stage_of(one, at) for one in people)
    assert set(there) == {"new", "nurture", "qualified", "hot"}


@given(people=crowds.filter(lambda people: len({one.score for one in people}) > 3), capacity=st.integers(1, 50))
def test_a_larger_team_is_never_given_fewer(people: list[Standing], capacity: int) -> None:
    assert thresholds(people, len(people), capacity + 1, 100).hot <= thresholds(people, len(people), capacity, 100).hot


def test_about_as_many_come_up_in_a_week_as_sales_can_look_at() -> None:
    stirred = [Standing(score, acted=True, stirred=True) for score in range(20, 70)]
    asleep = [Standing(score, acted=True, stirred=False) for score in range(10, 80) for _ in range(3)]
    at = thresholds([*stirred, *asleep], 260, 10, 100)
    assert at.hot == 60
    assert sum(one.score >= at.hot for one in stirred) == 10
    assert "about 10 a week" in at.told[0]


def test_a_sample_of_a_tenth_is_given_a_tenth() -> None:
    stirred = [Standing(score, acted=True, stirred=True) for score in range(20, 70)]
    asleep = [Standing(5, acted=True, stirred=False)] * 50
    assert thresholds([*stirred, *asleep], 1000, 50, 100, each=10).hot == 65
    assert thresholds([*stirred, *asleep], 1000, 50, 100).hot == 22  # no lower, or a stage below would be empty


def test_who_never_did_anything_is_not_hot_where_others_did() -> None:
    quiet = [Standing(score, acted=False, stirred=False) for score in range(30, 60)]
    busy = [Standing(40, acted=True, stirred=True), Standing(3, acted=True, stirred=True)]
    at = thresholds([*quiet, *busy], 32, 1, 100)
    assert (at.by_acts, at.hot) == (True, 40)


def test_without_anybody_they_are_usual_ones_in_proportion_to_the_model() -> None:
    full, half = thresholds((), 0, 10, 100), thresholds((), 0, 10, 50)
    assert (full.nurture, full.qualified, full.hot) == (20, 50, 70)
    assert (half.nurture, half.qualified, half.hot) == (10, 25, 35)
    assert full.by_acts


def test_what_people_did_must_be_seen_before_anybody_is_hot_for_who_she_is() -> None:
    people = [Standing(score, acted=False, stirred=False) for score in range(10)]
    assert not thresholds(people, 10, 1, 100).by_acts
    assert thresholds(people, 10, 1, 100, acts_seen=False).by_acts


def test_those_changed_lately_stand_for_those_of_the_week_alone(portal, now) -> None:
    people = [{"jobtitle": "CFO"}] * 40  # all changed now
    assert week_of(portal(people=people, total=4000, lately=40), now) == 1
    assert week_of(portal(people=people, total=4000, lately=120), now) == 3
    assert week_of(portal(people=people, total=4000), now) == 100
    assert week_of(portal(), now) == 1


def test_more_hand_raisers_than_sales_can_look_at_are_told() -> None:
    people = [Standing(85, acted=True, stirred=True)] * 30 + [
        Standing(score, acted=True, stirred=True) for score in (3, 9, 20, 30)
    ]
    at = thresholds(people, 34, 5, 100)
    assert at.hot == 80
    assert at.told[0].endswith(
        "about 30 a week come up to hot; sales can look at 5; who asks for you is hot, however many do."
    )
