"""Caps on the lines of many contacts at once: what scoring/lines.py does, for those whose lines add up to too much.

Lines stand by rule (first axis, in the file's order) and contact (second axis); a line that is not there has 0 points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from connector.scoring.columns.block import Block

Points = NDArray[np.int32]


def at_most(points: Points, most: int) -> Points:
    """What has to be taken off each line so that nobody's add up to more than `most`; absolute thousandths."""
    return _cuts(points, points.sum(axis=0, dtype=np.int64) - most, 1)


def at_least(points: Points, least: int) -> Points:
    """What has to be taken off each negative line so that nobody's add up to less than `least`; absolute thousandths."""
    return _cuts(points, least - points.sum(axis=0, dtype=np.int64), -1)


def cap(block: Block, most: int) -> NDArray[np.int64]:
    """Cut the lines of a block, in place, so that nobody's add up to more than `most`; what they add up to then."""
    total = np.asarray(block.points.sum(axis=0, dtype=np.int64))
    rows = np.flatnonzero(total > most)
    if len(rows):
        total[rows] = _replace([block], rows, None, most)
    return total


def cap_together(blocks: Sequence[Block], total: NDArray[np.int64], least: int, most: int) -> None:
    """Hold the lines of several blocks, which add up to `total`, between two bounds; all in place."""
    rows = np.flatnonzero((total < least) | (total > most))
    if len(rows):
        total[rows] = _replace(blocks, rows, least, most)


def _replace(blocks: Sequence[Block], rows: NDArray[np.intp], least: int | None, most: int) -> NDArray[np.int64]:
    points, capped = within(np.concatenate([block.points[:, rows] for block in blocks]), least, most)
    line = 0
    for block in blocks:
        upto = line + len(block.rules)
        block.points[:, rows] = points[line:upto]
        block.capped[:, rows] += capped[line:upto]
        line = upto
    return np.asarray(points.sum(axis=0, dtype=np.int64))


def of_hits(there: NDArray[np.bool_], points: Sequence[int], least: int, most: int) -> tuple[Points, Points]:
    """As `within`, of lines that give the same points to everybody: what they add up to after both caps, and the cuts.

    Whose line gives first is then the same for all, so nothing needs sorting contact by contact.
    """
    capped = np.zeros(there.shape, np.int32)
    total = np.array(points, np.int32) @ there.astype(np.int32)
    for sign, bound in ((-1, least), (1, most)):
        excess = np.maximum(0, sign * (total - bound))
        for line in sorted(range(len(points)), key=lambda line: (sign * points[line], -line)):
            if sign * points[line] > 0:
                capped[line] += np.minimum(excess, sign * points[line]) * there[line]
                excess -= capped[line]
                total -= sign * capped[line]
    return total, capped


def within(points: Points, least: int | None, most: int) -> tuple[Points, Points]:
    """The points of some contacts' lines after both caps, the lower one first, and what these took off."""
    capped = np.zeros_like(points)
    if least is not None:
        capped = at_least(points, least)
        points = points + capped
    cut = at_most(points, most)
    return points - cut, capped + cut


def _cuts(points: Points, excess: NDArray[np.int64], sign: int) -> Points:
    """The smallest lines give first, among equals the later ones of the file."""
    sizes = np.maximum(0, sign * points[::-1])
    order = np.argsort(sizes, axis=0, kind="stable")
    smallest_first = np.take_along_axis(sizes, order, axis=0)
    taken_before = np.cumsum(smallest_first, axis=0, dtype=np.int64) - smallest_first
    cuts = np.empty_like(sizes)
    np.put_along_axis(cuts, order, np.clip(excess - taken_before, 0, smallest_first).astype(np.int32), axis=0)
    return cuts[::-1]
