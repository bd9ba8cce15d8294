"""`trellis test`: golden people judged by the files alone; what fails, and what nobody would notice, is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from connector.cli.exits import Exit

SHIPPED = Path(__file__).parents[2] / "mappings"

HOLDS = "- {name: maria, given: {job_title: Directora financiera, company: Acme}, expect: {persona: finance_lead}}"
FAILS = "- {name: noor, given: {job_title: CFO, company: Cala}, refused: [opted_out], expect: {stage: hot}}"


@pytest.fixture
def proving(desk, tmp_path):
    """A desk whose copy of the shipped rulebook has the given cases and no others."""
    folder = tmp_path / "mappings"
    shutil.copytree(SHIPPED, folder)
    shutil.rmtree(folder / "cases")
    (folder / "cases").mkdir()
    desk.environ["MAPPINGS_DIR"] = str(folder)

    def write(*cases: str) -> Path:
        file = folder / "cases" / "people.yaml"
        file.write_text("version: 1\nday: 2026-11-20\ncases:\n" + "\n".join(cases) + "\n", encoding="utf-8")
        return file

    return write


def test_cases_that_hold_are_one_line(desk, proving):
    proving(HOLDS)
    ran = desk.trellis("test")
    assert (ran.code, ran.out, ran.err) == (Exit.DONE, "1 case held.\n", "")


def test_a_case_that_does_not_hold_is_one_line_with_its_place_and_the_receipt(desk, proving):
    file = proving(HOLDS, FAILS)
    ran = desk.trellis("test")
    assert ran.code == Exit.FAILED
    assert ran.out.splitlines() == [
        f"{file}:5 noor: stage: expected hot, got suppressed (score 24, cause consent)",
        "1 of 2 cases failed.",
    ]


def test_breaks_that_no_case_notices_are_named_and_fail(desk, proving):
    file = proving(HOLDS)
    ran = desk.trellis("test", "--mutate")
    lines = ran.out.splitlines()
    assert ran.code == Exit.FAILED
    assert f"unnoticed: {file.parents[1]}/model.yaml: hand-raiser: removed" in lines
    assert f"unnoticed: {file.parents[1]}/stages.yaml: customer: negated" in lines
    assert not any("finance-title: removed" in line for line in lines)
    unnoticed = sum(line.startswith("unnoticed: ") for line in lines)
    assert lines[-2] == "1 case held."
    assert f", {unnoticed} unnoticed" in lines[-1]


def test_mutants_wait_until_every_case_holds(desk, proving):
    proving(FAILS)
    ran = desk.trellis("test", "--mutate")
    assert (ran.code, ran.said) == (Exit.FAILED, ["Mutants are tried once every case holds."])
    assert ran.out.splitlines()[-1] == "1 of 1 case failed."


def test_as_json(desk, proving):
    file = proving(HOLDS, FAILS)
    ran = desk.trellis("test", "--json")
    assert ran.code == Exit.FAILED
    miss = {"key": "stage", "expected": "hot", "got": "suppressed", "why": "score 24, cause consent"}
    assert json.loads(ran.out) == {
        "cases": 2,
        "failed": [{"file": str(file), "line": 5, "name": "noor", "misses": [miss]}],
    }
    proving(HOLDS)
    told = json.loads(desk.trellis("test", "--json", "--mutate").out)
    assert {mutant["ending"] for mutant in told["mutants"]} == {"noticed", "unnoticed", "equivalent"}
    assert set(told["mutants"][0]) == {"file", "rule", "mutation", "ending", "by"}


@pytest.mark.parametrize("options", [(), ("--mutate",)])
def test_without_cases_it_says_how_to_begin(desk, proving, options):
    ran = desk.trellis("test", *options)
    assert (ran.code, ran.err) == (Exit.DONE, "")
    (line,) = ran.out.splitlines()
    assert line.startswith("There are no cases: write golden people into ")


def test_each_break_names_the_file_that_it_was_made_in(desk, proving):
    file = proving(HOLDS)
    told = json.loads(desk.trellis("test", "--json", "--mutate").out)
    made_in = {mutant["rule"]: Path(mutant["file"]).name for mutant in told["mutants"]}
    assert made_in["finance-title"] == "model.yaml"
    assert made_in["many-people"] == "model-customers.yaml"
    assert made_in["hot"] == "stages.yaml"
    assert made_in["mailchimp-warmup"] == "tracks.yaml"
    assert {Path(mutant["file"]).parent for mutant in told["mutants"]} == {file.parents[1]}


def test_mistakes_in_cases_are_wrong_configuration(desk, proving):
    file = proving("- {name: maria, given: {job_titel: CFO}, expect: {stage: warm}}")
    ran = desk.trellis("test")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said[0].startswith(f'{file}:4 cases[0].expect.stage: no stage is called "warm"; ')
    assert ran.said[1].endswith('no field is called "job_titel"; did you mean job_title?')
