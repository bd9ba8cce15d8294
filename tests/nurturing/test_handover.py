"""The hand-over to sales, once per standing."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from connector.facts import Event

HANDOVER = {
    "owner": {"round_robin": ["ana@team.example", "biel@team.example"]},
    "task": {"title": "Call {name}", "due": "1d"},
}
#: A Wednesday morning in Madrid, as `plans` has it.
NOW = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)
CALENDAR = {"days": "mon-fri", "hours": "09:00-18:00"}


@pytest.fixture
def hot(maria):
    return maria.stands("hot", before="nurture", rise=True)


def handed(plans, who, handover=HANDOVER, **rest):
    return plans(who, "finance", handover=handover, calendar=CALENDAR, **rest).handover


def test_a_rise_into_hot_gives_an_owner_and_a_task(hot, plans):
    given = handed(plans, hot)
    assert (given.contact, given.stage, given.task) == (1, "hot", "Call Maria")
    assert set(given.owners) == set(HANDOVER["owner"]["round_robin"])
    assert given.due == datetime(2027, 3, 11, 9, 30, tzinfo=UTC)


def test_on_friday_evening_the_task_is_due_on_tuesday(hot, plans):
    friday_evening = datetime(2027, 3, 12, 19, 0, tzinfo=UTC)
    assert handed(plans, hot, now=friday_evening).due == datetime(2027, 3, 16, 8, 0, tzinfo=UTC)


def test_once_per_standing(hot, plans):
    assert handed(plans, hot.remembers(handed_over=True)) is None


def test_neither_standing_still_nor_a_stage_without_handover(maria, plans):
    assert handed(plans, maria.stands("hot")) is None
    assert handed(plans, maria.stands("nurture", before="new", rise=True)) is None


def test_a_fall_is_no_hand_over(maria, plans):
    assert handed(plans, maria.stands("hot", before="new", rise=False)) is None


@pytest.mark.parametrize("state", ["not_enough_data", "suppressed", "customer"])
def test_who_comes_from_a_state_is_handed_over_whatever_the_step_calls_it(state, maria, plans):
    assert handed(plans, maria.stands("hot", before=state, rise=False)) is not None


def test_brian_the_customer_is_not_handed_over(brian, plans):
    assert handed(plans, brian) is None


def test_nothing_at_baseline_and_nothing_without_rules(hot, plans):
    assert handed(plans, hot, baseline=True) is None
    assert handed(plans, hot, handover=None) is None


def test_only_what_the_rules_ask_for(hot, plans):
    given = handed(plans, hot, handover={"owner": HANDOVER["owner"]})
    assert (given.task, given.due) == (None, None)
    assert handed(plans, hot, handover={"task": HANDOVER["task"]}).owners == ()


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"first_name": "Maria", "company": "Acme"}, "Call Maria"),
        ({"first_name": " ", "company": "Acme\n  Ltd"}, "Call Acme Ltd"),
        ({}, "Call #1"),
        ({"first_name": "{title.__class__}"}, "Call {title.__class__}"),
    ],
)
def test_the_name_in_the_task(fields, title, hot, plans):
    assert handed(plans, hot.knows(fields=fields)).task == title


def test_turns_are_even_and_stable(hot, plans):
    def owner(number):
        return handed(plans, hot.knows(id=number)).owners[0]

    turns = Counter(owner(number) for number in range(200))
    assert min(turns.values()) > 70
    assert owner(7) == owner(7)


# ---------------------------------------------------------------- whose she is

SPAIN = {"when": {"company": {"contains": "acme"}}, "round_robin": ["carles@team.example"]}
NURTURE = {"when": {"persona": "finance_lead"}, "round_robin": ["dora@team.example", "eva@team.example"]}


def owners(plans, who, *territories):
    rule = {"round_robin": HANDOVER["owner"]["round_robin"], "territories": list(territories)}
    return handed(plans, who, handover={"owner": rule}).owners


def test_the_first_territory_that_holds_has_her_and_who_belongs_to_none_goes_by_turns(hot, plans):
    assert owners(plans, hot, SPAIN, NURTURE) == ("carles@team.example",)
    elsewhere = hot.knows(fields={"company": "Bolt"})
    assert set(owners(plans, elsewhere, SPAIN, NURTURE)) == set(NURTURE["round_robin"])
    assert set(owners(plans, elsewhere, SPAIN)) == set(HANDOVER["owner"]["round_robin"])


def test_the_turn_begins_with_the_one_who_has_her_and_names_each_once(hot, plans):
    thrice = {
        "owner": {"round_robin": ["ana@team.example", "biel@team.example", "eva@team.example", "ana@team.example"]}
    }
    turns = {handed(plans, hot.knows(id=number), handover=thrice).owners for number in range(50)}
    assert all(sorted(turn) == ["ana@team.example", "biel@team.example", "eva@team.example"] for turn in turns)
    assert {turn[0] for turn in turns} == set(thrice["owner"]["round_robin"])


# ---------------------------------------------------------------- what sales has said


def said(value, days_ago):
    at = NOW - timedelta(days=days_ago)
    return Event("sales_verdict", at, at, f"verdict:{value}", asset=value)


def test_whom_sales_has_accepted_is_not_handed_over_again_while_that_stands(hot, plans):
    assert handed(plans, hot.knows(events=(said("accepted", 89),))) is None
    assert handed(plans, hot.knows(events=(said("accepted", 90),))) is not None
    assert handed(plans, hot.knows(events=(said("accepted", 20), said("rejected_timing", 9)))) is not None
    assert (
        handed(plans, hot.knows(events=(said("accepted", 9),)), handover={**HANDOVER, "verdict_lasts": "7d"})
        is not None
    )
