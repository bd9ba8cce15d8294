"""What is kept of a verdict: few bytes, everything back, and a number that changes with whatever a person could read."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Episode
from connector.scoring.columns.digests import digests, rows_of
from connector.scoring.columns.receipts import receipts_of
from connector.scoring.packed import Packing
from connector.scoring.rules import rule_list
from connector.scoring.score import judge
from connector.scoring.verdict import Line, Place, Step

TODAY = date(2026, 11, 20)
ASSETS = {"Demo request": 7, "https://acme.example/pricing": 70_000}
STEP = Step(None, Place("nurture", TODAY), "forms")


def kept(verdict, rulebook):
    return Packing(rulebook).pack(receipts_of([verdict], rulebook, rule_list(rulebook), ASSETS)).of(0)


def read(data, verdict, rulebook):
    return Packing(rulebook).unpack(
        data, verdict.model, verdict.score, {number: text for text, number in ASSETS.items()}
    )


def digest(verdict, step, rulebook):
    rules = rule_list(rulebook)
    return digests(receipts_of([verdict], rulebook, rules, ASSETS), rows_of([verdict], [step]), rulebook, rules)[0]


@pytest.fixture
def nurtured(maria):
    """Maria on a track, who clicked since."""
    entered = datetime(2026, 11, 10, 12, tzinfo=UTC)
    return dataclasses.replace(maria, episodes=(Episode("finance", 2, "hubspot:trellis_track", entered),))


def test_an_answer_to_a_track_comes_back(nurtured, rulebook, act):
    asked = dataclasses.replace(nurtured, events=(*nurtured.events, act("form_submit", 2, "Demo request")))
    verdict = judge(asked, rulebook, TODAY)
    receipt = read(kept(verdict, rulebook), verdict, rulebook)
    assert receipt.answer == "asked"
    assert receipt.lines == verdict.lines
    assert any(line.part == "reaction" and line.asset == "finance" for line in receipt.lines)


def test_a_usual_receipt_is_small(maria, rulebook):
    verdict = judge(maria, rulebook, TODAY)
    assert len(verdict.lines) >= 6
    assert len(kept(verdict, rulebook)) <= 8 * len(verdict.lines)


numbers = st.one_of(st.sampled_from([0, 1, 127_000, 128_000, 32_767, 32_768, 2**31 - 1]), st.integers(0, 10**6))
lines = st.builds(
    lambda sign, part_rule, left, faded, withheld, capped, day, times, asset, late: Line(
        part=part_rule[0],
        rule=part_rule[1],
        points=sign * left,
        why=part_rule[2],
        gross=sign * (left + faded + withheld + capped),
        faded=faded,
        withheld=withheld,
        capped=capped,
        day=day,
        times=times,
        asset=asset,
        late=late,
    ),
    st.sampled_from([1, -1]),
    st.sampled_from([("engagement", "forms", "Gave data"), ("phase", "decision", "")]),
    *[numbers.filter(lambda number: number < 2**29)] * 4,
    st.none() | st.dates(),
    st.one_of(st.integers(0, 3), st.sampled_from([255, 256, 10**6])),
    st.sampled_from(["", *ASSETS]),
    st.booleans(),
)


@given(some=st.lists(lines, max_size=4))
def test_whatever_a_line_says_comes_back(some, maria, rulebook):
    verdict = dataclasses.replace(judge(maria, rulebook, TODAY), lines=tuple(some))
    assert read(kept(verdict, rulebook), verdict, rulebook).lines == verdict.lines


@given(line=lines, other=lines)
def test_lines_that_differ_have_other_digests(line, other, maria, rulebook):
    verdict = judge(maria, rulebook, TODAY)
    one, two = (digest(dataclasses.replace(verdict, lines=(line_,)), STEP, rulebook) for line_ in (line, other))
    assert (one == two) == (line == other)


CHANGES = {
    "exact": {"exact": 1},
    "persona": {"persona": None},
    "phase": {"phase": None},
    "similarity": {"similarity": 1},
    "audience": {"audience": True},
    "answer": {"answer": "clicked"},
    "score of the model": {"each": {"acquisition": None}},
    "knowledge": {"knowledge": {"brand": 0}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_differs_changes_the_digest(change, maria, rulebook):
    verdict = judge(maria, rulebook, TODAY)
    assert digest(dataclasses.replace(verdict, **change), STEP, rulebook) != digest(verdict, STEP, rulebook)


def test_stage_and_day_change_the_digest_and_the_cause_does_not(maria, rulebook):
    verdict = judge(maria, rulebook, TODAY)
    places = [Place("hot", TODAY), Place("nurture", TODAY - timedelta(days=1))]
    same = dataclasses.replace(STEP, cause="clicks")
    assert digest(verdict, same, rulebook) == digest(verdict, STEP, rulebook)
    assert digest(verdict, STEP, rulebook) not in [digest(verdict, Step(None, place, ""), rulebook) for place in places]


def test_a_rule_that_is_added_changes_no_digest_of_others(maria, rulebook, rulebook_with):
    def add(files):
        personas = files["model"]["factors"]["fit"]["personas"]
        poets = {"id": "poets", "when": {"job_title": "poet"}, "points": 1}
        files["model"]["factors"]["fit"]["personas"] = {"poet": {"label": "Poet", "traits": [poets]}, **personas}

    more = rulebook_with(add)
    before, after = judge(maria, rulebook, TODAY), judge(maria, more, TODAY)
    assert before.lines == after.lines
    assert kept(before, rulebook) != kept(after, more)
    assert digest(before, STEP, rulebook) == digest(after, STEP, more)
