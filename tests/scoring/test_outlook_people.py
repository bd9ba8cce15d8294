"""When maria, brian and noor are looked at again, by name and day."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.facts import Contact, Episode
from connector.rulebook.types import Model
from connector.scoring.outlook.due import Told, due
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def due_of(rulebook):
    """`due_of(contact)`: when she is due, told her score today (or as `told` says), having stood where she stands."""

    def ask(contact, told=None, place=None, rules=rulebook):
        verdict = judge(contact, rules, TODAY)
        placed = step(place, verdict, contact, rules, TODAY)
        return due(contact, verdict, placed, rules, TODAY, told=told or Told((verdict.score,), TODAY))

    return ask


def scores(contact, rulebook, until):
    return [judge(contact, rulebook, TODAY + timedelta(days=ahead)).score for ahead in range((until - TODAY).days + 1)]


def test_maria_is_due_when_her_score_has_moved_enough(maria, rulebook, due_of):
    when = due_of(maria)
    first, *_, before, last = scores(maria, rulebook, when)
    assert first - before < 3 <= first - last


def test_maria_is_due_sooner_where_a_platform_shows_an_older_score(maria, rulebook, due_of):
    score = judge(maria, rulebook, TODAY).score
    assert due_of(maria, Told((score, score + 2), TODAY)) < due_of(maria)


def test_a_difference_is_due_once_what_was_told_is_old(maria, rulebook, due_of):
    score = judge(maria, rulebook, TODAY).score
    assert due_of(maria, Told((score + 1,), TODAY - timedelta(days=5))) == TODAY + timedelta(days=2)


def test_a_score_that_no_platform_shows_yet_is_due_tomorrow(maria, due_of):
    assert due_of(maria, Told((None,), None)) == TOMORROW


def test_where_nothing_is_written_only_her_standing_counts(maria, rulebook, due_of):
    when = due_of(maria, Told((), None))
    here = step(None, judge(maria, rulebook, TODAY), maria, rulebook, TODAY).after
    days = [TODAY + timedelta(days=ahead) for ahead in range(1, (when - TODAY).days + 1)]
    verdicts = [judge(maria, rulebook, day) for day in days]
    seen = [
        (step(here, one, maria, rulebook, day).after.stage, one.phase) for day, one in zip(days, verdicts, strict=True)
    ]
    assert len(set(seen[:-1])) == 1
    assert seen[-1] != seen[0]


def test_brian_the_customer_is_never_due_by_himself(brian, due_of):
    assert due_of(brian) is None


def test_noor_stays_suppressed_but_her_score_is_told(noor, rulebook, due_of):
    when = due_of(noor)
    *_, before, last = scores(noor, rulebook, when)
    assert when == TODAY + timedelta(days=15)  # the floor of hand-raiser is gone
    assert (before, before - last >= 3) == (80, True)


def test_of_noor_only_the_phase_counts_where_no_score_is_shown(noor, rulebook, due_of):
    when = due_of(noor, Told((), None))
    phases = [judge(noor, rulebook, when - timedelta(days=ago)).phase for ago in (1, 0)]
    assert phases == ["decision", None]


def test_who_has_only_data_is_never_due(due_of):
    assert due_of(Contact(4, fields={"job_title": "CFO", "company": "Acme", "employees": 80})) is None


def test_who_has_nothing_is_never_due(due_of):
    assert due_of(Contact(5)) is None


def test_an_act_to_come_is_waited_for(act, due_of):
    cora = Contact(6, fields={"job_title": "CFO", "company": "Acme"}, events=(act("form_submit", -9),))
    assert due_of(cora) == TODAY + timedelta(days=9)


def test_silence_is_waited_for(due_of):
    entered = datetime(2026, 11, 18, 12, tzinfo=UTC)
    dora = Contact(
        7, fields={"job_title": "CFO", "company": "Acme"}, episodes=(Episode("finance", 1, "hubspot", entered),)
    )
    # three of four mails over 21 days: not before the 16th day
    assert due_of(dora) == entered.date() + timedelta(days=16)


def test_a_stay_that_keeps_her_is_waited_for(rulebook_with, due_of):
    def long_stay(files):
        files["stages"]["stages"][1] |= {"enter": {"score": {"at_least": 25}}, "leave_below": 24, "minimum_stay": "30d"}

    eva = Contact(8, fields={"job_title": "CFO", "company": "Acme"})
    rules = rulebook_with(long_stay)
    assert judge(eva, rules, TODAY).score == 22
    assert due_of(eva, place=Place("nurture", TODAY - timedelta(days=10)), rules=rules) == TODAY + timedelta(days=20)


def test_a_model_that_overtakes_another_is_seen(rulebook, maria, due_of):
    """Her acts fade; what the other model gives her for what she is does not."""
    acquisition = rulebook.models[0]
    steady = acquisition.model_dump(by_alias=True, exclude_none=True) | {
        "model": "steady",
        "overrides": [{"id": "as-much-always", "when": {"all": []}, "set": judge(maria, rulebook, TODAY).score - 1}],
    }
    both = rulebook.model_copy(update={"models": (acquisition, Model.model_validate(steady))})
    when = due_of(maria, Told((), None), rules=both)
    assert [judge(maria, both, when - timedelta(days=ago)).model for ago in (1, 0)] == ["acquisition", "steady"]


def test_the_due_day_is_the_same_whatever_the_order_of_arrival(maria, due_of):
    turned = dataclasses.replace(maria, events=tuple(reversed(maria.events)))
    assert due_of(turned) == due_of(maria)
