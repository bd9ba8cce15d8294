"""Each rule is broken in every way it can be; a break is noticed by a case, proven to change nothing, or named."""

from __future__ import annotations

import pytest

from connector.change.mutation.condition_mutations import condition_mutations
from connector.change.mutation.mutants import mutants
from connector.change.mutation.tree import REMOVED, at, replaced
from connector.rulebook.parse import parse_condition, write_condition

MARIA = "given: {job_title: Directora financiera, employees: 120, company: Acme, country: España}"


def named(rulebook, rule):
    return [mutant.mutation for mutant in mutants(rulebook) if mutant.rule == rule]


def test_every_rule_is_broken(folder):
    model = folder.rulebook.models[0]
    broken = {mutant.rule for mutant in mutants(folder.rulebook)}
    assert broken == {
        *("applies_to", "minimum_evidence", "persona_minimum", "freshness", "prefetch"),
        *("finance-title", "mid-size", "home-market", "awareness", "decision", "forms", "opens"),
        *(*model.factors.reaction.points, "company", "hand-raiser", "saw-demo", "finance", "logistics"),
        *("customer", "nurture", "qualified", "by-hand", "dosing"),
    }


@pytest.mark.parametrize(
    ("rule", "mutations"),
    [
        ("home-market", ["removed", "points flipped", "points doubled", "negated"]),
        (
            "mid-size",
            [
                "removed",
                "points flipped",
                "points doubled",
                "negated",
                *(
                    f"employees between 50, 1000 → {low}, {high}"
                    for low, high in ((49, 1000), (51, 1000), (50, 999), (50, 1001))
                ),
            ],
        ),
        ("forms", ["removed", "points flipped", "points doubled", "max_times 2 → 1", "max_times 2 → 3"]),
        ("prefetch", ["removed", "is machine → unsure", "within 10 → 9", "within 10 → 11"]),
        ("persona_minimum", ["15 → 14", "15 → 16"]),
        ("freshness", ["removed"]),
        (
            "decision",
            ["removed", "points flipped", "points doubled", "form_submit asset removed", "form_submit asset negated"],
        ),
        ("asked", ["removed", "points flipped", "points doubled", "lifts removed", "lifts qualified → nurture"]),
        (
            "nurture",
            [
                "removed",
                "enter negated",
                "enter score at_least 20 → 19",
                "enter score at_least 20 → 21",
                "leave_below removed",
                "leave_below 14 → 13",
                "leave_below 14 → 15",
            ],
        ),
        (
            "minimum_evidence",
            [
                "removed",
                "without the way by known",
                "known 2 → 1",
                "known 2 → 3",
                *(f"of without {name}" for name in ("job_title", "company", "employees")),
                "without the way by events",
                "events 1 → 2",
                "except without email_open",
                "except without email_sent",
            ],
        ),
    ],
)
def test_what_can_be_wrong_with_a_rule(folder, rule, mutations):
    assert named(folder.rulebook, rule) == mutations


