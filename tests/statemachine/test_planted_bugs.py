"""The harness is proven: each known bug, planted alone, is caught by the invariants; without it they keep quiet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from promises.acts import Acts
from promises.bugs import BUGS, Bug
from promises.seed import Seed


@pytest.fixture(params=BUGS, ids=lambda bug: bug.name)
def bug(request: pytest.FixtureRequest) -> Bug:
    return request.param


@pytest.fixture
def acts(seed: Seed) -> Iterator[Acts]:
    made = Acts(seed.grown())
    yield made
    made.world.end()


def tell(bug: Bug, acts: Acts) -> None:
    for step in bug.story:
        step(acts)
        acts.look()


def test_a_planted_bug_is_caught(bug: Bug, acts: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch, acts)
    with pytest.raises(AssertionError) as caught:
        tell(bug, acts)
    assert bug.caught in str(caught.value)


def test_without_the_bug_its_story_breaks_no_promise(bug: Bug, acts: Acts) -> None:
    tell(bug, acts)
    acts.in_the_end()
