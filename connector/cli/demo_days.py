"""The demo's days: what happens in the morning, the webhooks that it causes, and Trellis' pass of the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.sandbox.people_story import Deed
    from connector.cli.demo_world import Demo
    from connector.steps.sync import Summary

WEEKS = 4
#: A pass an hour after the first thing in the morning: HubSpot's search index has caught up by then.
_MORNING, _PASS = timedelta(minutes=20), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One day that is over. `deliveries`: webhooks that the receiver took."""

    week: int
    date: date
    deeds: Sequence[Deed]
    deliveries: int
    passed: Summary


def days(world: Demo) -> Iterator[Day]:
    """Live the four weeks, day by day. Raises what the steps raise."""
    from adapters.sandbox.people_deeds import do
    from adapters.sandbox.people_story import STORY

    for number in range(7 * WEEKS):
        week, day = number // 7 + 1, number % 7 + 1
        opens = world.begins + timedelta(days=number)
        deeds = [deed for deed in STORY if (deed.week, deed.day) == (week, day)]
        world.turn_to(opens + _MORNING)
        for deed in deeds:
            do(world.sandbox, world.population, deed)
        deliveries = let_webhooks_in(world)
        world.turn_to(opens + _PASS)
        yield Day(week, opens.date(), deeds, deliveries, one_pass(world))


def one_pass(world: Demo) -> Summary:
    """What `trellis sync` does; then the webhooks that our own writes cause. Raises the first platform's error."""
    from connector.steps.sync import sync

    summary = sync(world.parts)
    world.let_go()
    for error in summary.errors:
        raise error
    return summary


def let_webhooks_in(world: Demo) -> int:
    """What the worker does when the receiver rings; how many deliveries waited."""
    from connector.steps.sync import work
    from connector.store import inbox

    world.let_go()
    with world.store.engine.connect() as conn:
        count = inbox.waiting(conn)
    if count:
        for error in work(world.parts).errors:
            raise error
    return count
