"""What is called equivalent is: on everybody that Hypothesis can think of, the mutant gives the same points and places."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.change.mutation.equivalence import why_equal
from connector.change.mutation.mutants import mutants
from connector.facts import Contact, Episode, Event, Trust
from connector.nurturing.intents import Memory
from connector.nurturing.tracks import plan
from connector.rulebook.read import read_rulebook
from connector.scoring.score import judge
from connector.scoring.stages import step

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

HOME = "      - {id: home-market, when: {country: ES}, points: 5}\n"
MALUSES = (
    "      - {id: student, when: {job_title: {contains: student}}, points: -40}\n"
    "      - {id: free-mail, when: {email_domain: gmail.com}, points: -4}\n"
)
OPENS = "{id: opens, event: email_open, points: 1"
PASSIVE = f"      passive: {{max: 2, decay: {{cliff: 14d}}, rules: [{OPENS}, max_times: 4}}]}}\n"
#: The small rulebook, with one more rule for each kind of proof.
EDITS = (
    ("model", HOME, HOME + MALUSES),
    ("model", f", {OPENS}}}", ""),
    ("model", "  reaction:", f"{PASSIVE}  reaction:"),
    ("model", "asked: 10}", "asked: 10, unsubscribed: -10}"),
    ("model", "within: 14d}}, at_least: 70}", "within: 14d}, fit: {at_least: 17}}, at_least: 70}"),
    ("model", "contains: demo}}}, points: 60}", "contains: demo}}}, points: 100}"),
    ("stages", "enter: {score: {at_least: 50}}", "enter: {score: {at_least: 50}, knows_offer: {at_most: 30}}"),
    ("tracks", "exit_when: {stage: qualified}", "exit_when: {stage: {in: [new, qualified]}}"),
)
PROOFS = {
    ("persona_minimum", "15 → 14"): "no persona's traits add up to a sum between the two",
    ("persona_minimum", "15 → 16"): "no persona's traits add up to a sum between the two",
    ("student", "points doubled"): "it takes all of fit already",
    ("opens", "max_times 4 → 5"): "the group is full by then",
    ("asked", "points doubled"): "the factor's maximum holds it where it is",
    ("unsubscribed", "points doubled"): "the factor's maximum holds it where it is",
    ("saw-demo", "points doubled"): "100 percent are reached already",
    ("hand-raiser", "fit at_least 17 → 18"): "no sum of points gives a fit between the two",
    ("qualified", "enter knows_offer at_most 30 → 29"): "no sum of points gives a knows_offer between the two",
    ("qualified", "enter knows_offer at_most 30 → 31"): "no sum of points gives a knows_offer between the two",
    ("finance", "when without stage is nurture"): "exit_when closes it on every other stage",
}
KINDS = ("form_submit", "email_click", "email_open", "email_sent", "unsubscribe")


def act(kind: str, seconds: int, asset: str, trust: Trust) -> Event:
    moment = NOW - timedelta(seconds=seconds)
    return Event(kind, moment, moment, f"{kind}:{seconds}:{asset}", asset=asset, trust=trust)


def person(fields: dict[str, object], acts: list[Event], entered: int | None) -> Contact:
    """`entered`: so many days ago she entered the track."""
    begun = None if entered is None else NOW - timedelta(days=entered)
    return Contact(
        1,
        refs={"hubspot": "501"},
        fields=fields,
        events=tuple({one.key: one for one in acts}.values()),
        episodes=() if begun is None else (Episode("finance", 1, "hubspot:property:trellis_track", begun),),
    )


ages = st.integers(0, 60) | st.integers(0, 40 * 86400)
acts = st.builds(
    act, st.sampled_from(KINDS), ages, st.sampled_from(("Demo", "[FIN] finance", "")), st.sampled_from(Trust)
)
fields = st.fixed_dictionaries(
    {"company": st.just("Acme")},
    optional={
        "job_title": st.sampled_from(("CFO", "finance student", "student", "clerk")),
        "employees": st.sampled_from((10, 60)),
        "country": st.sampled_from(("ES", "FR")),
        "email_domain": st.just("gmail.com"),
        "lifecycle": st.just("customer"),
    },
)
people = st.builds(person, fields, st.lists(acts, max_size=8), st.none() | st.integers(0, 30))


def outcome(who, rulebook):
    """All that equivalence promises: lines with their points, answers, place and tracks."""
    verdict = judge(who, rulebook, DAY)
    there = step(None, verdict, who, rulebook, DAY)
    wanted = plan(who, verdict, there, Memory(), rulebook, NOW, baseline=False)
    lines = [(line.rule, line.points) for line in verdict.lines]
    answers = (verdict.score, verdict.persona, verdict.phase, verdict.answer, verdict.knowledge, verdict.topics)
    return lines, answers, there, (wanted.enter, wanted.leave, wanted.tracks)


def proofs(rulebook):
    return {mutant: why for mutant in mutants(rulebook) if (why := why_equal(mutant, rulebook))}


@pytest.fixture(scope="session")
def with_proofs(make_folder):
    folder = make_folder()
    for file, old, new in EDITS:
        folder.edit(f"{file}.yaml", old, new)
    rulebook = read_rulebook(folder.path)
    return rulebook, proofs(rulebook)


def test_only_what_is_proven_is_called_equivalent(with_proofs):
    _, proven = with_proofs
    assert {(mutant.rule, mutant.mutation): why for mutant, why in proven.items()} == PROOFS


@given(who=people)
def test_nobody_can_tell_an_equivalent_mutant_from_the_rulebook(with_proofs, who):
    rulebook, proven = with_proofs
    right = outcome(who, rulebook)
    for mutant in proven:
        assert outcome(who, mutant.of(rulebook)) == right, mutant


def test_a_doubt_about_opens_matters_only_where_something_asks_for_them(folder):
    def doubted() -> set[str]:
        return {mutant.mutation for mutant in proofs(folder.rulebook) if mutant.rule == "prefetch"}

    assert doubted() == set()
    folder.edit("model.yaml", f", {OPENS}}}", "")
    assert doubted() == set()  # a topic may be found in the name of an opened mail
    folder.edit("model.yaml", "topics: {finance: {contains: finance}, logistics: {contains: logistics}}\n", "")
    assert doubted() == {"removed", "is machine → unsure", "within 10 → 9", "within 10 → 11"}
    folder.edit("stages.yaml", "enter: {score: {at_least: 20}}", "enter: {did: {event: email_open}}")
    assert doubted() == set()
