"""The judges are proven: each known bug, planted alone, is caught by its promise; without it they keep quiet."""

from __future__ import annotations

from pathlib import Path

import pytest
from tending.bugs import BUGS, Bug
from tending.memory_world import memory_world


@pytest.fixture(params=BUGS, ids=lambda bug: bug.name)
def bug(request: pytest.FixtureRequest) -> Bug:
    return request.param


def test_a_planted_bug_is_caught(bug: Bug, database: str, tmp_path: Path) -> None:
    with memory_world(bug.script, database, tmp_path / "files") as world:
        bug.plant(world)
        assert bug.promise in {one.promise for one in world.play()}


def test_without_the_bug_its_lives_break_no_promise(bug: Bug, database: str, tmp_path: Path) -> None:
    with memory_world(bug.script, database, tmp_path / "files") as world:
        assert [f"{one.promise}: {one}" for one in world.play()] == []
