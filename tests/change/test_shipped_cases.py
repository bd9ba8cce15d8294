"""The golden people that come with Trellis hold, each rule of the shipped rulebook has one who would miss it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connector.change.cases import failures
from connector.change.mutation.trial import try_mutants
from connector.rulebook.read import read_rulebook
from connector.rulebook.read_cases import read_cases

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(scope="module")
def rulebook():
    return read_rulebook(MAPPINGS)


@pytest.fixture(scope="module")
def cases(rulebook):
    return read_cases(MAPPINGS, rulebook)


def test_every_case_holds(cases, rulebook):
    assert [str(failure) for failure in failures(cases, rulebook)] == []


def test_no_broken_rule_would_go_unnoticed(cases, rulebook):
    files = [f"{model.model}.yaml" for model in rulebook.models]
    tried = try_mutants(cases, rulebook, files, lambda _done, _of: None)
    assert [str(one) for one in tried if one.ending == "unnoticed"] == []
    assert {one.file for one in tried} == {*files, "stages.yaml", "tracks.yaml"}
    assert Counter(one.ending for one in tried)["equivalent"] < len(tried) / 10  # proofs are the exception


def test_each_file_says_its_schema_and_holds_several_people(cases):
    folder = MAPPINGS / "cases"
    for path in folder.glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../schema/cases.json\n"), (
            path
        )
        assert sum(golden.file == str(path) for golden in cases) >= 5, path


def test_every_model_stage_state_track_and_persona_has_somebody(cases, rulebook):
    expected = [golden.case.expect for golden in cases]
    assert {one.model for one in expected} >= {model.model for model in rulebook.models}
    assert {one.stage for one in expected} >= {stage.id for stage in rulebook.stages.stages} | {*rulebook.stages.states}
    assert {one.persona for one in expected} >= {
        name for model in rulebook.models for name in model.factors.fit.personas
    }
    assert {track for one in expected for track in one.track or ()} == {*rulebook.tracks.tracks}
