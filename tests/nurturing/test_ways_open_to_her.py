"""Which ways are open: somebody listens, they are meant for her, and mails of before are over."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Consent, Episode, Refusal
from connector.nurturing.intents import Hearing

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
PROPERTY = "hubspot:property:trellis_track"
TAG = "mailchimp:main:tag:trellis:track:finance"
VERIFIED = {"hubspot": {"property": "trellis_track"}, "listener": "verified", "exit": "verified"}
BY_TAG = {"mailchimp": {"audience": "main", "tag": "trellis:track:finance"}, "listener": "confirmed"}
LIST = {"hubspot": {"list": "Trellis: by hand"}}


def refusals(plan):
    return {no.track: (str(no.reason), no.again) for no in plan.refused}


def ways(plan):
    return [way.key for enter in plan.enter for way in enter.ways]


def deaf(person, key=PROPERTY):
    return person.remembers(hearing=Hearing(deaf=frozenset({("finance", key)})))


def enroll(*some):
    return {"finance": {"enroll": list(some)}}


def left(person, track="finance", days_ago=10, channel=PROPERTY):
    entered = NOW - timedelta(days=days_ago)
    return person.knows(episodes=(Episode(track, 1, channel, entered, entered + timedelta(days=1)),))


class TestListeners:
    def test_a_way_that_nobody_listens_to_gives_way_to_the_next(self, maria, plans):
        assert ways(plans(deaf(maria), "finance", change=enroll(VERIFIED, BY_TAG))) == [TAG]
        assert ways(plans(maria, "finance", change=enroll(VERIFIED, BY_TAG))) == [PROPERTY, TAG]

    def test_with_none_left_it_is_asked_again_tomorrow(self, maria, plans):
        plan = plans(deaf(maria), "finance", change=enroll(VERIFIED))
        assert (plan.enter, refusals(plan)) == ((), {"finance": ("no_listener", date(2027, 3, 11))})

    def test_a_list_is_no_stand_in_for_a_workflow_that_is_switched_off(self, maria, plans):
        plan = plans(deaf(maria), "finance", change=enroll(VERIFIED, LIST))
        assert (plan.enter, refusals(plan)["finance"][0]) == ((), "no_listener")
        first_the_list = plans(deaf(maria), "finance", change=enroll(LIST, VERIFIED))
        assert [enter.ways[0].segment for enter in first_the_list.enter] == [True]

    def test_another_tracks_workflow_is_another_matter(self, maria, plans):
        other = maria.remembers(hearing=Hearing(deaf=frozenset({("warmup", PROPERTY)})))
        assert ways(plans(other, "finance", change=enroll(VERIFIED))) == [PROPERTY]


class TestWhom:
    def test_a_way_is_only_for_those_it_is_meant_for(self, maria, plans):
        for_acme = {**VERIFIED, "when": {"company": "Acme"}}
        for_others = {**BY_TAG, "when": {"company": {"is_not": "Acme"}}}
        assert ways(plans(maria, "finance", change=enroll(for_acme, for_others))) == [PROPERTY]
        other = maria.knows(fields={"company": "Bolt"})
        assert ways(plans(other, "finance", change=enroll(for_acme, for_others))) == [TAG]
        assert refusals(plans(other, "finance", change=enroll(for_acme))) == {"finance": ("no_way", None)}

    def test_what_refuses_a_way_that_is_not_for_her_is_not_the_reason(self, maria, plans):
        consent = Consent(channel={"hubspot": Refusal.NOT_MARKETING})
        not_hers = {**VERIFIED, "when": {"company": "Bolt"}}
        assert ways(plans(maria.knows(consent=consent), "finance", change=enroll(not_hers, BY_TAG))) == [TAG]


class TestStillMailed:
    def test_mails_that_run_on_keep_every_other_track_waiting(self, maria, plans):
        plan = plans(left(maria, channel=TAG), "warmup", "finance", "by-hand")
        assert [enter.track for enter in plan.enter] == ["by-hand"]
        assert refusals(plan)["warmup"] == ("still_mailed", date(2027, 3, 21))
        assert plan.standing.cause == "still_mailed"

    @pytest.mark.parametrize(("days", "waits"), [(20, True), (21, False)])
    def test_until_the_tracks_time_is_over(self, days, waits, maria, plans):
        assert (plans(left(maria, days_ago=days, channel=TAG), "warmup", "finance").enter == ()) is waits

    def test_where_leaving_ends_the_mails_the_next_track_begins(self, maria, plans):
        assert [enter.track for enter in plans(left(maria), "warmup", "finance").enter] == ["warmup"]

    def test_unless_leaving_was_seen_to_end_nothing(self, maria, plans):
        seen = left(maria).remembers(hearing=Hearing(runs_on=frozenset({("finance", PROPERTY)})))
        assert plans(seen, "warmup", "finance").enter == ()

    def test_a_way_that_the_rulebook_knows_no_more_may_run_on(self, maria, plans):
        assert plans(left(maria), "warmup", "finance", change=enroll(BY_TAG)).enter == ()

    @pytest.mark.parametrize(("days", "waits"), [(29, True), (30, False)])
    def test_a_track_that_is_gone_is_taken_to_last_thirty_days(self, days, waits, maria, plans):
        assert (plans(left(maria, "old-track", days), "warmup").enter == ()) is waits

    def test_several_tracks_at_once_are_no_excuse(self, maria, plans):
        several = {"one_track": False}
        assert plans(left(maria, channel=TAG), "warmup", "finance", dosing=several).enter == ()
