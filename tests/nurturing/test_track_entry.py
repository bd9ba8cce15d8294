"""Who is enrolled in what, and why not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Consent, Episode, Event, Refusal
from connector.nurturing.intents import TrackState
from connector.nurturing.reasons import Held, Left

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)
PROPERTY = "hubspot:property:trellis_track"


def refusals(plan):
    return {no.track: str(no.reason) for no in plan.refused}


def an_episode(track="finance", number=1, days_ago=100, left=True, channel=PROPERTY):
    entered = NOW - timedelta(days=days_ago)
    return Episode(track, number, channel, entered, entered + timedelta(days=1) if left else None)


def a_match(track="finance", days_ago=5, at_baseline=False):
    return {track: TrackState(track, True, TODAY - timedelta(days=days_ago), at_baseline)}


def test_maria_enters_the_track_that_is_for_her(maria, plans):
    (enter,) = plans(maria, "finance").enter
    assert (enter.contact, enter.track, enter.episode, enter.why) == (1, "finance", 1, "matches")
    assert [way.key for way in enter.ways] == [PROPERTY, "mailchimp:main:tag:trellis:track:finance"]
    assert [way.entry_only for way in enter.ways] == [False, True]
    assert not any(way.segment for way in enter.ways)
    assert enter.subscription == "4711"
    assert enter.not_before == NOW


def test_noor_is_never_enrolled_and_the_reason_is_said(noor, plans):
    plan = plans(noor, "finance", "warmup", "by-hand")
    assert plan.enter == ()
    assert refusals(plan) == {"finance": "opted_out", "warmup": "opted_out"}


def test_brian_is_a_customer_and_enters_only_what_keeps_customers(brian, plans):
    plan = plans(brian, "finance", "warmup", "care")
    assert [enter.track for enter in plan.enter] == ["care"]
    assert refusals(plan) == {"finance": "customer", "warmup": "customer"}


@pytest.mark.parametrize("kind", list(Refusal))
def test_every_general_refusal_closes_every_track(kind, maria, plans):
    refused = maria.knows(consent=Consent(general=frozenset({kind})))
    assert plans(refused, "finance", "by-hand").enter == ()


def test_nobody_is_enrolled_without_evidence_or_score(maria, plans):
    unscored = maria.with_(verdict=replace(maria.verdict, enough=False, score=None))
    assert plans(unscored, "finance") == replace(plans(unscored, "finance"), enter=(), refused=(), tracks={})
    assert plans(maria.with_(verdict=replace(maria.verdict, score=None)), "finance").enter == ()


def test_a_verdict_of_yesterday_enrolls_nobody(maria, plans):
    assert refusals(plans(maria, "finance", now=NOW + timedelta(days=1))) == {"finance": "stale"}


def test_who_bought_is_not_won_again_though_the_platform_still_calls_her_a_lead(maria, plans):
    bought = maria.knows(events=(Event("deal_won", NOW - timedelta(days=400), NOW, "deal:1"),))
    assert refusals(plans(bought, "finance")) == {"finance": "won"}


def test_a_state_of_the_teams_own_is_off_the_ladder(maria, plans):
    assert refusals(plans(maria.stands("partner"), "finance")) == {"finance": "off_ladder"}


def test_nobody_enters_a_track_that_she_would_have_to_leave_at_once(maria, plans):
    assert refusals(plans(maria.stands("hot"), "finance")) == {"finance": "exit_when"}


def test_the_highest_priority_wins_and_the_other_says_so(maria, plans):
    plan = plans(maria, "warmup", "finance")
    assert [(enter.track, enter.why) for enter in plan.enter] == [("finance", "highest_priority")]
    assert refusals(plan) == {"warmup": "another_chosen"}


def test_a_tie_goes_to_the_first_in_the_file_and_is_explained(maria, plans):
    plan = plans(maria, "warmup", "finance", change={"warmup": {"priority": 50}})
    assert [(enter.track, enter.why) for enter in plan.enter] == [("warmup", "first_in_file")]


def test_a_track_that_is_closed_to_her_makes_room_for_the_next(maria, plans):
    at_baseline = maria.remembers(tracks=a_match(at_baseline=True))
    plan = plans(at_baseline, "finance", "warmup")
    assert [enter.track for enter in plan.enter] == ["warmup"]
    assert refusals(plan) == {"finance": "baseline"}


def test_while_on_a_track_she_enters_no_other(maria, plans):
    on = maria.knows(episodes=(an_episode(days_ago=2, left=False),))
    plan = plans(on, "finance", "warmup")
    assert (plan.enter, plan.leave) == ((), ())
    assert refusals(plan) == {"warmup": "on_another_track"}


def test_without_one_track_she_enters_all_that_the_dose_allows(maria, plans):
    dosing = {"one_track": False, "touches": {"max": 2, "per": "7d"}}
    assert [enter.track for enter in plans(maria, "finance", "warmup", dosing=dosing).enter] == ["finance", "warmup"]
    touched = maria.remembers(touches=(NOW - timedelta(days=1),))
    plan = plans(touched, "finance", "warmup", dosing=dosing)
    assert [enter.track for enter in plan.enter] == ["finance"]
    assert refusals(plan) == {"warmup": "dose"}


def test_one_move_at_a_time(maria, plans):
    over = maria.knows(episodes=(an_episode(days_ago=21, left=False),))
    plan = plans(over, "finance", "warmup")
    assert [leave.why for leave in plan.leave] == ["lasts"]
    assert plan.enter == ()
    assert refusals(plan) == {"warmup": "leaving"}


class TestReentry:
    def test_the_episode_is_one_more_than_store_and_platform_know(self, maria, plans):
        back = maria.knows(episodes=(an_episode(number=1, days_ago=300), an_episode(number=2, days_ago=100)))
        (enter,) = plans(back.remembers(markers={"finance": 2}, tracks=a_match()), "finance").enter
        assert enter.episode == 3

    def test_without_reenter_after_never_again(self, maria, plans):
        back = maria.knows(episodes=(an_episode(track="warmup", days_ago=900),))
        assert refusals(plans(back, "warmup")) == {"warmup": "entered_before"}

    def test_not_before_the_time_is_over_and_says_when(self, maria, plans):
        back = maria.knows(episodes=(an_episode(days_ago=89),)).remembers(tracks=a_match())
        (no,) = plans(back, "finance").refused
        assert (no.reason, no.again) == ("too_soon", TODAY + timedelta(days=1))
        back = maria.knows(episodes=(an_episode(days_ago=90),)).remembers(tracks=a_match())
        assert [enter.episode for enter in plans(back, "finance").enter] == [2]

    def test_not_while_the_match_of_the_last_episode_goes_on(self, maria, plans):
        still = maria.knows(episodes=(an_episode(days_ago=100),)).remembers(tracks=a_match(days_ago=101))
        assert refusals(plans(still, "finance")) == {"finance": "same_match"}

    def test_an_episode_that_only_the_platform_knows_has_no_date_so_nobody_enters_by_herself(self, maria, plans):
        restored = maria.remembers(markers={"finance": 1}, tracks=a_match())
        assert refusals(plans(restored, "finance")) == {"finance": "entered_before"}
        older = restored.knows(episodes=(an_episode(number=1),)).remembers(markers={"finance": 2})
        assert refusals(plans(older, "finance")) == {"finance": "entered_before"}


class TestWays:
    def test_only_platforms_where_she_is_known(self, maria, plans):
        (enter,) = plans(maria.knows(refs={"mailchimp:main": "m1"}), "finance").enter
        assert [way.source for way in enter.ways] == ["mailchimp:main"]
        nowhere = maria.knows(refs={"mailchimp:other": "m1"})
        assert refusals(plans(nowhere, "finance")) == {"finance": "unknown_there"}

    def test_a_channel_that_refuses_her_is_no_way(self, maria, plans):
        consent = Consent(channel={"hubspot": Refusal.NOT_MARKETING})
        (enter,) = plans(maria.knows(consent=consent), "finance").enter
        assert [way.source for way in enter.ways] == ["mailchimp:main"]

    def test_the_reason_is_that_of_the_first_way_when_all_are_closed(self, maria, plans):
        consent = Consent(channel={"hubspot": Refusal.NOT_MARKETING, "mailchimp:main": Refusal.NOT_SUBSCRIBED})
        assert refusals(plans(maria.knows(consent=consent), "finance")) == {"finance": "not_marketing"}

    def test_an_opt_out_of_the_tracks_subscription_closes_every_way(self, maria, plans):
        opted_out = maria.knows(consent=Consent(hubspot_types=frozenset({"4711"})))
        assert refusals(plans(opted_out, "finance")) == {"finance": "opted_out"}
        other = maria.knows(consent=Consent(hubspot_types=frozenset({"12"})))
        assert len(plans(other, "finance").enter) == 1
        own = plans(other, "finance", change={"finance": {"subscription": 12}})
        assert refusals(own) == {"finance": "opted_out"}

    def test_a_marker_that_would_not_fit_closes_mailchimp_only(self, maria, plans):
        full = maria.remembers(markers={f"track-number-{n:02d}": 1 for n in range(15)})
        assert refusals(plans(full, "warmup")) == {"warmup": "markers_full"}
        (enter,) = plans(full, "finance").enter
        assert [way.source for way in enter.ways] == ["hubspot"]

    def test_a_holdout_is_left_alone(self, maria, plans):
        assert refusals(plans(maria, "finance", holdout={"share": "100%"})) == {"finance": "holdout"}


class TestSegments:
    KEY = "hubspot:list:Trellis: by hand"

    def test_a_segment_stands_beside_a_track_and_costs_no_dose(self, maria, plans):
        spent = {"touches": {"max": 0, "per": "7d"}}
        plan = plans(maria, "finance", "by-hand", dosing=spent)
        assert [(enter.track, enter.ways[0].segment) for enter in plan.enter] == [("by-hand", True)]
        on = maria.knows(episodes=(an_episode(days_ago=2, left=False),))
        assert [enter.track for enter in plans(on, "finance", "by-hand").enter] == ["by-hand"]

    def test_entry_and_exit_of_one_match_carry_the_same_number(self, maria, plans):
        (enter,) = plans(maria, "by-hand").enter
        after = maria.remembers(tracks=plans(maria, "by-hand").tracks).stands("new", before="nurture")
        (leave,) = plans(after, "by-hand").leave
        assert (leave.track, leave.key, leave.why) == ("by-hand", self.KEY, "no_longer_matches")
        assert leave.episode == enter.episode == 20270310

    def test_an_opt_out_takes_her_out_of_the_segment_once(self, maria, plans):
        was_in = maria.remembers(tracks=a_match("by-hand")).knows(
            consent=Consent(general=frozenset({Refusal.OPTED_OUT}))
        )
        plan = plans(was_in, "by-hand")
        assert [leave.why for leave in plan.leave] == ["opted_out"]
        assert plans(was_in.remembers(tracks=plan.tracks), "by-hand").leave == ()

    def test_who_matched_at_baseline_was_never_put_there(self, maria, plans):
        gone = maria.remembers(tracks=a_match("by-hand", at_baseline=True)).stands("new", before="nurture")
        assert plans(gone, "by-hand").leave == ()

    def test_who_entered_while_somebody_listened_is_on_it_though_nobody_listens_now(self, maria, plans):
        member = maria.knows(episodes=(an_episode("by-hand", 1, 9, left=False, channel=self.KEY),))
        plan = plans(member, "finance", "by-hand")
        assert plan.enter == plan.leave == ()
        assert [(no.track, no.reason) for no in plan.refused] == [("finance", Held.ON_ANOTHER_TRACK)]
        (leave,) = plans(member, "finance", "by-hand", change={"by-hand": {"lasts": "9d"}}).leave
        assert (leave.track, leave.key, leave.why) == ("by-hand", self.KEY, Left.LASTS)
