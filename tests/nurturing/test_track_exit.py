"""Who is taken out of a track, and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Consent, Episode, Event, Refusal
from connector.scoring.verdict import SUPPRESSED

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
PROPERTY = "hubspot:property:trellis_track"
TAG = "mailchimp:main:tag:trellis:track:finance"


def on(person, track="finance", days=2, channel=PROPERTY):
    return person.knows(episodes=(Episode(track, 1, channel, NOW - timedelta(days=days)),))


def reasons(plan):
    return [str(leave.why) for leave in plan.leave]


def happened(kind, days_ago):
    moment = NOW - timedelta(days=days_ago)
    return (Event(kind, moment, moment, f"{kind}:1"),)


def test_she_stays_while_nothing_speaks_against_it(maria, plans):
    assert plans(on(maria), "finance").leave == ()


def test_a_leave_names_the_channel_by_which_she_came(maria, plans):
    (leave,) = plans(on(maria, days=21, channel=TAG), "finance").leave
    assert (leave.contact, leave.track, leave.episode, leave.key, leave.why) == (1, "finance", 1, TAG, "lasts")


def test_a_track_ends_by_itself_on_the_day(maria, plans):
    assert plans(on(maria, days=20), "finance").leave == ()
    assert reasons(plans(on(maria, days=21), "finance")) == ["lasts"]


def test_days_are_the_teams_days_across_summer_time(maria, plans):
    entered = datetime(2027, 3, 27, 22, 30, tzinfo=UTC)  # 23:30 in Madrid; the clocks change that night
    at_home = maria.knows(episodes=(Episode("finance", 1, PROPERTY, entered),))
    before, after = datetime(2027, 4, 16, 21, 59, tzinfo=UTC), datetime(2027, 4, 16, 22, 0, tzinfo=UTC)
    assert plans(at_home, "finance", now=before).leave == ()
    assert reasons(plans(at_home, "finance", now=after)) == ["lasts"]


def test_exit_when(maria, plans):
    assert reasons(plans(on(maria).stands("hot"), "finance")) == ["exit_when"]


def test_brian_leaves_what_wins_customers_and_stays_in_what_keeps_them(brian, plans):
    assert reasons(plans(on(brian), "finance")) == ["customer"]
    assert plans(on(brian, "care"), "care").leave == ()


def test_noor_leaves_at_once(noor, plans):
    assert reasons(plans(on(noor), "finance")) == ["opted_out"]


def test_whoever_is_suppressed_leaves(maria, plans):
    assert reasons(plans(on(maria).stands(SUPPRESSED), "finance")) == ["suppressed"]


def test_an_excluded_person_leaves(maria, plans):
    excluded = on(maria).knows(consent=Consent(general=frozenset({Refusal.EXCLUDED})))
    assert reasons(plans(excluded, "finance")) == ["excluded"]


def test_a_refusal_of_her_channel_or_subscription_ends_the_track_there(maria, plans):
    cleaned = Consent(channel={"mailchimp:main": Refusal.BOUNCED})
    assert reasons(plans(on(maria, channel=TAG).knows(consent=cleaned), "finance")) == ["bounced"]
    assert plans(on(maria, channel=PROPERTY).knows(consent=cleaned), "finance").leave == ()
    opted_out = Consent(hubspot_types=frozenset({"4711"}))
    assert reasons(plans(on(maria).knows(consent=opted_out), "finance")) == ["opted_out"]


def test_what_could_not_be_read_just_now_takes_nobody_out(maria, plans):
    unreadable = Consent(general=frozenset({Refusal.UNREADABLE}))
    assert plans(on(maria).knows(consent=unreadable), "finance").leave == ()
    unreadable_there = Consent(channel={"hubspot": Refusal.UNREADABLE})
    assert plans(on(maria).knows(consent=unreadable_there), "finance").leave == ()


@pytest.mark.parametrize(("kind", "why"), [("deal_won", "won"), ("order", "won"), ("deal_lost", "lost")])
def test_won_and_lost_end_a_track(kind, why, maria, plans):
    assert reasons(plans(on(maria).knows(events=happened(kind, 1)), "finance")) == [why]


def test_what_was_lost_before_she_came_is_past(maria, plans):
    assert plans(on(maria).knows(events=happened("deal_lost", 3)), "finance").leave == ()


def test_an_order_ends_a_recovery_that_it_follows_and_no_track_that_keeps_customers(brian, plans):
    recover = {"care": {"aim": "recover"}}
    assert reasons(plans(on(brian, "care").knows(events=happened("order", 1)), "care", change=recover)) == ["won"]
    assert plans(on(brian, "care").knows(events=happened("order", 3)), "care", change=recover).leave == ()
    assert plans(on(brian, "care").knows(events=happened("order", 1)), "care").leave == ()


def test_a_track_that_is_no_longer_in_the_rulebook_is_left(maria, plans):
    assert reasons(plans(on(maria, "old-track"), "finance")) == ["track_removed"]


def test_missing_evidence_alone_takes_nobody_out(maria, plans):
    bare = on(maria).with_(verdict=replace(maria.verdict, enough=False, score=None)).stands("not_enough_data")
    assert plans(bare, "finance").leave == ()


def test_a_finished_episode_is_not_left_again(maria, plans):
    done = maria.knows(episodes=(Episode("finance", 1, PROPERTY, NOW - timedelta(days=40), NOW),))
    assert plans(done, "finance").leave == ()
    assert plans(done, "finance").tracks["finance"].matched_since == date(2027, 3, 10)
