"""Several models side by side: each judges whom it is meant for, and the best verdict stands."""

import copy
import dataclasses
from datetime import date

import pytest

from connector.facts import Contact
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import ANY_ACT, NO_MODEL

TODAY = date(2026, 11, 20)


def beside(**changes):
    """A second model like the first, called `second`, with these keys changed."""

    def change(files):
        files["more_models"] = [{**copy.deepcopy(files["model"]), "model": "second", **changes}]

    return change


HIGHER = {"overrides": [{"id": "bonus", "when": {"company": "Acme"}, "add": 7}]}
LOWER = {"overrides": [{"id": "malus", "when": {"company": "Acme"}, "add": -7}]}


def test_the_highest_score_stands_and_each_is_told(rulebook, rulebook_with, maria):
    alone = judge(maria, rulebook, TODAY)
    assert alone.each == {"acquisition": alone.score}
    best = judge(maria, rulebook_with(beside(**HIGHER)), TODAY)
    assert (best.model, best.score) == ("second", alone.score + 7)
    assert best.each == {"acquisition": alone.score, "second": alone.score + 7}
    assert best.lines[-1].rule == "bonus"
    worse = judge(maria, rulebook_with(beside(**LOWER)), TODAY)
    assert (worse.model, dict(worse.each)) == ("acquisition", {"acquisition": alone.score, "second": alone.score - 7})


def test_a_tie_goes_to_the_first_model(rulebook_with, maria):
    assert judge(maria, rulebook_with(beside()), TODAY).model == "acquisition"


def test_a_score_comes_before_none_however_low(rulebook_with, act):
    stranger = Contact(9, fields={"job_title": "Poet"}, events=(act("email_open", 1),))
    model = {"minimum_evidence": None, "overrides": [{"id": "zero", "when": {"job_title": "poet"}, "set": 0}]}
    verdict = judge(stranger, rulebook_with(beside(**model)), TODAY)
    assert (verdict.model, verdict.score) == ("second", 0)
    assert verdict.each == {"acquisition": None, "second": 0}


def test_where_nobody_can_score_her_the_first_says_what_is_lacking(rulebook_with, act):
    stranger = Contact(9, fields={"job_title": "Poet"}, events=(act("email_open", 1),))
    verdict = judge(stranger, rulebook_with(beside()), TODAY)
    assert (verdict.model, verdict.score) == ("acquisition", None)
    assert verdict.missing == ("company", "employees", ANY_ACT)
    assert verdict.each == {"acquisition": None, "second": None}


def test_a_customer_is_scored_by_the_model_for_customers_and_stays_a_customer(rulebook_with, brian):
    customers = {"applies_to": {"lifecycle": {"in": ["customer"]}}}
    rulebook = rulebook_with(beside(**customers))
    verdict = judge(brian, rulebook, TODAY)
    assert (verdict.model, dict(verdict.each)) == ("second", {"second": verdict.score})
    assert verdict.score >= 75
    assert step(None, verdict, brian, rulebook, TODAY).after.stage == "customer"


def test_whom_no_model_is_meant_for_has_no_score(rulebook, brian):
    verdict = judge(brian, rulebook, TODAY)
    assert (verdict.model, verdict.score, verdict.missing, dict(verdict.each)) == ("", None, (NO_MODEL,), {})


@pytest.mark.parametrize("trusting", ["acquisition", "second"])
def test_each_model_has_doubts_of_its_own(trusting, rulebook_with, maria, act):
    """The model that believes her clicks gives more, so it stands, and its belief goes for stages as well."""

    def doubt(files):
        beside()(files)
        doubting = files["model"] if trusting == "second" else files["more_models"][0]
        doubting["trust"]["doubts"] = {"unsourced": {"events": ["email_click"], "is": "machine"}}
        files["stages"]["states"]["clicked"] = {"when": {"did": {"event": "email_click"}}}

    clicks = dataclasses.replace(maria, events=(act("email_click", 1), act("email_click", 2)))
    verdict = judge(clicks, rulebook_with(doubt), TODAY)
    assert verdict.model == trusting
    assert verdict.parts["engagement"] > 0
    assert step(None, verdict, clicks, rulebook_with(doubt), TODAY).after.stage == "clicked"
