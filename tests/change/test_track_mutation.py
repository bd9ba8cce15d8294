"""What can be wrong in tracks.yaml is tried: aims, roles, budgets, waits, what ends a track and what is mended."""

from __future__ import annotations

import pytest

from connector.change.mutation.mutants import mutants
from connector.change.mutation.tree import replaced

RULES = """
aims: {retain: {when: {stage: customer}}, win: {when: {all: []}}}
segments: {finance-people: {when: {persona: finance_lead}, hubspot: {list: Finance}}}
rectify:
  interest: true
  annoyed: {events: [unsubscribe], answers: [silent, unsubscribed], rest: 1d, other_channel: true}
  pleased: {events: [form_submit], more: 1, within: 0d}
dosing: {touches: {max: 1, per: 1d}, by_stage: {nurture: {max: 0, per: 2d}}, hold_after_rise: 5d, hold_until: [form_submit]}
"""


@pytest.fixture
def full(folder):
    """The small rulebook with everything that tracks.yaml can say."""
    folder.edit("tracks.yaml", "dosing: {hold_after_rise: 5d}\n", RULES)
    closing = "    role: closing\n    cap: {max: 2, per: 14d}\n    stops_on: [form_submit, email_click]\n"
    folder.edit("tracks.yaml", "    lasts: 21d\n", f"    lasts: 21d\n{closing}")
    return folder


@pytest.mark.parametrize(
    ("rule", "mutations"),
    [
        ("aim retain", ["removed", "negated"]),
        ("finance-people", ["removed", "negated"]),
        (
            "by-hand",
            ["removed", "when negated", "aim win → retain", "aim win → recover", "aim win → reactivate"],
        ),
        (
            "finance",
            [
                "removed",
                "when negated",
                "when without stage is nurture",
                "when without persona is finance_lead",
                "exit_when removed",
                "exit_when negated",
                "aim win → retain",
                "aim win → recover",
                "aim win → reactivate",
                "role removed",
                "stops_on without form_submit",
                "stops_on without email_click",
                "cap removed",
                "cap max 2 → 1",
                "cap max 2 → 3",
                "cap per 14 → 13",
                "cap per 14 → 15",
            ],
        ),
        (
            "dosing",
            [
                "touches max 1 → 0",
                "touches max 1 → 2",
                "touches per 1 → 2",
                "by_stage nurture removed",
                "by_stage nurture max 0 → 1",
                "by_stage nurture per 2 → 1",
                "by_stage nurture per 2 → 3",
                "hold_after_rise 5 → 4",
                "hold_after_rise 5 → 6",
                "hold_until without form_submit",
            ],
        ),
        (
            "rectify",
            [
                "interest removed",
                "annoyed events without unsubscribe",
                "annoyed answers without silent",
                "annoyed answers without unsubscribed",
                "annoyed rest 1 → 0",
                "annoyed rest 1 → 2",
                "annoyed other_channel removed",
                "pleased removed",
                "pleased more 1 → 0",
                "pleased more 1 → 2",
                "pleased within 0 → 1",
            ],
        ),
    ],
)
def test_every_slip_of_a_rule_is_a_mutant(full, rule, mutations):
    tried = [mutant for mutant in mutants(full.rulebook) if mutant.path[0] == "tracks" and mutant.rule == rule]
    assert [mutant.mutation for mutant in tried] == mutations


def test_a_wrong_rulebook_means_what_it_says_and_not_what_the_right_one_meant(full):
    rulebook = full.rulebook
    right = rulebook.tracks.whom["finance"]
    wrong = replaced(rulebook, ("tracks", "tracks", "finance", "when"), rulebook.tracks.tracks["by-hand"].when)
    assert wrong.tracks.whom["finance"] != right
    assert rulebook.tracks.whom["finance"] == right


def test_what_nobody_expects_is_unnoticed(full):
    expects = "expect: {track: none, standing: hold}"
    tried = full.mutants(f"""
- name: maria has just risen
  given: {{job_title: Directora financiera, employees: 120, company: Acme, country: España}}
  was: {{stage: nurture, since: 4d}}
  rose: 4d
  {expects}
""")
    endings = {one.mutant.mutation: one.ending for one in tried if one.mutant.rule == "dosing"}
    assert endings["hold_after_rise 5 → 4"] == "noticed"
    assert endings["hold_until without form_submit"] == "unnoticed"
