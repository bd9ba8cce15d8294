"""What is called equivalent is: on everybody that Hypothesis can think of, the mutant gives the same points and places."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.change.equivalence import why_equal
from connector.change.mutants import mutants
from connector.facts import Contact, Episode, Event
from connector.rulebook.read import read_rulebook
from connector.scoring.score import judge
from connector.scoring.stages import step

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

MALUS = "      - {id: home-market, when: {country: ES}, points: 5}\n"
EDITS = (
    (
        "model",
        MALUS,
        MALUS + "      - {id: student, when: {job_title: {contains: student}}, points: -40}\n"
        "      - {id: free-mail, when: {email_domain: gmail.com}, points: -4}\n",
    ),
    ("model", "asked: 10}", "asked: 10, unsubscribed: -10}"),
    ("model", "within: 14d}}, at_least: 70}", "within: 14d}, fit: {at_least: 17}}, at_least: 70}"),
    ("stages", "enter: {score: {at_least: 50}}", "enter: {score: {at_least: 50}, knows_offer: {at_most: 30}}"),
)

deeds = st.builds(
    lambda kind, ago, asset: Event(
        kind, NOW - timedelta(days=ago), NOW - timedelta(days=ago), f"{kind}:{ago}:{asset}", asset
    ),
    st.sampled_from(("form_submit", "email_click", "unsubscribe")),
    st.integers(0, 40),
    st.sampled_from(("Demo", "[FIN] finance", "")),
)
fields = st.fixed_dictionaries(
    {"company": st.just("Acme")},
    optional={
        "job_title": st.sampled_from(("CFO", "finance student", "student", "clerk")),
        "employees": st.sampled_from((10, 60)),
        "country": st.sampled_from(("ES", "FR")),
        "email_domain": st.just("gmail.com"),
    },
)
people = st.builds(
    lambda values, events, entered: Contact(
        1,
        fields=values,
        events=tuple({event.key: event for event in events}.values()),
        episodes=()
        if entered is None
        else (Episode("finance", 1, "hubspot:property:trellis_track", NOW - timedelta(days=entered)),),
    ),
    fields,
    st.lists(deeds, max_size=6),
    st.none() | st.integers(0, 30),
)


@pytest.fixture(scope="session")
def with_proofs(make_folder):
    folder = make_folder()
    for edit in EDITS:
        folder.edit(f"{edit[0]}.yaml", *edit[1:])
    rulebook = read_rulebook(folder.path)
    proven = {mutant: why for mutant in mutants(rulebook) if (why := why_equal(mutant, rulebook))}
    return rulebook, proven


def test_only_what_is_proven_is_called_equivalent(with_proofs):
    _, proven = with_proofs
    assert {(mutant.rule, mutant.mutation): why for mutant, why in proven.items()} == {
        ("persona_minimum", "15 → 14"): "no persona's traits add up to a sum between the two",
        ("persona_minimum", "15 → 16"): "no persona's traits add up to a sum between the two",
        ("student", "points doubled"): "it takes all of fit already",
        ("asked", "points doubled"): "the factor's maximum holds it where it is",
        ("unsubscribed", "points doubled"): "the factor's maximum holds it where it is",
        ("hand-raiser", "fit at_least 17 → 18"): "no sum of points gives a fit between the two",
        ("qualified", "enter knows_offer at_most 30 → 29"): "no sum of points gives a knows_offer between the two",
        ("qualified", "enter knows_offer at_most 30 → 31"): "no sum of points gives a knows_offer between the two",
    }


@given(person=people)
def test_nobody_can_tell_an_equivalent_mutant_from_the_rulebook(with_proofs, person):
    rulebook, proven = with_proofs
    right = judge(person, rulebook, DAY)
    for mutant in proven:
        wrong = mutant.of(rulebook)
        verdict = judge(person, wrong, DAY)
        assert [(line.rule, line.points) for line in verdict.lines] == [
            (line.rule, line.points) for line in right.lines
        ]
        assert (verdict.score, verdict.persona, verdict.answer) == (right.score, right.persona, right.answer)
        assert step(None, verdict, person, wrong, DAY) == step(None, right, person, rulebook, DAY)