def test_what_can_be_wrong_with_an_override(folder):
    assert named(folder.rulebook, "hand-raiser") == [
        "removed",
        "negated",
        "form_submit of any asset",
        "form_submit within 14 → 13",
        "form_submit within 14 → 15",
        "form_submit at_least 1 → 2",
        "at_least 70 → 69",
        "at_least 70 → 71",
    ]


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        ({"phone": {"known": True}}, {"negated": {"not": {"phone": {"known": True}}}}),
        (
            {"not": {"score": {"at_most": 3}}},
            {
                "negated": {"score": {"at_most": 3}},
                "score at_most 3 → 2": {"not": {"score": {"at_most": 2}}},
                "score at_most 3 → 4": {"not": {"score": {"at_most": 4}}},
            },
        ),
        (
            {"any": [{"a": "x"}, {"b": {"within": "0d"}}]},
            {
                "negated": {"not": {"any": [{"a": {"is": "x"}}, {"b": {"within": "0d"}}]}},
                "without a is x": {"any": [{"b": {"within": "0d"}}]},
                "without b within 0": {"any": [{"a": {"is": "x"}}]},
                "b within 0 → 1": {"any": [{"a": {"is": "x"}}, {"b": {"within": "1d"}}]},
            },
        ),
        (
            {"day": {"before": "2026-03-01"}},
            {
                "negated": {"not": {"day": {"before": "2026-03-01"}}},
                "day before 2026-03-01 → 2026-02-28": {"day": {"before": "2026-02-28"}},
                "day before 2026-03-01 → 2026-03-02": {"day": {"before": "2026-03-02"}},
            },
        ),
        (
            {"size": {"between": [3, 3]}},
            {
                "negated": {"not": {"size": {"between": [3, 3]}}},
                "size between 3, 3 → 2, 3": {"size": {"between": [2, 3]}},
                "size between 3, 3 → 3, 4": {"size": {"between": [3, 4]}},
            },
        ),
        (
            {"did": {"event": "x", "within": "2d", "at_least": 2}},
            {
                "negated": {"not": {"did": {"event": "x", "within": "2d", "at_least": 2}}},
                "x within 2 → 1": {"did": {"event": "x", "within": "1d", "at_least": 2}},
                "x within 2 → 3": {"did": {"event": "x", "within": "3d", "at_least": 2}},
                "x at_least 2 → 1": {"did": {"event": "x", "within": "2d", "at_least": 1}},
                "x at_least 2 → 3": {"did": {"event": "x", "within": "2d", "at_least": 3}},
            },
        ),
    ],
)
def test_what_can_be_wrong_with_a_condition(condition, wrong):
    found = {what: write_condition(inner) for what, inner in condition_mutations(parse_condition(condition))}
    assert found == wrong


def test_a_mutant_changes_one_place_and_leaves_the_rulebook_alone(folder):
    rulebook = folder.rulebook
    for mutant in mutants(rulebook):
        wrong = mutant.of(rulebook)
        assert wrong != rulebook, mutant
        if mutant.new is not REMOVED:
            assert at(wrong, mutant.path) == mutant.new
            assert replaced(wrong, mutant.path, at(rulebook, mutant.path)) == rulebook
    assert rulebook == folder.rulebook


def test_a_case_notices_the_breaks_of_what_it_expects_and_no_others(folder):
    tried = folder.mutants(
        "- {name: omar, given: {company: A, employees: 2, country: ES}, expect: {lines: {home-market: 5}}}"
    )
    noticed = {(one.mutant.rule, one.mutant.mutation) for one in tried if one.ending == "noticed"}
    assert noticed == {
        ("applies_to", "negated"),
        ("minimum_evidence", "without the way by known"),
        ("minimum_evidence", "known 2 → 3"),
        ("minimum_evidence", "of without company"),
        ("minimum_evidence", "of without employees"),
        ("home-market", "removed"),
        ("home-market", "points flipped"),
        ("home-market", "points doubled"),
        ("home-market", "negated"),
    }
    assert {one.by for one in tried if one.ending == "noticed"} == {"omar"}


def test_an_unnoticed_break_names_file_rule_and_what_was_done(folder):
    tried = folder.mutants(f"- {{name: maria, {MARIA}, expect: {{stage: nurture}}}}")
    told = [str(one) for one in tried if one.ending == "unnoticed"]
    assert "mappings/model.yaml: home-market: points doubled" in told
    assert "mappings/stages.yaml: nurture: leave_below 14 → 15" in told
    assert "mappings/tracks.yaml: finance: when without persona is finance_lead" in told


def test_progress_is_told_up_to_the_last_mutant(folder):
    from connector.change.mutation.trial import try_mutants

    heard = []
    cases = folder.read(f"- {{name: maria, {MARIA}, expect: {{stage: nurture}}}}")
    tried = try_mutants(cases, folder.rulebook, ["model.yaml"], lambda done, of: heard.append((done, of)))
    assert heard[-1] == (len(tried), len(tried))
