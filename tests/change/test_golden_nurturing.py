"""Golden people are nurtured as written: where they have been, what reached them, and why they stay, leave or are refused."""

from __future__ import annotations

import pytest

MARIA = "given: {job_title: Directora financiera, employees: 120, company: Acme, country: España}"
NURTURED = "was: {stage: nurture, since: 30d}"


@pytest.fixture
def dosed(folder):
    """The small rulebook with a dose, a second way into finance, a customer's track, and a segment."""
    more = """
    reenter_after: 60d
"""
    folder.edit("tracks.yaml", "    exit_when: {stage: qualified}\n", f"    exit_when: {{stage: qualified}}{more}")
    folder.edit(
        "tracks.yaml",
        "exit: confirmed}]",
        "exit: confirmed}, {mailchimp: {audience: main, tag: fin}, listener: confirmed}]",
    )
    segments = "segments: {finance-people: {when: {persona: finance_lead}, hubspot: {list: Finance}}}\n"
    dosing = "dosing: {touches: {max: 1, per: 7d}, hold_after_rise: 5d}\n"
    folder.edit("tracks.yaml", "dosing: {hold_after_rise: 5d}\n", segments + dosing)
    return folder


@pytest.mark.parametrize(
    ("told", "expect"),
    [
        ("was_on: []", "{track: finance, standing: enters, by: hubspot, segments: finance-people, leaves: {}}"),
        ("known_at: [mailchimp]", "{track: finance, by: mailchimp}"),
        ("rose: 4d", "{track: none, standing: hold, refused: {finance: after_rise}}"),
        ("rose: 5d", "{track: finance}"),
        ("touches: [6d]", "{track: none, standing: dosed, refused: {finance: dose}}"),
        ("touches: [7d]", "{track: finance}"),
        (
            "did: [{event: email_sent, asset: News, ago: 6d}]",
            "{track: none, standing: dosed, refused: {finance: dose}}",
        ),
        ("was_on: [{track: finance, entered: 59d, left: 38d}]", "{track: none, refused: {finance: too_soon}}"),
        ("was_on: [{track: finance, entered: 60d, left: 39d}]", "{track: finance}"),
        (
            "was_on: [{track: finance, entered: 130d, left: 99d}, {track: finance, entered: 59d, left: 38d}]",
            "{track: none}",
        ),
        ("on_track: {track: finance, entered: 20d}", "{track: finance, standing: on_track, leaves: {}}"),
        ("on_track: {track: finance, entered: 21d}", "{track: none, leaves: {finance: lasts}}"),
        ("refused: [bounced]", "{track: none, standing: out}"),
    ],
)
def test_her_past_decides(dosed, told, expect):
    assert [
        str(one) for one in dosed.failures(f"- {{name: maria, {MARIA}, {NURTURED}, {told}, expect: {expect}}}")
    ] == []


def test_each_thing_that_came_out_otherwise_is_told(dosed):
    (failed,) = dosed.failures(f"""
- name: maria
  {MARIA}
  {NURTURED}
  on_track: {{track: finance, entered: 21d}}
  expect: {{leaves: {{finance: won}}, refused: {{by-hand: dose}}, standing: hold, segments: none, by: mailchimp}}
""")
    assert [(miss.key, miss.expected, miss.got) for miss in failed.misses] == [
        ("by", "mailchimp", "none"),
        ("leaves", "finance: won", "finance: lasts"),
        ("refused.by-hand", "dose", "absent"),
        ("standing", "hold", "dosed"),
        ("segments", "none", "finance-people"),
    ]


@pytest.mark.parametrize(
    ("told", "key", "words"),
    [
        ("was_on: [{track: finanse, entered: 9d, left: 1d}]", "was_on[0].track", 'no track is called "finanse"'),
        ("was_on: [{track: by-hand, entered: 9d, left: 1d}]", "was_on[0].track", "nobody listens to this track"),
        ("was_on: [{track: finance, entered: 1d, left: 9d}]", "was_on[0]", "left: is the shorter time"),
        ("known_at: [hubspt]", "known_at[0]", "did you mean hubspot?"),
        ("known_at: []", "known_at", "needs at least one entry"),
    ],
)
def test_a_past_that_cannot_be_is_named(folder, told, key, words):
    (problem,) = folder.problems(f"- {{name: maria, {MARIA}, {told}, expect: {{score: 40}}}}")
    assert problem.key == f"cases[0].{key}"
    assert words in f"{problem.message}; {problem.cure}"


@pytest.mark.parametrize(
    ("expect", "key", "words"),
    [
        ("{leaves: {finanse: won}}", "leaves.finanse", 'no track is called "finanse"'),
        ("{refused: {finanse: dose}}", "refused.finanse", 'no track is called "finanse"'),
        ("{segments: finance-people}", "segments", 'no segment is called "finance-people"'),
    ],
)
def test_an_expectation_of_a_track_or_segment_that_is_not_there_is_named(folder, expect, key, words):
    (problem,) = folder.problems(f"- {{name: maria, {MARIA}, expect: {expect}}}")
    assert problem.key == f"cases[0].expect.{key}"
    assert words in problem.message
