"""The harness is proven: each known bug, planted alone, is caught by the invariants; without it they keep quiet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from promises.bugs import BUGS, Bug
from promises.machine import Promises
from promises.seed import Seed


@pytest.fixture(params=BUGS, ids=lambda bug: bug.name)
def bug(request: pytest.FixtureRequest) -> Bug:
    return request.param


@pytest.fixture
def machine(seed: Seed) -> Iterator[Promises]:
    class Grown(Promises):
        grow = staticmethod(seed.grown)

    made = Grown()
    yield made
    made.world.end()


def tell(bug: Bug, machine: Promises) -> None:
    for step in bug.story:
        step(machine)
        machine.the_promises_hold()


def test_a_planted_bug_is_caught(bug: Bug, machine: Promises, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch, machine)
    with pytest.raises(AssertionError) as caught:
        tell(bug, machine)
    assert bug.caught in str(caught.value)


def test_without_the_bug_its_story_breaks_no_promise(bug: Bug, machine: Promises) -> None:
    tell(bug, machine)
    machine.in_the_end()
