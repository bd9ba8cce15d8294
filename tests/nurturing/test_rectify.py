"""What is mended on the way: another interest, and who has had enough."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Episode, Event, Trust
from connector.nurturing.intents import Hearing, TrackState
from connector.scoring.verdict import Line

NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 10)
PROPERTY = "hubspot:property:trellis_track"
TAG = "mailchimp:main:tag:trellis:track:finance"
INTEREST = {"interest": True}
ANNOYED = {"annoyed": {"events": ["complaint"], "answers": ["silent"], "rest": "10d"}}
BY_TOPIC = {"finance": {"when": {"topic": "treasury"}}, "warmup": {"when": {"topic": "audit"}}}


def refusals(plan):
    return {no.track: (str(no.reason), no.again) for no in plan.refused}


def left_because(plan):
    return [(leave.track, str(leave.why)) for leave in plan.leave]


def entered(plan):
    return [enter.track for enter in plan.enter]


def reads(person, *topics):
    return person.with_(verdict=replace(person.verdict, topics=topics))


def answers(person, answer, lines=()):
    return person.with_(verdict=replace(person.verdict, answer=answer, lines=lines))


def on(person, track="finance", days=2, channel=PROPERTY, left_days=None):
    left = None if left_days is None else NOW - timedelta(days=left_days)
    return person.knows(episodes=(Episode(track, 1, channel, NOW - timedelta(days=days), left),))


def act(kind, days_ago, trust=Trust.HUMAN):
    moment = NOW - timedelta(days=days_ago)
    return Event(kind, moment, moment, f"{kind}:{days_ago}", trust=trust)


class TestInterest:
    def changed(self, maria):
        return on(reads(maria, "audit"))

    def test_she_leaves_what_is_not_for_her_any_more_for_what_is(self, maria, plans):
        plan = plans(self.changed(maria), "finance", "warmup", change=BY_TOPIC, rectify=INTEREST)
        assert left_because(plan) == [("finance", "interest")]
        assert (entered(plan), refusals(plan)) == ([], {"warmup": ("leaving", None)})
        assert (plan.standing.state, plan.standing.track, plan.standing.cause) == ("rectify", "finance", "interest")

    def test_and_enters_it_once_she_has_left(self, maria, plans):
        gone = on(reads(maria, "audit"), left_days=0)
        assert entered(plans(gone, "finance", "warmup", change=BY_TOPIC, rectify=INTEREST)) == ["warmup"]

    def test_without_the_rule_she_stays(self, maria, plans):
        assert plans(self.changed(maria), "finance", "warmup", change=BY_TOPIC).leave == ()

    def test_while_it_is_for_her_she_stays(self, maria, plans):
        reader = on(reads(maria, "treasury"))
        assert plans(reader, "finance", "warmup", change=BY_TOPIC, rectify=INTEREST).leave == ()

    def test_with_no_better_one_she_stays(self, maria, plans):
        assert plans(on(reads(maria, "tax")), "finance", "warmup", change=BY_TOPIC, rectify=INTEREST).leave == ()

    @pytest.mark.parametrize(
        "worse",
        [
            {"aim": "reactivate"},
            {"role": "reminder"},
            {"exit_when": {"score": {"at_least": 1}}},
            {"enroll": [{"hubspot": {"list": "Trellis: by hand"}}]},
        ],
    )
    def test_what_would_not_take_her_or_is_no_such_track_is_no_better_one(self, worse, maria, plans):
        change = {**BY_TOPIC, "warmup": {**BY_TOPIC["warmup"], **worse}}
        assert plans(self.changed(maria), "finance", "warmup", change=change, rectify=INTEREST).leave == ()

    def test_nor_is_one_that_she_matched_at_baseline_or_was_on_before(self, maria, plans):
        state = {"warmup": TrackState("warmup", True, date(2027, 3, 1), at_baseline=True)}
        changed = self.changed(maria)
        at_baseline = changed.remembers(tracks=state)
        assert plans(at_baseline, "finance", "warmup", change=BY_TOPIC, rectify=INTEREST).leave == ()
        before = changed.remembers(markers={"warmup": 1})
        assert plans(before, "finance", "warmup", change=BY_TOPIC, rectify=INTEREST).leave == ()

    def test_where_leaving_ends_no_mail_she_stays_lest_two_mail_her(self, maria, plans):
        entry_only = on(reads(maria, "audit"), channel=TAG)
        assert plans(entry_only, "finance", "warmup", change=BY_TOPIC, rectify=INTEREST).leave == ()
        seen = self.changed(maria).remembers(hearing=Hearing(runs_on=frozenset({("finance", PROPERTY)})))
        assert plans(seen, "finance", "warmup", change=BY_TOPIC, rectify=INTEREST).leave == ()

    def test_missing_evidence_is_no_change_of_interest(self, maria, plans):
        bare = on(maria).with_(verdict=replace(maria.verdict, enough=False, score=None))
        assert plans(bare, "finance", "warmup", rectify=INTEREST).leave == ()


class TestAnnoyed:
    def test_an_annoyed_act_takes_her_out_and_gives_her_rest(self, maria, plans):
        annoyed = on(maria).knows(events=(act("complaint", 1),))
        plan = plans(annoyed, "finance", "warmup", rectify=ANNOYED)
        assert left_because(plan) == [("finance", "annoyed")]
        assert (plan.standing.state, plan.standing.until) == ("rectify", date(2027, 3, 19))
        gone = on(maria, left_days=0).knows(events=(act("complaint", 1),))
        plan = plans(gone, "finance", "warmup", rectify=ANNOYED)
        assert refusals(plan)["warmup"] == ("resting", date(2027, 3, 19))
        assert (plan.standing.cause, plan.paused) == ("resting", True)

    @pytest.mark.parametrize(("days", "rests"), [(9, True), (10, False)])
    def test_until_the_rest_is_over(self, days, rests, maria, plans):
        plan = plans(maria.knows(events=(act("complaint", days),)), "warmup", rectify=ANNOYED)
        assert (entered(plan) == []) is rests

    def test_nothing_ends_a_rest_early(self, maria, plans):
        pleased = {**ANNOYED, "pleased": {"events": ["email_reply"]}}
        both = maria.knows(events=(act("complaint", 2), act("email_reply", 1)))
        assert entered(plans(both, "warmup", rectify=pleased)) == []

    def test_what_happened_before_she_came_takes_her_out_only_while_she_should_rest(self, maria, plans):
        assert plans(on(maria).knows(events=(act("complaint", 11),)), "finance", rectify=ANNOYED).leave == ()
        told_late = on(maria).knows(events=(act("complaint", 5),))
        assert left_because(plans(told_late, "finance", rectify=ANNOYED)) == [("finance", "annoyed")]

    def test_what_a_machine_did_annoys_nobody_but_a_doubt_is_enough(self, maria, plans):
        by_machine = on(maria).knows(events=(act("complaint", 1, Trust.MACHINE),))
        assert plans(by_machine, "finance", rectify=ANNOYED).leave == ()
        unsure = on(maria).knows(events=(act("complaint", 1, Trust.UNSURE),))
        assert left_because(plans(unsure, "finance", rectify=ANNOYED)) == [("finance", "annoyed")]

    def test_silence_to_the_latest_track_takes_her_out_and_counts_from_the_day_she_left(self, maria, plans):
        plan = plans(answers(on(maria, days=15), "silent"), "finance", "warmup", rectify=ANNOYED)
        assert left_because(plan) == [("finance", "annoyed")]
        assert plan.standing.until == date(2027, 3, 20)
        gone = answers(on(maria, days=20, left_days=4), "silent")
        assert refusals(plans(gone, "finance", "warmup", rectify=ANNOYED))["warmup"] == ("resting", date(2027, 3, 16))
        rested = answers(on(maria, days=30, left_days=10), "silent")
        assert entered(plans(rested, "finance", "warmup", rectify=ANNOYED)) == ["warmup"]

    def test_an_answer_that_was_an_act_counts_from_its_day(self, maria, plans):
        rule = {"annoyed": {"answers": ["unsubscribed"], "rest": "10d"}}
        line = Line("reaction", "unsubscribed", -15_000, day=date(2027, 3, 8))
        told = answers(on(maria, days=20, left_days=15), "unsubscribed", (line,))
        assert refusals(plans(told, "finance", "warmup", rectify=rule))["warmup"] == ("resting", date(2027, 3, 18))

    def test_another_answer_is_none_of_that(self, maria, plans):
        assert plans(answers(on(maria), "clicked"), "finance", rectify=ANNOYED).leave == ()


OTHER_CHANNEL = {"annoyed": {**ANNOYED["annoyed"], "other_channel": True}}
BY_EITHER = {
    "warmup": {
        "enroll": [
            {"hubspot": {"property": "trellis_track"}, "listener": "confirmed"},
            {"mailchimp": {"audience": "main", "tag": "warm"}, "listener": "confirmed"},
        ]
    }
}


class TestOtherChannel:
    def sources(self, person, plans, rule=OTHER_CHANNEL):
        (enter,) = plans(person, "warmup", "finance", change=BY_EITHER, rectify=rule).enter
        return [way.source for way in enter.ways]

    def test_after_the_rest_the_channel_that_annoyed_her_comes_last(self, maria, plans):
        annoyed = on(maria, days=40, left_days=15).knows(events=(act("complaint", 16),))
        assert self.sources(annoyed, plans) == ["mailchimp:main", "hubspot"]
        assert self.sources(annoyed, plans, ANNOYED) == ["hubspot", "mailchimp:main"]

    def test_so_does_that_of_the_track_she_was_silent_to(self, maria, plans):
        silent = answers(on(maria, days=40, left_days=15), "silent")
        assert self.sources(silent, plans) == ["mailchimp:main", "hubspot"]

    def test_a_later_track_that_did_not_annoy_her_makes_up_for_it(self, maria, plans):
        annoyed = act("complaint", 50)
        first = Episode("finance", 1, PROPERTY, NOW - timedelta(days=60), NOW - timedelta(days=50))
        second = Episode("finance", 2, PROPERTY, NOW - timedelta(days=45), NOW - timedelta(days=20))
        forgiven = maria.knows(events=(annoyed,), episodes=(first, second))
        assert self.sources(forgiven, plans) == ["hubspot", "mailchimp:main"]
