"""She is on two tracks where one at a time is the rule, as two people who were merged: one of them ends."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.facts import Episode, Event
from connector.nurturing.intents import Hearing, Tended, TrackState
from connector.nurturing.reasons import Held, Left

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
PROPERTY = "hubspot:property:trellis_track"
TAG = "mailchimp:main:tag:trellis:track:warmup"
#: Leaving ends its mails.
LEFT_BY_TAG = [
    {"mailchimp": {"audience": "main", "tag": "trellis:track:warmup"}, "listener": "confirmed", "exit": "confirmed"}
]


def on(track, channel, days, number=1):
    return Episode(track, number, channel, NOW - timedelta(days=days))


def both(person):
    """Longer on the lesser one."""
    return person.knows(episodes=(on("warmup", TAG, 5), on("finance", PROPERTY, 3)))


def left(plan):
    return {(one.track, one.key): one.why for one in plan.leave}


def test_the_lesser_of_two_tracks_ends_and_she_is_told_to_be_on_the_better(maria, plans):
    plan = plans(both(maria), "finance", "warmup", change={"warmup": {"enroll": LEFT_BY_TAG}})
    assert left(plan) == {("warmup", TAG): Left.ONE_TRACK}
    assert (plan.standing.state, plan.standing.track) == (Tended.ON_TRACK, "finance")
    assert plan.enter == ()


def test_of_equal_priority_the_first_in_the_file_stays(maria, plans):
    change = {"warmup": {"enroll": LEFT_BY_TAG, "priority": 50}}
    assert left(plans(both(maria), "finance", "warmup", change=change)) == {("warmup", TAG): Left.ONE_TRACK}
    assert left(plans(both(maria), "warmup", "finance", change=change)) == {("finance", PROPERTY): Left.ONE_TRACK}


def test_what_runs_on_anyhow_is_the_one_that_stays(maria, plans):
    assert left(plans(both(maria), "finance", "warmup")) == {("finance", PROPERTY): Left.ONE_TRACK}
    heard = both(maria).remembers(hearing=Hearing(runs_on=frozenset({("finance", PROPERTY)})))
    assert left(plans(heard, "finance", "warmup")) == {}


def test_where_several_at_once_are_allowed_both_go_on(maria, plans):
    plan = plans(
        both(maria), "finance", "warmup", change={"warmup": {"enroll": LEFT_BY_TAG}}, dosing={"one_track": False}
    )
    assert left(plan) == {}


def test_where_the_better_one_ends_for_a_reason_of_its_own_the_lesser_goes_on(maria, plans):
    plan = plans(both(maria).stands("hot"), "finance", "warmup", change={"warmup": {"enroll": LEFT_BY_TAG}})
    assert left(plan) == {("finance", PROPERTY): Held.EXIT_WHEN}


def test_two_episodes_of_one_track_by_one_way_are_left_as_they_are(maria, plans):
    """To leave one of them would end the other."""
    twice = maria.knows(episodes=(on("finance", PROPERTY, 5), on("finance", PROPERTY, 3, number=2)))
    assert left(plans(twice, "finance")) == {}


@pytest.mark.parametrize(("days_ago", "refused"), [(0, True), (2, True), (3, False)])
def test_no_closing_begins_once_the_deal_was_lost_since_she_matched(maria, plans, days_ago, refused):
    state = TrackState("finance", matched=True, matched_since=(NOW - timedelta(days=2)).date(), at_baseline=False)
    lost = NOW - timedelta(days=days_ago)
    person = maria.knows(events=(Event("deal_lost", lost, lost, "deal 1"),)).remembers(tracks={"finance": state})
    closing = {"role": "closing", "cap": {"max": 2, "per": "14d"}}
    plan = plans(person, "finance", change={"finance": closing})
    assert [(no.track, no.reason) for no in plan.refused] == ([("finance", Held.DEAL_LOST)] if refused else [])
    assert [one.track for one in plan.enter] == ([] if refused else ["finance"])
    assert [one.track for one in plans(person, "finance").enter] == ["finance"]  # a deal lost bars from nothing else
