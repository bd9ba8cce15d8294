"""What sales says of a lead: a rejection bars the stages for sales until she comes up by new acts, or it is over."""

import dataclasses
from datetime import date, timedelta

import pytest

from connector.facts import Trust
from connector.rulebook.types import FieldsFile
from connector.scoring.outlook.due import Told, due
from connector.scoring.placing import place
from connector.scoring.receipt import short
from connector.scoring.sales import sales_verdict
from connector.scoring.score import judge
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)
BUDGET = "rejected_no_budget"


@pytest.fixture
def asked(maria, act):
    """maria, who asked for a demo ten days ago: hot by her score."""
    return dataclasses.replace(maria, events=(*maria.events, act("form_submit", 10, "Demo request")))


@pytest.fixture
def stands(rulebook):
    """Where somebody stands next, from hot since five days ago (or `before`)."""

    def of(contact, *more, before=("hot", 5), day=TODAY, rules=rulebook):
        contact = dataclasses.replace(contact, events=(*contact.events, *more))
        was = before and Place(before[0], TODAY - timedelta(days=before[1]))
        return place(was, judge(contact, rules, day), contact, rules, day)

    return of


def test_she_falls_to_the_highest_stage_below_at_once_and_the_cause_says_why(asked, stands, act):
    assert stands(asked).after.stage == "hot"
    fell = stands(asked, act("sales_verdict", 0, BUDGET))
    assert (fell.after.stage, fell.cause, fell.barred) == ("qualified", BUDGET, BUDGET)


@pytest.mark.parametrize("before", [("qualified", 2), ("nurture", 2), None])
def test_who_was_rejected_does_not_rise_there_and_is_not_placed_there(asked, stands, act, before):
    assert stands(asked, act("sales_verdict", 2, BUDGET), before=before).after.stage == "qualified"
    assert stands(asked, before=before).after.stage == "hot"


def test_what_she_does_anew_brings_her_up_but_opens_and_little_do_not(asked, stands, act):
    rejected = act("sales_verdict", 3, BUDGET)
    below = ("qualified", 3)
    assert stands(asked, rejected, act("email_click", 1), before=below).after.stage == "qualified"
    opens = [act("email_open", 1) for _ in range(9)]
    assert stands(asked, rejected, *opens, before=below).after.stage == "qualified"
    assert stands(asked, rejected, act("form_submit", 1, "Demo request", Trust.MACHINE), before=below).rise is False
    risen = stands(asked, rejected, act("form_submit", 1, "Demo request"), before=below)
    assert (risen.after.stage, risen.rise, risen.barred) == ("hot", True, "")


def test_who_came_up_anew_falls_by_her_score_alone(asked, stands, act):
    assert stands(asked, act("sales_verdict", 9, BUDGET), before=("hot", 5)).after.stage == "hot"


def test_it_is_over_after_its_time_and_by_an_acceptance(asked, stands, act, rulebook_with):
    def shorter(files):
        files["tracks"]["handover"] = {"verdict_lasts": "7d"}

    rejected, below = act("sales_verdict", 7, BUDGET), ("qualified", 3)
    assert stands(asked, rejected, before=below).after.stage == "qualified"
    assert stands(asked, rejected, before=below, rules=rulebook_with(shorter)).after.stage == "hot"
    assert stands(asked, rejected, act("sales_verdict", 2, "accepted"), before=below).after.stage == "hot"
    assert stands(asked, rejected, act("sales_verdict", 2, "under review"), before=below).after.stage == "qualified"


def test_brian_the_customer_stays_one_whatever_sales_says(brian, stands, act):
    assert stands(brian, act("sales_verdict", 1, BUDGET), before=("customer", 9)).after.stage == "customer"


def test_what_was_not_known_by_then_bars_nobody(asked, rulebook, act):
    late = act("sales_verdict", 3, BUDGET)
    contact = dataclasses.replace(asked, events=(*asked.events, late))
    assert sales_verdict(contact, rulebook, TODAY, late.known_at - timedelta(hours=1)) is None
    assert sales_verdict(contact, rulebook, TODAY - timedelta(days=4)) is None
    assert sales_verdict(contact, rulebook, TODAY).value == BUDGET


@pytest.mark.parametrize(
    ("language", "said", "says"),
    [
        ("en", BUDGET, "sales rejected: no budget"),
        ("es", "rejected_timing", "rechazo de ventas: mal momento"),
        ("ca", "rejected_bad_data", "rebuig de vendes: dades errònies"),
        ("en", "rejected_by_the_board", "sales rejected: rejected_by_the_board"),
    ],
)
def test_the_record_says_so_as_long_as_it_bars(asked, stands, act, rulebook, language, said, says):
    event = act("sales_verdict", 3, said)
    step = stands(asked, event, before=("qualified", 3))
    contact = dataclasses.replace(asked, events=(*asked.events, event))
    assert short(judge(contact, rulebook, TODAY), step, rulebook, language).splitlines()[0].endswith(says)


def test_she_is_looked_at_every_day_meanwhile(asked, stands, act, rulebook):
    event = act("sales_verdict", 3, BUDGET)
    contact = dataclasses.replace(asked, events=(*asked.events, event))
    verdict, step = judge(contact, rulebook, TODAY), stands(asked, event, before=("qualified", 3))
    told = Told((verdict.score,), TODAY)
    assert due(contact, verdict, step, rulebook, TODAY, told=told) == TODAY + timedelta(days=1)


def test_the_kind_of_act_is_named_by_fields_yaml_or_by_itself():
    def kinds(events):
        return FieldsFile.model_validate({"version": 1, "fields": {}, "events": events}).verdicts

    assert kinds({}) == {"sales_verdict"}
    assert kinds({"sales_says": {"hubspot": {"changed": "trellis_sales_verdict"}}}) == {"sales_says"}
    assert kinds({"sales_verdict": {"mailchimp": "activity.open"}}) == frozenset()
