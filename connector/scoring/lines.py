"""Caps on lines of a receipt, so that the lines still add up.

Where a sum is too high, the largest lines keep their points and the smallest give theirs up first, and at equal size
the earlier in the file keeps them: a marketer finds the points of her file again, with at most one line cut in part.
Where it is too low, the smallest negative lines are taken back first. Neither depends on the order of events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.scoring.verdict import Line


def total(lines: Sequence[Line]) -> int:
    """What the lines add up to, in thousandths of a point."""
    return sum(line.points for line in lines)


def at_most(lines: Sequence[Line], most: int) -> list[Line]:
    """The lines, cut so that they add up to no more than `most` (which is not negative)."""
    return _cut(lines, total(lines) - most, 1)


def at_least(lines: Sequence[Line], least: int) -> list[Line]:
    """The lines, with negative ones cut so that they add up to no less than `least` (which is not positive)."""
    return _cut(lines, least - total(lines), -1)


def _cut(lines: Sequence[Line], excess: int, sign: int) -> list[Line]:
    result = list(lines)
    if excess <= 0:
        return result
    smallest_first = sorted(range(len(result)), key=lambda place: (sign * result[place].points, -place))
    for place in smallest_first:
        line = result[place]
        cut = min(excess, max(0, sign * line.points))
        if cut:
            result[place] = replace(line, points=line.points - sign * cut, capped=line.capped + cut)
            excess -= cut
    return result
