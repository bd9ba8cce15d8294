"""Who matched a track at the baseline enters it by a person's word alone, also after it was out of the rulebook for a while."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from connector.rulebook.read import read_rulebook
from connector.steps.deliver import deliver
from connector.steps.judge import judge_all
from connector.store import state

MAPPINGS = Path(__file__).parents[2] / "mappings"
FINANCE = "finance-consideration"


def without_finance(folder):
    """The shipped rulebook without its first track."""
    folder.mkdir()
    for file in MAPPINGS.glob("*.yaml"):
        content = file.read_text()
        if file.name == "tracks.yaml":
            content, count = re.subn(r"(?ms)^  finance-consideration:.*?(?=^  # What she reads)", "", content)
            assert count == 1
        (folder / file.name).write_text(content)
    return read_rulebook(folder)


def a_pass(world, rulebook, *, screened):
    world.pass_time(minutes=10)
    parts = replace(world.parts, rulebook=rulebook)
    with parts.engine.begin() as conn:
        state.activate(conn, rulebook.hash, rulebook.source, parts.now())
    judge_all(parts, baseline=False, many=0 if screened else 10**9)
    errors = []
    deliver(parts, errors)
    assert errors == []


def waiting(world):
    statement = "SELECT contact FROM track_state WHERE track = :track AND matched AND at_baseline ORDER BY contact"
    return [row[0] for row in world.rows(statement, track=FINANCE)]


@pytest.mark.parametrize("screened", [False, True], ids=["singly", "screened"])
def test_a_track_that_comes_back_is_no_way_around_the_opening_batch(make_world, tmp_path, screened):
    world = make_world(webhooks=False)
    shipped, other = world.rulebook, without_finance(tmp_path / "other")
    before = waiting(world)
    assert before
    a_pass(world, other, screened=screened)
    a_pass(world, shipped, screened=screened)
    assert waiting(world) == before
    assert world.entered() == []
