"""Bounds on what a thing more could bring: a "no" is certain, for one thing and for two, under any rulebook."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Event, Trust
from connector.scoring.chances import Chances, Thing
from connector.scoring.score import judge
from connector.scoring.stages import step

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)
LADDER = ["new", "nurture", "qualified", "hot"]
KINDS = ("form_submit", "email_click", "email_open", "page_view", "list_joined")
ASSETS = ("", "Demo request", "/blog/1", "Visited pricing")
VALUES = {
    "job_title": ("CFO", "Poet", "Student of finance"),
    "employees": (30, 200),
    "company": ("Acme",),
    "phone": ("6",),
}
THINGS = (
    *(Thing("act", kind, asset) for kind in KINDS for asset in ASSETS),
    *(Thing("data", name, value) for name, values in VALUES.items() for value in values),
)

gates = st.sampled_from(
    [
        {"id": "student", "when": {"job_title": {"contains": "student"}}, "at_most": 15},
        {"id": "no-phone", "when": {"not": {"phone": {"known": True}}}, "at_most": 30},
        {"id": "reads", "when": {"did": {"event": "email_click", "at_least": 2}}, "add": 12},
        {"id": "few-forms", "when": {"not": {"did": {"event": "form_submit"}}}, "add": -9},
        {"id": "mid", "when": {"any": [{"score": {"at_least": 30}}, {"fit": {"at_least": 25}}]}, "set": 55},
        {"id": "low", "when": {"score": {"at_most": 10}}, "at_least": 45},
        {"id": "asks", "when": {"did": {"event": "form_submit", "asset": {"contains": "demo"}}}, "at_least": 70},
    ]
)
people = st.builds(
    lambda fields, acts: Contact(1, fields=fields, events=tuple(acts)),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()}),
    st.lists(
        st.builds(
            lambda kind, hours, asset, trust: Event(kind, at(hours), at(hours), f"{hours}:{kind}", asset, trust=trust),
            st.sampled_from(KINDS),
            st.integers(0, 2000),
            st.sampled_from(ASSETS),
            st.sampled_from(Trust),
        ),
        max_size=8,
    ),
)


def at(hours):
    return NOW - timedelta(hours=hours)


def done(contact, things):
    for thing in things:
        if thing.kind == "data":
            fields = {**contact.fields, thing.name: thing.example}
            contact = dataclasses.replace(contact, fields=fields)
        else:
            more = Event(thing.name, NOW, NOW, f"more:{thing.name}:{thing.example}", thing.example)
            contact = dataclasses.replace(contact, events=(*contact.events, more))
    return contact


def place(contact, rulebook):
    stage = step(None, judge(contact, rulebook, TODAY), contact, rulebook, TODAY).after.stage
    return LADDER.index(stage) if stage in LADDER else -1


@given(contact=people, overrides=st.lists(gates, max_size=4, unique_by=lambda gate: gate["id"]), data=st.data())
def test_what_may_not_reach_a_higher_stage_does_not(contact, overrides, data, rulebook_with):
    rulebook = rulebook_with(lambda files: files["model"].update(overrides=overrides))
    verdict = judge(contact, rulebook, TODAY)
    here = place(contact, rulebook)
    chances = Chances(contact, verdict, rulebook.models[0], rulebook)
    things = [thing for thing in THINGS if thing.kind == "act" or thing.name not in contact.fields]
    some = data.draw(st.lists(st.sampled_from(things), min_size=2, max_size=4, unique=True))
    tries = [*((thing,) for thing in some), *combinations(some, 2)]
    reached = [one for one in tries if place(done(contact, one), rulebook) > here]
    assert all(chances.may_reach(here, one) for one in reached)
    assert not reached or chances.may_reach(here, some, at_once=2)


def test_a_bound_spares_what_cannot_help(rulebook_with):
    def gate(files):
        student = {"id": "student", "when": {"job_title": {"contains": "student"}}, "at_most": 15}
        files["model"]["overrides"].append(student)

    rulebook = rulebook_with(gate)
    student = Contact(1, fields={"job_title": "Student of finance", "company": "Acme"})
    verdict = judge(student, rulebook, TODAY)
    things = [Thing("act", "form_submit", "Demo request"), Thing("data", "employees", 200)]
    assert not Chances(student, verdict, rulebook.models[0], rulebook).may_reach(0, things)
    poet = dataclasses.replace(student, fields={"job_title": "Poet", "company": "Acme"})
    chances = Chances(poet, judge(poet, rulebook, TODAY), rulebook.models[0], rulebook)
    assert [chances.may_reach(0, [thing]) for thing in things] == [True, False]


@pytest.mark.parametrize("thing", [Thing("data", "lifecycle", "lead"), Thing("data", "email_domain", "acme.example")])
def test_no_bound_stands_where_another_model_or_other_doubts_could_come_in(thing, rulebook, maria):
    rival = dataclasses.replace(maria, events=())
    chances = Chances(rival, judge(rival, rulebook, TODAY), rulebook.models[0], rulebook)
    assert chances.may_reach(2, [thing])
    assert not chances.may_reach(2, [Thing("data", "phone", "6")])
