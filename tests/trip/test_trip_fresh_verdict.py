"""Nobody is enrolled by a verdict that time may have overtaken; one that nothing will change stays good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.steps.enrolling.decide import No, decide
from connector.steps.enrolling.standing import Asked
from connector.store import ledger
from connector.store.intents import Intent


@pytest.mark.parametrize(
    ("days", "reason"),
    [(None, "no way into the track"), (0, "no way into the track"), (1, "no way into the track"), (-1, "the verdict is stale")],
)  # fmt: skip
def test_a_verdict_stands_until_the_day_after_it_was_due(make_world, days, reason):
    world = make_world()
    contact = world.contact(world.email("maria"))
    with world.store.engine.connect() as conn:
        (maria,) = ledger.load_people(conn, [contact])
    due = None if days is None else world.parts.today + timedelta(days=days)
    known = replace(maria, verdict=replace(maria.verdict, score=50, due=due))
    now = world.parts.now()
    wish = Intent(
        1, "enroll", "pending", contact, None, "finance", 1, None, {"ways": [], "subscription": None}, "",
        False, now, None, 0, None, None, "", now, None,
    )  # fmt: skip
    answer = decide(world.parts, wish, known, Asked({}))
    assert isinstance(answer, No)
    assert (answer.reason, answer.later) == (reason, reason == "the verdict is stale")
