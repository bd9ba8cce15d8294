"""Who is not to be enrolled, whatever platforms tell of her."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Episode, Event
from connector.nurturing.intents import TrackState
from connector.nurturing.reasons import Held, Left
from connector.scoring.verdict import Place, Step

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)
KEY = "hubspot:property:trellis_track"


def left(track, number, days_ago, channel=KEY):
    entered = NOW - timedelta(days=days_ago)
    return Episode(track, number, channel, entered, entered + timedelta(hours=1))


def reasons(plan):
    return {no.track: no.reason for no in plan.refused}


def test_the_time_before_entering_again_counts_from_the_latest_episode_also_of_two_who_became_one(maria, plans):
    """The episode with the highest number need not be the latest then."""
    state = TrackState("finance", matched=True, matched_since=date(2027, 3, 9), at_baseline=False)
    one = maria.knows(episodes=(left("finance", 2, 120), left("finance", 1, 10))).remembers(tracks={"finance": state})
    plan = plans(one, "finance")
    assert plan.enter == ()
    assert reasons(plan) == {"finance": Held.TOO_SOON}
    assert plan.refused[0].again == date(2027, 5, 29)


def on(track, days_ago):
    return (Episode(track, 1, KEY, NOW - timedelta(days=days_ago), None),)


@pytest.mark.parametrize("aim", ["win", "recover", "reactivate"])
def test_who_becomes_a_customer_leaves_whatever_was_to_win_her_back_though_no_platform_tells_of_a_purchase(
    maria, plans, aim
):
    change = {"finance": {"aim": aim}}
    bought = maria.knows(episodes=on("finance", 5)).stands("customer", before="nurture")
    (leave,) = plans(bought, "finance", change=change).leave
    assert leave.why in (Left.WON, Held.CUSTOMER)
    days_later = bought.with_(step=Step(Place("customer", TODAY), Place("customer", TODAY), "customer"))
    assert [one.why for one in plans(days_later, "finance", change=change).leave] == [leave.why]


@pytest.mark.parametrize("aim", ["recover", "reactivate", "retain"])
def test_who_was_a_customer_before_stays_on_what_is_for_customers(brian, plans, aim):
    present = brian.knows(episodes=on("finance", 5))
    assert plans(present, "finance", change={"finance": {"aim": aim}}).leave == ()
    just_now = brian.knows(episodes=on("finance", 0)).stands("customer")
    assert plans(just_now, "finance", change={"finance": {"aim": aim}}).leave == ()


def test_a_customer_is_retained_from_the_first_day(maria, plans):
    bought = maria.knows(episodes=on("care", 5)).stands("customer", before="nurture")
    assert plans(bought, "care").leave == ()


@pytest.mark.parametrize("kind", ["deal_lost", "order"])
def test_what_is_told_after_she_entered_with_nothing_but_its_day_happened_on_the_track(maria, plans, kind):
    """A deal that is closed in the afternoon may carry the midnight before it."""
    entered, midnight = NOW - timedelta(minutes=20), datetime(2027, 3, 9, 23, 0, tzinfo=UTC)
    present = maria.knows(episodes=(Episode("finance", 1, KEY, entered, None),))
    change = {"finance": {"aim": "reactivate"}}

    def told(happened_at, known_at):
        act = Event(kind, happened_at, known_at, "deal 1")
        return [one.why for one in plans(present.knows(events=(act,)), "finance", change=change).leave]

    assert told(midnight, NOW) == [Left.LOST if kind == "deal_lost" else Left.WON]
    assert told(midnight, entered - timedelta(minutes=1)) == []
    assert told(midnight - timedelta(days=1), NOW) == []
