"""The cause of a step, once the receipt before is known: the line that grew, or lost, most."""

import dataclasses
from datetime import date, timedelta

import pytest

from connector.facts import Trust
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Line, Place, Verdict

TODAY = date(2026, 11, 20)


def scored(score, *lines):
    return Verdict(7, "acquisition", TODAY, "test", enough=True, score=score, parts={"fit": 20000}, lines=lines)


@pytest.fixture
def cause(rulebook, maria):
    def of(stage, verdict, *earlier):
        return step(Place(stage, TODAY - timedelta(days=90)), verdict, maria, rulebook, TODAY, earlier=earlier).cause

    return of


TITLE = Line("fit", "finance-title", 18000, gross=18000)
FORMS = Line("engagement", "forms", 9000, gross=9000, day=TODAY)
CLICKS = Line("engagement", "clicks", 2000, gross=2000, day=TODAY)


def test_a_rise_comes_of_the_line_that_grew_most_not_of_the_newest_act(cause):
    assert cause("new", scored(22, TITLE, CLICKS)) == "clicks"
    assert cause("new", scored(22, TITLE, CLICKS), CLICKS) == "finance-title"
    more = dataclasses.replace(CLICKS, points=4000)
    assert cause("new", scored(22, TITLE, FORMS, more), TITLE, FORMS, CLICKS) == "clicks"


def test_a_rise_may_come_of_a_line_that_no_longer_takes(cause):
    student = Line("override", "student", -30000)
    assert cause("new", scored(22, TITLE, CLICKS), TITLE, student) == "student"


def test_a_fall_comes_of_the_line_that_lost_most(cause):
    assert cause("nurture", scored(2, CLICKS), TITLE, CLICKS) == "finance-title"
    rival = Line("override", "competitor", -60000)
    assert cause("nurture", scored(0, TITLE, rival), TITLE, CLICKS) == "competitor"


def test_what_only_time_took_is_fading(cause):
    faded = dataclasses.replace(FORMS, points=1000, faded=8000)
    assert cause("nurture", scored(1, faded), FORMS) == "faded"
    assert cause("nurture", scored(0), FORMS) == "faded"  # too old to have a line at all
    phase = Line("phase", "decision", 25000)
    assert cause("nurture", scored(5, Line("phase", "awareness", 5000)), phase) == "faded"
    stale = Line("profile", "company", 1000, gross=2000, faded=1000)
    assert cause("nurture", scored(1, stale), Line("profile", "company", 2000, gross=2000)) == "faded"


def test_what_was_taken_away_has_not_faded(cause):
    assert cause("nurture", scored(0), Line("profile", "company", 2000, gross=2000)) == "company"
    doubted = dataclasses.replace(FORMS, points=0, withheld=9000)
    assert cause("nurture", scored(0, doubted), FORMS) == "forms"


def test_limits_of_the_score_are_no_causes(cause):
    ceiling = Line("override", "(ceiling)", -5000)
    assert cause("new", scored(22, TITLE, CLICKS), TITLE, ceiling) == "clicks"


def test_maria_rises_by_her_demo_request_and_falls_as_it_fades(rulebook, maria, act):
    before = dataclasses.replace(maria, events=maria.events[1:])
    now = dataclasses.replace(before, events=(*before.events, act("form_submit", 0, "Demo request")))
    verdict = judge(now, rulebook, TODAY)
    earlier = judge(before, rulebook, TODAY).lines
    risen = step(Place("nurture", TODAY), verdict, now, rulebook, TODAY, earlier=earlier)
    assert (risen.after.stage, risen.cause) == ("hot", "decision")
    later = TODAY + timedelta(days=400)
    fallen = step(risen.after, judge(now, rulebook, later), now, rulebook, later, earlier=verdict.lines)
    assert (fallen.after.stage, fallen.cause) == ("nurture", "faded")


def test_regraded_acts_are_told_by_their_rule(rulebook, maria, act):
    clicks = tuple(act("email_click", 0) for _ in range(3))
    trusted = dataclasses.replace(maria, events=clicks)
    doubted = dataclasses.replace(maria, events=tuple(dataclasses.replace(one, trust=Trust.MACHINE) for one in clicks))
    verdict = judge(doubted, rulebook, TODAY)
    fallen = step(
        Place("qualified", TODAY - timedelta(days=9)),
        verdict,
        doubted,
        rulebook,
        TODAY,
        earlier=judge(trusted, rulebook, TODAY).lines,
    )
    assert fallen.cause == "clicks"
