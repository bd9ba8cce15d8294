"""What would move the stage: computed by trying, and true when it is done."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

from connector.facts import Contact, Event
from connector.scoring.chances import Thing
from connector.scoring.next_step import next_text, what_next
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)


def advice(contact, rulebook, before=None):
    verdict = judge(contact, rulebook, TODAY)
    taken = step(before, verdict, contact, rulebook, TODAY)
    return what_next(contact, verdict, taken, rulebook, TODAY), taken


def text(contact, rulebook, language="en", before=None):
    verdict = judge(contact, rulebook, TODAY)
    return next_text(contact, verdict, step(before, verdict, contact, rulebook, TODAY), rulebook, TODAY, language)


def test_maria_needs_one_demo_request(maria, rulebook):
    hints, _ = advice(maria, rulebook)
    assert [(hint.things, hint.stage, hint.score) for hint in hints] == [
        ((Thing("act", "form_submit", "demo"),), "hot", 80)
    ]
    assert text(maria, rulebook) == "To move up: fill in a form (demo) → Hot lead (80)"
    assert text(maria, rulebook, "ca") == "Per pujar: omplir un formulari (demo) → Hot lead (80)"


def test_doing_what_it_says_moves_the_stage(maria, rulebook):
    (hint, *_), taken = advice(maria, rulebook)
    moment = datetime(2026, 11, 20, 15, tzinfo=UTC)
    done = dataclasses.replace(
        maria, events=(*maria.events, Event("form_submit", moment, moment, "done", "Demo request"))
    )
    after = step(taken.after, judge(done, rulebook, TODAY), done, rulebook, TODAY)
    assert (after.after.stage, after.rise) == (hint.stage, True)


def test_missing_data_are_tried_too(rulebook, act):
    poet = Contact(7, fields={"job_title": "Poet"}, events=(act("email_click", 3),))
    assert text(poet, rulebook) == (
        "To move up: fill in a form (demo) → nurture (38); or know the number of employees (such as 50) → nurture (21)"
    )


def test_what_we_know_already_is_not_asked_for_again(rulebook):
    poet = Contact(7, fields={"job_title": "Poet", "company": "Acme", "employees": 3, "phone": "600"})
    hints, _ = advice(poet, rulebook)
    assert all(thing.kind == "act" for hint in hints for thing in hint.things)


def test_where_one_thing_is_not_enough_two_are_tried(rulebook_with):
    def strict(files):
        files["model"]["overrides"] = []
        files["stages"]["stages"][1]["enter"] = {"score": {"at_least": 45}}

    poet = Contact(7, fields={"job_title": "Poet", "company": "Acme"})
    hints, _ = advice(poet, rulebook_with(strict))
    assert {len(hint.things) for hint in hints} == {2}
    assert text(poet, rulebook_with(strict), "es") == (
        "Para subir: rellenar un formulario (demo) y conocer el número de empleados (por ejemplo, 50) → qualified (50); "
        "o bien rellenar un formulario (demo) y rellenar un formulario → nurture (46)"
    )


def test_without_evidence_anything_that_gives_enough_is_a_way(rulebook):
    hints, taken = advice(Contact(7), rulebook)
    assert taken.after.stage == "not_enough_data"
    assert hints[0].stage == "nurture"


@pytest.mark.parametrize(
    ("who", "said"), [("brian", "Customer: no stage to reach."), ("noor", "Not to be mailed: no stage to reach.")]
)
def test_in_a_state_there_is_nothing_to_reach(who, said, rulebook, request):
    assert text(request.getfixturevalue(who), rulebook) == said


def test_at_the_top_there_is_nothing_to_reach(noor, rulebook):
    assert text(dataclasses.replace(noor, consent=Contact(0).consent), rulebook) == "In the highest stage."


def test_who_cannot_be_moved_is_told_so(rulebook, maria):
    rival = dataclasses.replace(maria, fields={**maria.fields, "email_domain": "rival.example"})
    said = text(rival, rulebook, before=Place("new", TODAY))
    assert said == "No one or two acts or missing values would move the stage."


def test_what_the_audience_rule_bars_is_not_proposed(rulebook_with, act):
    def audience(files):
        files["model"]["audience"] = {"id": "reader", "when": {"fit": {"at_most": 3}}}
        files["model"]["overrides"] = [{"id": "lift", "when": {"company": "Acme"}, "at_least": 90}]

    poet = Contact(7, fields={"job_title": "Poet", "company": "Acme"}, events=(act("email_click", 3),))
    barred, _ = advice(poet, rulebook_with(audience), Place("nurture", TODAY))
    assert all(hint.stage != "hot" for hint in barred)
    free, _ = advice(poet, rulebook_with(lambda files: audience(files) or files["model"].pop("audience")))
    assert free[0].stage == "hot"


def test_a_second_model_may_be_the_way_up(rulebook_with):
    def second(files):
        offer = {
            "id": "webinar",
            "when": {"did": {"event": "form_submit", "asset": {"contains": "webinar"}}},
            "set": 60,
        }
        files["more_models"] = [{**files["model"], "model": "second", "overrides": [offer]}]
        files["model"]["factors"]["phase"]["phases"].pop("decision")
        files["model"]["overrides"] = []
        files["stages"]["stages"][2]["enter"] = {"score": {"at_least": 50}}

    hints, taken = advice(Contact(7, fields={"job_title": "Poet", "company": "Acme"}), rulebook_with(second))
    assert taken.after.stage == "new"
    assert (Thing("act", "form_submit", "webinar"),) in [hint.things for hint in hints if hint.stage == "qualified"]
