"""Generated lives over doubles in memory: the same judges as those of worlds by HTTP, and more people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from tending.lives import scripted
from tending.memory_world import memory_world

#: Worlds, and lives in each: every time the same ones, in CI; `--hypothesis-profile=search` plays 10,000 others.
WORLDS, LIVES, TURNS = 5, 100, 6
MANY_WORLDS, MANY_LIVES = 40, 250


def _seeds() -> list[tuple[int, int]]:
    if settings.get_profile(settings.get_current_profile_name()).derandomize:
        return [(seed, LIVES) for seed in range(WORLDS)]
    return [(1000 + seed, MANY_LIVES) for seed in range(MANY_WORLDS)]


@pytest.fixture(params=range(MANY_WORLDS))
def seed(request: pytest.FixtureRequest) -> tuple[int, int]:
    seeds = _seeds()
    if request.param >= len(seeds):
        pytest.skip("only with --hypothesis-profile=search")
    return seeds[request.param]


def test_no_promise_is_broken(seed: tuple[int, int], new_database: Callable[[], str], tmp_path: Path) -> None:
    number, lives = seed
    with memory_world(scripted(number, lives, TURNS), new_database(), tmp_path / "files") as world:
        broken = [f"{one.promise}: {one}" for one in world.play()]
        assert broken == [], f"seed {number}: {len(broken)}"
        assert lives > LIVES or any(effect.kind == "entered" for effect in world.platforms.effects)
