"""Engagement of everybody: what they did, how often, how long ago; lines as `scoring.engagement` gives before any cap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Engagement, EngagementRule, Group
from connector.scoring.columns.acts import ActTable, Worth, starts
from connector.scoring.columns.block import Block
from connector.scoring.decay import curve_of
from connector.scoring.rules import RuleList

#: What the numbers of a block can hold: 2.1 million points of one rule for one contact.
_MOST = int(np.iinfo(np.int32).max)


def engagement(table: ActTable, engagement: Engagement, rules: RuleList, model: str) -> list[tuple[int, Block]]:
    """For each group its maximum and its lines, on which neither the group's nor the factor's cap has been put yet.

    Raises OverflowError where somebody did so much that one rule gives her more than a line can hold.
    """
    return [
        (group.max, _lines(table, group, tuple(rules.numbers[model, "engagement", rule.id] for rule in group.rules)))
        for group in engagement.groups.values()
    ]


def _lines(table: ActTable, group: Group, numbers: tuple[int, ...]) -> Block:
    block = Block.empty(numbers, table.people)
    curve = curve_of(group.decay)
    for line, rule in enumerate(group.rules):
        _count(table, rule, Worth.of(rule.points, table.shares, curve), block, line)
    return block


def _count(table: ActTable, rule: EngagementRule, worth: Worth, block: Block, line: int) -> None:
    """Fill one line of the block."""
    oldest = worth.oldest if rule.within is None else min(rule.within, worth.oldest)
    acts = table.find(rule.event, rule.asset, oldest)
    if not len(acts):
        return
    left = worth.after_fading(acts)
    if rule.max_times is not None:
        counted = _give_most(acts.row, left, rule.max_times)
        acts, left = acts.where(counted), left[counted]
    firsts = starts(acts.row)
    row = acts.row.take(firsts)
    times = np.diff(firsts, append=len(acts))
    gross = rule.points * times
    if abs(rule.points) * int(times.max()) > _MOST:
        raise OverflowError(f"rule {rule.id} counts {times.max()} acts of one contact; give it max_times or a within")
    trusted = np.add.reduceat(worth.after_trust(acts), firsts, dtype=np.int64)
    points = np.add.reduceat(left, firsts, dtype=np.int64)
    table.tell(block, line, acts.place.take(firsts))
    block.points[line, row] = points
    block.gross[line, row] = gross
    block.withheld[line, row] = np.abs(gross - trusted)
    block.faded[line, row] = np.abs(trusted - points)
    block.times[line, row] = times


def _give_most(row: NDArray[np.int32], left: NDArray[np.int32], most: int) -> NDArray[np.bool_]:
    """Which acts count where only `most` of each contact's do: those that give most, the newest first among equals.

    Whose acts already stand in that order (all do where they are trusted alike) needs no sorting.
    """
    firsts = starts(row)
    times = np.diff(firsts, append=len(row))
    if times.max() <= most:
        return np.ones(len(row), np.bool_)
    rank = np.arange(len(row)) - np.repeat(firsts, times)
    given = np.abs(left)
    rises = (given[1:] > given[:-1]) & (row[1:] == row[:-1])
    mixed = np.zeros(int(row[-1]) + 1, np.bool_)
    mixed[row[1:][rises]] = True
    unsorted = np.flatnonzero(mixed[row])
    rank[unsorted[np.lexsort((-given[unsorted], row[unsorted]))]] = rank[unsorted]
    return rank < most
