"""Who is not to be enrolled, looked at once more."""

from datetime import UTC, date, datetime, timedelta

from connector.facts import Episode
from connector.nurturing.intents import TrackState
from connector.nurturing.reasons import Held

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
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
