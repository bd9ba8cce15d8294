"""A plan of many people is written piece by piece: a line for each, and never all of them at once beside the plan."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

from connector.change.plan.file import as_data, load, save
from connector.change.plan.plan import SCORES, Because, Cost, Move, Passage, Plan, Spread

PEOPLE = range(1, 20_001)
NOBODY = Spread((0,) * SCORES, 0, {})
LARGE = Plan(
    made_at=datetime(2026, 11, 22, 14, tzinfo=UTC),
    day=date(2026, 11, 22),
    rulebook="a" * 64,
    active="b" * 64,
    position=77,
    contacts=len(PEOPLE),
    before=NOBODY,
    after=NOBODY,
    moves=tuple(Move(one, "nurture", "qualified", True, 46, 64, Because("finance-title", 18_000)) for one in PEOPLE),
    enters=tuple(Passage(one, "finance-consideration", "es el que corresponde") for one in PEOPLE),
    leaves=(),
    handovers=tuple(PEOPLE),
    creates=(),
    newly_read=None,
    cost=Cost({}, {}, 0.0),
    held={},
)


def test_a_large_plan_is_saved_without_holding_it_twice_and_read_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save(LARGE, path)
    tracemalloc.start()
    save(LARGE, path)
    _, saving = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert saving < path.stat().st_size / 4
    assert load(path) == LARGE
    assert json.loads(path.read_bytes()) == as_data(LARGE)
    lines = path.read_text().splitlines()
    assert sum('"finance-title"' in line for line in lines) == len(PEOPLE)
