"""Due days of a crowd: what lies between two of the days that are looked at, and who is passed over day by day."""

from datetime import date, timedelta

import numpy as np
import pytest

from connector.facts import Contact, Trust
from connector.rulebook.types import Model
from connector.scoring.columns.careful import careful
from connector.scoring.columns.outlook import NEVER, NOT_THERE, ToldCrowd, due_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.stages import step_crowd
from connector.scoring.outlook.due import Told, due
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)
CFO = {"job_title": "CFO", "company": "Acme"}


def after(days):
    return (TODAY + timedelta(days=days)).toordinal()


@pytest.fixture
def due_of(crowd_of):
    """`due_of([maria, brian], rulebook)`: their due days; no platform shows a score, unless `told` says so."""

    def ask(people, rulebook, places=(), told=None):
        verdicts = judge_crowd(crowd_of(people, rulebook, places), rulebook, TODAY)
        nowhere = ToldCrowd(np.full((1, len(people)), NOT_THERE, np.int16), np.zeros(len(people), np.int32))
        return due_crowd(verdicts, step_crowd(verdicts), told or nowhere).tolist()

    return ask


def test_a_crowd_is_looked_at_no_later_than_each_of_it(maria, brian, noor, rulebook, due_of):
    people = [maria, brian, noor]
    verdicts = [judge(one, rulebook, TODAY) for one in people]
    shown = [-1 if verdict.score is None else verdict.score for verdict in verdicts]
    told = ToldCrowd(np.array([shown], np.int16), np.full(3, TODAY.toordinal(), np.int32))
    singly = [
        due(
            one, verdict, step(None, verdict, one, rulebook, TODAY), rulebook, TODAY, told=Told((verdict.score,), TODAY)
        )
        for one, verdict in zip(people, verdicts, strict=True)
    ]
    found = due_of(people, rulebook, told=told)
    assert found[1] == NEVER
    assert singly[1] is None
    assert TODAY.toordinal() < found[0] <= singly[0].toordinal()
    assert TODAY.toordinal() < found[2] <= singly[2].toordinal()


def test_nobody_is_a_crowd_too(rulebook, due_of):
    assert due_of([], rulebook) == []


def test_the_end_of_a_stay_lies_between_two_looks(rulebook_with, due_of):
    def long_stay(files):
        files["stages"]["stages"][1] |= {"enter": {"score": {"at_least": 25}}, "leave_below": 24, "minimum_stay": "30d"}

    eva = Contact(8, fields=CFO)
    (found,) = due_of([eva], rulebook_with(long_stay), [Place("nurture", TODAY - timedelta(days=10))])
    assert TODAY.toordinal() < found <= after(20)


def test_days_that_come_and_go_between_two_looks_are_seen(rulebook_with, due_of):
    def trial(files):
        files["fields"]["fields"]["trial"] = {"hubspot": "trial", "type": "date"}
        soon = {"id": "trial", "when": {"trial": {"within": "3d"}}, "points": 5}
        files["model"]["factors"]["fit"]["adjust"].append(soon)

    people = [
        Contact(number, fields={**CFO, "trial": TODAY + timedelta(days=ahead)})
        for number, ahead in enumerate((22, 70, 149))
    ]
    for ahead, found in zip((22, 70, 149), due_of(people, rulebook_with(trial)), strict=True):
        assert TODAY.toordinal() < found <= after(ahead)


def test_the_score_of_one_model_is_due_by_itself(maria, rulebook, due_of):
    """The best model's score stands still; the other's has been told otherwise, and is old in two days."""
    other = rulebook.models[0].model_dump(by_alias=True, exclude_none=True)
    best = other | {"model": "best", "overrides": [{"id": "always", "when": {"all": []}, "set": 90}]}
    models = (rulebook.models[0], Model.model_validate(best))
    both = rulebook.model_copy(update={"models": models})
    each = judge(maria, both, TODAY).each
    told = ToldCrowd(
        np.array([[each["best"]]], np.int16),
        np.array([after(-5)], np.int32),
        {"acquisition": np.array([[each["acquisition"] + 1]], np.int16)},
    )
    assert due_of([maria], both, told=told) == [after(2)]


def test_who_is_passed_over_day_by_day(maria, rulebook_with, act, crowd_of):
    def costs(files):
        rule = {"id": "leaves", "event": "unsubscribe", "points": -4}
        files["model"]["factors"]["engagement"]["groups"]["intent"]["rules"].append(rule)

    def asks(files):
        files["model"]["overrides"].append({"id": "enough", "when": {"score": {"at_least": 50}}, "at_most": 60})

    gone = Contact(2, fields=CFO, events=(act("unsubscribe", 3),))
    close = Contact(3, fields=CFO, events=(act("email_click", 0), act("list_joined", 71, "Visited pricing")))
    doubted = Contact(4, fields=CFO, events=(act("email_click", 3, trust=Trust.UNSURE),))
    people = [maria, gone, close, doubted]

    def of(change):
        rulebook = rulebook_with(change)
        return careful(judge_crowd(crowd_of(people, rulebook), rulebook, TODAY)).tolist()

    assert of(lambda _: None) == [False, False, True, False]
    assert of(costs) == [False, True, True, False]
    assert of(asks) == [True, True, True, True]
