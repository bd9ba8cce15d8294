"""To which segments one belongs, and on which lists and tags she should stand for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.facts import Consent, Refusal
from connector.nurturing.intents import Plan
from connector.nurturing.segments import PAUSED, belonging, places

SEGMENTS = {
    "finance": {
        "when": {"persona": "finance_lead"},
        "hubspot": {"list": "Finance"},
        "mailchimp": {"audience": "main", "tag": "finance"},
    },
    "customers": {"when": {"stage": "customer"}, "hubspot": {"list": "Customers"}},
    "strong": {"when": {"score": {"at_least": 60}}, "mailchimp": {"audience": "main", "tag": "strong"}},
    "to-be-won": {"when": {"aim": "win"}, "hubspot": {"list": "To be won"}},
}


def segments_of(plans, who, **rest):
    return plans(who, segments=SEGMENTS, **rest).segments


def test_everybody_belongs_where_the_conditions_hold_after_the_step(plans, maria, brian):
    assert segments_of(plans, maria) == {"finance", "to-be-won"}
    assert segments_of(plans, brian) == {"finance", "customers"}
    assert segments_of(plans, maria.stands("hot", before="nurture", rise=True)) == {"finance", "to-be-won"}
    assert segments_of(plans, maria.with_(verdict=replace(maria.verdict, score=60))) == {
        "finance",
        "strong",
        "to-be-won",
    }


def test_the_baseline_knows_it_as_well(plans, maria):
    assert segments_of(plans, maria, baseline=True) == {"finance", "to-be-won"}


def test_noor_belongs_to_none(plans, noor):
    assert segments_of(plans, noor) == frozenset()


@pytest.mark.parametrize("refusal", [one for one in Refusal if one is not Refusal.UNREADABLE])
def test_nobody_who_may_not_be_mailed_belongs_to_any(plans, maria, refusal):
    assert segments_of(plans, maria.knows(consent=Consent(general=frozenset({refusal})))) == frozenset()


def test_one_reading_that_failed_changes_nothing(plans, maria):
    unread = Consent(general=frozenset({Refusal.UNREADABLE}))
    assert segments_of(plans, maria.knows(consent=unread)) == {"finance", "to-be-won"}


@pytest.mark.parametrize("change", [{"enough": False}, {"score": None}])
def test_scoring_comes_first(plans, maria, change):
    assert segments_of(plans, maria.with_(verdict=replace(maria.verdict, **change))) == frozenset()


def test_she_stands_on_the_lists_of_sources_where_she_is(rulebook):
    rules = rulebook(segments=SEGMENTS, dosing={"paused_list": "Paused by Trellis"})
    plan = Plan(segments=frozenset({"finance", "strong"}))
    assert [one.key for one in belonging(plan, rules, {"hubspot"})] == ["hubspot:list:Finance"]
    assert [one.key for one in belonging(plan, rules, {"hubspot", "mailchimp:main"})] == [
        "hubspot:list:Finance",
        "mailchimp:main:tag:finance",
        "mailchimp:main:tag:strong",
    ]
    paused = belonging(Plan(paused=True), rules, {"hubspot", "mailchimp:main"})
    assert [(one.key, one.segment) for one in paused] == [("hubspot:list:Paused by Trellis", PAUSED)]
    assert belonging(Plan(paused=True), rulebook(segments=SEGMENTS), {"hubspot"}) == ()


def test_a_segment_called_paused_is_not_the_list_of_the_paused(rulebook):
    segments = {"paused": {"when": {"stage": "new"}, "hubspot": {"list": "New"}}}
    rules = rulebook(segments=segments, dosing={"paused_list": "Paused by Trellis"})
    assert [one.key for one in belonging(Plan(segments=frozenset({"paused"})), rules, {"hubspot"})] == [
        "hubspot:list:New"
    ]


def test_only_lists_of_segments_could_start_a_workflow(rulebook):
    rules = rulebook(segments=SEGMENTS, dosing={"paused_list": "Paused by Trellis"})
    guarded = {one.key for one in places(rules) if one.guarded}
    assert guarded == {"hubspot:list:Finance", "hubspot:list:Customers", "hubspot:list:To be won"}
