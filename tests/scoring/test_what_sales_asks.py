"""Knowledge, topics and audience: what sales asks beside the score, and who is never handed over."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.facts import Contact, Trust
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)

KNOWLEDGE = {
    "brand": [
        {"id": "came-back", "when": {"did": {"event": "page_view", "at_least": 2}}, "points": 60},
        {"id": "reads-mail", "when": {"did": {"event": "email_click"}}, "points": 60.5},
        {"id": "stranger", "when": {"company": "Umbrella"}, "points": -200},
    ],
    "offer": [
        {"id": "saw-demo", "when": {"did": {"event": "form_submit", "asset": {"contains": "demo"}}}, "points": 49.5}
    ],
}
TOPICS = {"finance": {"contains": "closing"}, "logistics": {"contains": "stock"}, "all": {"contains": "acme"}}


@pytest.fixture
def told(rulebook_with):
    """`told(contact, knowledge=…, topics=…, audience=…)`: her verdict under a model with these keys."""

    def of(contact, day=TODAY, **keys):
        return judge(contact, rulebook_with(lambda files: files["model"].update(keys)), day)

    return of


def lead(*events, **fields):
    return Contact(7, fields={"job_title": "CFO", "company": "Acme", **fields}, events=events)


def test_knowledge_is_the_points_of_what_holds_within_0_and_100_rounded_half_up(told, act):
    some = told(lead(act("email_click", 1)), knowledge=KNOWLEDGE)
    assert some.knowledge == {"brand": 61, "offer": 0}
    demo = act("form_submit", 1, "Demo request")
    everything = told(lead(act("email_click", 1), act("page_view", 1), act("page_view", 2), demo), knowledge=KNOWLEDGE)
    assert everything.knowledge == {"brand": 100, "offer": 50}
    assert told(lead(act("email_click", 1), company="Umbrella"), knowledge=KNOWLEDGE).knowledge["brand"] == 0


def test_only_what_the_model_asks_is_answered_and_no_points_come_of_it(told, act):
    contact = lead(act("form_submit", 1, "Demo request"))
    verdict = told(contact, knowledge={"offer": KNOWLEDGE["offer"]})
    assert verdict.knowledge == {"offer": 50}
    assert dict(told(contact).knowledge) == {}
    assert verdict.exact == told(contact).exact


def test_overrides_stages_and_tracks_may_ask_for_it(rulebook_with, act):
    def change(files):
        files["model"]["knowledge"] = KNOWLEDGE
        files["model"]["topics"] = TOPICS
        files["model"]["overrides"] = [
            {"id": "knows", "when": {"knows_brand": {"at_least": 61}, "topic": "finance"}, "set": 33}
        ]
        files["stages"]["states"]["informed"] = {"when": {"knows_brand": {"at_least": 61}, "audience": False}}

    contact = lead(act("email_click", 1, "Closing the books"))
    verdict = judge(contact, rulebook_with(change), TODAY)
    assert verdict.score == 33
    assert step(None, verdict, contact, rulebook_with(change), TODAY).after.stage == "informed"


def test_topics_come_by_trust_and_freshness_and_a_tie_goes_to_the_newest(told, act):
    old, new = act("page_view", 46, "/stock"), act("page_view", 1, "/closing")
    assert told(lead(old, new), topics=TOPICS).topics == ("finance", "logistics")
    assert told(lead(old, act("email_click", 20, "Stock"), new), topics=TOPICS).topics == ("logistics", "finance")
    doubted = act("page_view", 0, "/closing", Trust.UNSURE)
    assert told(lead(act("page_view", 10, "/stock"), doubted), topics=TOPICS).topics == ("logistics", "finance")
    same_day = [act("page_view", 1, "/stock", key="1"), act("page_view", 1, "/closing", key="2")]
    assert told(lead(*same_day), topics=TOPICS).topics == ("finance", "logistics")


def test_an_act_may_speak_for_several_topics_and_then_the_file_decides(told, act):
    assert told(lead(act("page_view", 1, "acme.example/stock")), topics=TOPICS).topics == ("logistics", "all")


@pytest.mark.parametrize(
    ("kind", "asset", "trust"),
    [
        ("page_view", "/closing", Trust.MACHINE),
        ("page_view", "", Trust.HUMAN),
        ("email_sent", "Closing the books", Trust.HUMAN),
        ("email_bounce", "Closing the books", Trust.HUMAN),
    ],
)
def test_what_no_person_did_is_no_interest_of_hers(kind, asset, trust, told, act):
    assert told(lead(act(kind, 1, asset, trust)), topics=TOPICS).topics == ()


def test_an_interest_that_has_faded_is_none(told, act):
    assert told(lead(act("page_view", 448, "/stock")), topics=TOPICS).topics == ("logistics",)
    assert told(lead(act("page_view", 449, "/stock")), topics=TOPICS).topics == ()


AUDIENCE = {
    "id": "only-reads",
    "when": {"fit": {"at_most": 3}, "engagement": {"at_least": 2}},
    "why": "Reads, never buys",
}


@pytest.fixture
def with_audience(rulebook_with):
    def change(files):
        files["model"]["audience"] = AUDIENCE
        files["model"]["overrides"] = [{"id": "lifted", "when": {"company": "Acme"}, "at_least": 95}]
        files["stages"]["stages"][3]["enter"] = {"score": {"at_least": 75}}

    return rulebook_with(change)


@pytest.fixture
def reader(act):
    return lead(act("form_submit", 1, "Newsletter"), act("email_click", 1), job_title="Poet")


def test_the_audience_has_a_line_of_no_points_after_the_rest(with_audience, reader):
    verdict = judge(reader, with_audience, TODAY)
    assert verdict.audience
    assert (verdict.lines[-1].part, verdict.lines[-1].rule, verdict.lines[-1].points) == ("override", "only-reads", 0)
    assert verdict.score == 95
    assert not judge(lead(), with_audience, TODAY).audience


def test_the_audience_is_never_handed_over_however_high_the_score(with_audience, reader):
    verdict = judge(reader, with_audience, TODAY)
    assert step(None, verdict, reader, with_audience, TODAY).after.stage == "nurture"  # qualified asks for fit
    fell = step(Place("hot", TODAY), verdict, reader, with_audience, TODAY)
    assert (fell.after.stage, fell.cause) == ("nurture", "only-reads")
    lifted = dataclasses.replace(verdict, answer="asked", lifts="hot")
    assert step(None, lifted, reader, with_audience, TODAY).after.stage == "qualified"
    elsewhere = dataclasses.replace(verdict, audience=False, lines=verdict.lines[:-1])
    assert step(None, elsewhere, reader, with_audience, TODAY).after.stage == "hot"


def test_the_lower_of_two_bars_counts_and_is_the_cause(with_audience, reader):
    silent = dataclasses.replace(judge(reader, with_audience, TODAY), answer="silent", bars="qualified")
    assert step(Place("hot", TODAY), silent, reader, with_audience, TODAY).cause == "silent"
    later = dataclasses.replace(silent, bars=None)
    assert step(Place("hot", TODAY), later, reader, with_audience, TODAY).cause == "only-reads"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    score=st.integers(0, 100), days=st.integers(0, 30), before=st.sampled_from(["new", "nurture", "qualified", "hot"])
)
def test_nobody_of_the_audience_stands_on_a_stage_with_a_hand_over(score, days, before, with_audience, reader):
    verdict = dataclasses.replace(judge(reader, with_audience, TODAY), score=score, lifts="hot", answer="asked")
    after = step(Place(before, TODAY - timedelta(days=days)), verdict, reader, with_audience, TODAY).after
    assert after.stage != "hot"
