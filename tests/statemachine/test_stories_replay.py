"""A failing example is worth something only if it fails again: the same acts end in the same rows."""

from __future__ import annotations

import pytest
from promises.acts import Acts
from promises.bugs import BUGS
from promises.seed import Seed

_ROWS = (
    "SELECT id, kind, state, contact, track, episode, reason, attempts, sending_at, payload::text FROM intent ORDER BY id",
    "SELECT id, state, reason, md5(body), attempts FROM delivery ORDER BY id",
    "SELECT contact, source, raw::text, email, archived, modified_at, read_at FROM record ORDER BY contact, source",
    "SELECT contact, score, stage, day, due, receipt FROM verdict ORDER BY contact",
)


@pytest.mark.parametrize("name", ["marker ignored", "one marker instead of all", "bodies kept"])
def test_the_same_acts_end_in_the_same_rows(name: str, seed: Seed) -> None:
    (bug,) = (one for one in BUGS if one.name == name)
    ends = []
    for _ in range(2):
        acts = Acts(seed.grown())
        for step in bug.story:
            step(acts)
        effects = [(one.at, one.human.key, one.key, one.episode) for one in acts.world.judge.effects]
        ends.append(([acts.world.rows(one) for one in _ROWS], effects))
        acts.world.end()
    assert ends[0] == ends[1]
