"""Never may opens alone change a stage: whoever climbs, or is placed, would be there had she opened nothing."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Event, Trust
from connector.scoring.columns.placing import place_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.placing import place
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LADDER = ("new", "nurture", "qualified", "hot")
TITLES = st.sampled_from(["CFO", "Poet", "Head of operations"])


@st.composite
def acts(draw, kinds):
    happened = NOON - timedelta(hours=draw(st.integers(0, 24 * 60)))
    asset = draw(st.sampled_from(["", "Demo request", "https://acme.example/blog/1", "Visited pricing"]))
    key = f"{draw(st.integers(0, 10**6)):07d}"
    return Event(draw(st.sampled_from(kinds)), happened, happened, key, asset, trust=draw(st.sampled_from(Trust)))


def some(kinds, most):
    return st.lists(acts(kinds), max_size=most, unique_by=lambda event: event.key)


OPENS = some(["email_open"], 30)
OTHERS = some(["form_submit", "email_click", "page_view", "list_joined"], 8)
STOOD = st.none() | st.builds(Place, st.sampled_from([*LADDER, "customer"]), st.just(TODAY - timedelta(days=20)))


def generous(files):
    """Opens that are worth far more than anybody should let them be."""
    files["model"]["factors"]["engagement"]["groups"]["passive"]["max"] = 25
    files["model"]["factors"]["engagement"]["groups"]["passive"]["rules"][0]["points"] = 5


def rank(place_):
    return LADDER.index(place_.stage) if place_ is not None and place_.stage in LADDER else -1


@given(title=TITLES, others=OTHERS, opens=OPENS, before=STOOD, give=st.booleans())
def test_opens_lift_nobody(title, others, opens, before, give, rulebook, rulebook_with):
    rulebook = rulebook_with(generous) if give else rulebook
    fields = {"job_title": title, "company": "Acme", "employees": 200}
    closed = Contact(1, fields=fields, events=tuple(others))
    opened = dataclasses.replace(
        closed, events=(*others, *(dataclasses.replace(o, key=f"open:{o.key}") for o in opens))
    )
    without = place(before, judge(closed, rulebook, TODAY), closed, rulebook, TODAY)
    found = place(before, judge(opened, rulebook, TODAY), opened, rulebook, TODAY)
    assert rank(found.after) <= max(rank(before), rank(without.after))
    assert found.rise <= without.rise
    plainly = step(before, judge(opened, rulebook, TODAY), opened, rulebook, TODAY)
    assert rank(found.after) <= rank(plainly.after)
    if not opens:
        assert found == without == plainly


@given(
    people=st.lists(st.tuples(TITLES, OTHERS, OPENS, STOOD), min_size=1, max_size=4),
    give=st.sampled_from([True, True, False]),
)
def test_a_crowd_is_placed_as_each_of_it_is(people, give, rulebook, rulebook_with, crowd_of):
    rulebook = rulebook_with(generous) if give else rulebook
    contacts = [
        Contact(
            number,
            fields={"job_title": title, "company": "Acme", "employees": 200},
            events=(*others, *(dataclasses.replace(one, key=f"{int(one.key) + 10**7:08d}") for one in opens)),
        )
        for number, (title, others, opens, _) in enumerate(people, 1)
    ]
    places = [before for *_, before in people]
    steps = place_crowd(judge_crowd(crowd_of(contacts, rulebook, places), rulebook, TODAY))
    for row, (contact, before) in enumerate(zip(contacts, places, strict=True)):
        assert steps.step(row) == place(before, judge(contact, rulebook, TODAY), contact, rulebook, TODAY)


def test_she_goes_as_far_up_as_she_would_without_opens(act, rulebook_with, crowd_of):
    """With opens she would be qualified; without them she has what *nurture* asks for, or not even that."""
    rulebook = rulebook_with(generous)
    stood = Place("new", TODAY - timedelta(days=3))
    opens = tuple(act("email_open", 1, key=f"{number:08d}") for number in range(40))
    fields = {"job_title": "CFO", "company": "Acme", "employees": 200}
    finance = Contact(1, fields=fields, events=(*opens, act("email_click", 1, key="99999999")))
    poet = Contact(2, fields={"job_title": "Poet", "company": "Acme"}, events=opens)
    verdict, own = judge(finance, rulebook, TODAY), dataclasses.replace(finance, events=finance.events[40:])
    assert step(stood, verdict, finance, rulebook, TODAY).after.stage == "qualified"
    found = place(stood, verdict, finance, rulebook, TODAY)
    assert (found.after.stage, found.rise) == ("nurture", True)
    assert found == step(stood, judge(own, rulebook, TODAY), own, rulebook, TODAY)
    assert place(stood, judge(poet, rulebook, TODAY), poet, rulebook, TODAY).after == stood
    steps = place_crowd(judge_crowd(crowd_of([finance, poet], rulebook, [stood, stood]), rulebook, TODAY))
    assert [steps.step(row).after.stage for row in range(2)] == ["nurture", "new"]


@pytest.fixture
def reader(act):
    """Eighteen points of her own, and a hundred opens."""
    fields = {"job_title": "CFO", "company": "Acme"}
    return Contact(1, fields=fields, events=tuple(act("email_open", day % 10, key=f"o{day:03}") for day in range(100)))


def test_eighteen_points_and_two_of_opens_are_no_twenty(reader, rulebook_with):
    def no_profile(files):
        generous(files)
        files["model"]["factors"]["profile"]["completeness"] = {"phone": 1}

    rulebook = rulebook_with(no_profile)
    verdict = judge(reader, rulebook, TODAY)
    assert verdict.score >= 20
    assert place(None, verdict, reader, rulebook, TODAY).after.stage == "new"
    stood = Place("new", TODAY - timedelta(days=3))
    assert place(stood, verdict, reader, rulebook, TODAY).after == stood
    assert step(stood, verdict, reader, rulebook, TODAY).after.stage == "nurture"


def test_opens_may_keep_somebody_where_she_is(reader, rulebook_with):
    rulebook = rulebook_with(generous)
    stood = Place("qualified", TODAY - timedelta(days=30))
    verdict = judge(reader, rulebook, TODAY)
    assert verdict.score >= 42
    assert place(stood, verdict, reader, rulebook, TODAY).after == stood
