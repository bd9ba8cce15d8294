"""Stages are steps: rises at once, falls slowly, states beside the ladder."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Consent, Contact, Refusal, Trust
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place, Step, Verdict

TODAY = date(2026, 11, 20)
LONG_AGO = TODAY - timedelta(days=100)
LADDER = ("new", "nurture", "qualified", "hot")


def scored(score, *, fit=20000, phase="decision", **rest):
    return Verdict(7, "acquisition", TODAY, "test", enough=True, score=score, parts={"fit": fit}, phase=phase, **rest)


def from_stage(stage, since=LONG_AGO):
    return Place(stage, since)


@pytest.fixture
def move(rulebook):
    def of(before, verdict, contact=None):
        return step(before, verdict, contact or Contact(7), rulebook, TODAY)

    return of


@pytest.mark.parametrize(
    ("score", "stage"), [(19, "new"), (20, "nurture"), (49, "nurture"), (50, "qualified"), (75, "hot")]
)
def test_a_new_contact_is_placed_where_she_fits_and_has_not_risen(score, stage, move):
    moved = move(None, scored(score))
    assert moved.after == Place(stage, TODAY)
    assert moved.moved
    assert not moved.rise


def test_a_stage_may_ask_for_more_than_a_score(move):
    assert move(None, scored(60, fit=9000)).after.stage == "nurture"
    assert move(None, scored(80, phase="awareness")).after.stage == "qualified"
    assert move(None, scored(80, fit=9000)).after.stage == "hot"  # each stage asks for itself


def test_a_rise_is_at_once(move):
    risen = move(from_stage("new", TODAY), scored(80))
    assert risen == Step(Place("new", TODAY), Place("hot", TODAY), "score", rise=True)


def test_no_move_keeps_the_place_and_its_day(move):
    before = from_stage("qualified")
    assert move(before, scored(50)) == Step(before, before, "")


@pytest.mark.parametrize(
    ("stage", "score", "falls_to"),
    [
        ("hot", 60, "hot"),
        ("hot", 59, "qualified"),
        ("hot", 49, "nurture"),
        ("nurture", 14, "nurture"),
        ("nurture", 13, "new"),
    ],
)
def test_a_fall_waits_until_the_score_is_below_leave_below(stage, score, falls_to, move):
    moved = move(from_stage(stage), scored(score))
    assert moved.after.stage == falls_to
    assert not moved.rise


def test_a_fall_waits_for_the_minimum_stay(move):
    assert move(from_stage("qualified", TODAY - timedelta(days=2)), scored(30)).after.stage == "qualified"
    assert move(from_stage("qualified", TODAY - timedelta(days=3)), scored(30)).after.stage == "nurture"


def test_a_stage_without_leave_below_is_left_as_soon_as_it_does_not_fit(rulebook_with):
    rulebook = rulebook_with(lambda files: files["stages"]["stages"][3].pop("leave_below"))
    assert step(from_stage("hot"), scored(74), Contact(7), rulebook, TODAY).after.stage == "qualified"


def test_a_stage_that_is_not_on_the_ladder_any_more_is_a_fresh_placement(move):
    moved = move(from_stage("lukewarm"), scored(55))
    assert (moved.after, moved.rise) == (Place("qualified", TODAY), False)


# ------------------------------------------------------------------ reaction decides


def test_a_decisive_answer_lifts(move):
    lifted = move(from_stage("new"), scored(5, answer="asked", lifts="qualified"))
    assert (lifted.after.stage, lifted.cause, lifted.rise) == ("qualified", "asked", True)
    assert move(from_stage("hot"), scored(80, answer="asked", lifts="qualified")).after.stage == "hot"


def test_a_decisive_answer_bars_at_once(move):
    assert move(from_stage("qualified"), scored(90, answer="silent", bars="hot")).after.stage == "qualified"
    barred = move(from_stage("hot", TODAY), scored(90, answer="silent", bars="hot"))
    assert (barred.after.stage, barred.cause) == ("qualified", "silent")


# ------------------------------------------------------------------ states


def test_noor_is_suppressed_however_good_she_looks(noor, rulebook):
    verdict = judge(noor, rulebook, TODAY)
    assert verdict.score >= 75
    moved = step(from_stage("hot"), verdict, noor, rulebook, TODAY)
    assert (moved.after, moved.cause) == (Place("suppressed", TODAY), "consent")
    assert not step(moved.after, verdict, noor, rulebook, TODAY + timedelta(days=1)).moved


@pytest.mark.parametrize("refusal", list(Refusal))
def test_only_refusals_that_hold_everywhere_suppress(refusal, move):
    contact = Contact(7, consent=Consent(general=frozenset({refusal})))
    everywhere = {
        Refusal.OPTED_OUT,
        Refusal.ARCHIVED,
        Refusal.BOUNCED,
        Refusal.COMPLAINED,
        Refusal.FORGOTTEN,
        Refusal.EXCLUDED,
    }
    assert (move(None, scored(80), contact).after.stage == "suppressed") == (refusal in everywhere)


def test_an_opt_out_of_one_type_of_mail_suppresses_nobody(move):
    contact = Contact(7, consent=Consent(hubspot_types=frozenset({"4711"}), channel={"hubspot": Refusal.OPTED_OUT}))
    assert move(None, scored(80), contact).after.stage == "hot"


def test_brian_is_a_customer_and_stands_on_no_ladder(brian, rulebook):
    verdict = judge(brian, rulebook, TODAY)
    moved = step(from_stage("hot"), verdict, brian, rulebook, TODAY)
    assert (moved.after.stage, moved.cause) == ("customer", "customer")


def test_suppressed_comes_before_customer(brian, rulebook):
    gone = dataclasses.replace(brian, consent=Consent(general=frozenset({Refusal.FORGOTTEN})))
    assert step(None, judge(gone, rulebook, TODAY), gone, rulebook, TODAY).after.stage == "suppressed"


def test_without_evidence_there_is_a_state_of_its_own(rulebook):
    empty = Contact(7)
    moved = step(None, judge(empty, rulebook, TODAY), empty, rulebook, TODAY)
    assert (moved.after.stage, moved.cause) == ("not_enough_data", "evidence")


def test_back_from_a_state_she_is_placed_afresh(move):
    moved = move(Place("customer", TODAY), scored(45))
    assert (moved.after, moved.rise) == (Place("nurture", TODAY), False)


# ------------------------------------------------------------------ causes


def test_the_cause_of_a_rise_is_the_override_or_the_newest_act(rulebook, maria, act):
    new = from_stage("new")
    assert step(new, judge(maria, rulebook, TODAY), maria, rulebook, TODAY).cause == "clicks"
    subscribes = dataclasses.replace(maria, events=(*maria.events, act("form_submit", 0, "Newsletter")))
    assert step(new, judge(subscribes, rulebook, TODAY), subscribes, rulebook, TODAY).cause == "forms"
    asks = dataclasses.replace(maria, events=(*maria.events, act("form_submit", 0, "Demo request")))
    assert step(new, judge(asks, rulebook, TODAY), asks, rulebook, TODAY).cause == "hand-raiser"


def test_the_cause_of_a_fall_is_what_takes_most_else_fading(rulebook, maria):
    hot = from_stage("hot")
    later = TODAY + timedelta(days=60)
    assert step(hot, judge(maria, rulebook, later), maria, rulebook, later).cause == "faded"
    rival = dataclasses.replace(maria, fields={**maria.fields, "email_domain": "rival.example"})
    assert step(hot, judge(rival, rulebook, TODAY), rival, rulebook, TODAY).cause == "competitor"


# ------------------------------------------------------------------ laws


def test_stages_see_acts_up_to_the_day_and_none_of_machines(rulebook_with, act):
    def by_meeting(files):
        files["stages"]["stages"][1]["enter"] = {"did": {"event": "meeting"}}

    rulebook = rulebook_with(by_meeting)
    stage_of = lambda *events: step(None, scored(5), Contact(7, events=events), rulebook, TODAY).after.stage  # noqa: E731
    assert stage_of(act("meeting", 0)) == "nurture"
    assert stage_of(act("meeting", -1)) == "new"
    assert stage_of(act("meeting", 0, trust=Trust.MACHINE)) == "new"


@given(
    before=st.one_of(st.none(), st.builds(Place, st.sampled_from(LADDER), st.dates(LONG_AGO, TODAY))),
    score=st.integers(0, 100),
    more=st.integers(0, 100),
)
def test_a_higher_score_never_stands_lower(before, score, more, rulebook):
    def rank(points):
        return LADDER.index(step(before, scored(points), Contact(7), rulebook, TODAY).after.stage)

    assert rank(min(100, score + more)) >= rank(score)


@given(before=st.builds(Place, st.sampled_from(LADDER), st.dates(LONG_AGO, TODAY)), score=st.integers(0, 100))
def test_the_same_day_twice_moves_once(before, score, rulebook):
    first = step(before, scored(score), Contact(7), rulebook, TODAY)
    second = step(first.after, scored(score), Contact(7), rulebook, TODAY)
    assert not second.moved
    assert first.rise == (LADDER.index(first.after.stage) > LADDER.index(before.stage))
