"""Phase of everybody: how near they are to buying, as `scoring.phase` finds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import POINT, Phase, PhaseRule
from connector.scoring.columns.acts import ActTable, Worth, starts
from connector.scoring.columns.block import Block
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.decay import half_life_curve
from connector.scoring.rules import RuleList

#: A signal is one number, what it gives × this − its place: the greatest is the strongest and, of equals, the newest.
_PLACE_BITS = 32
_PLACES = 1 << _PLACE_BITS
_NONE = -_PLACES


def phase(table: ActTable, phase: Phase, rules: RuleList, model: str) -> tuple[Block, NDArray[np.int16]]:
    """At most one line for each contact, cut to the factor's maximum, and the place of her phase (UNKNOWN: none)."""
    block = Block.empty(tuple(rules.numbers[model, "phase", name] for name in phase.phases), table.people)
    curve = half_life_curve(phase.half_life)
    worths = [Worth.of(rule.points, table.shares, curve) for rule in phase.phases.values()]
    best = np.full(table.people, UNKNOWN, np.int16)
    most = np.zeros(table.people, np.int64)
    signal = np.full(table.people, _NONE, np.int64)
    for place, (rule, worth) in enumerate(zip(phase.phases.values(), worths, strict=True)):
        strongest = _strongest(table, rule, worth)
        points = np.minimum(_left(strongest), phase.max)
        better = np.flatnonzero((2 * points >= POINT) & (points >= most))
        best[better] = place
        most[better] = points[better]
        signal[better] = strongest[better]
    for line, (rule, worth) in enumerate(zip(phase.phases.values(), worths, strict=True)):
        row = np.flatnonzero(best == line)
        _fill(table, rule, worth, block, line, row=row, signal=signal[row], points=most[row])
    return block, best


def _strongest(table: ActTable, rule: PhaseRule, worth: Worth) -> NDArray[np.int64]:
    """For each contact the signal that gives most after trust and fading, the newest of equals; _NONE without one.

    Those of which less than half a point is left are over whatever the others are, so they are not looked at.
    """
    strongest = np.full(table.people, _NONE, np.int64)
    for signal in rule.signals:
        acts = table.find(signal.event, signal.asset, worth.oldest)
        left = worth.after_fading(acts)
        lasting = 2 * left >= POINT
        acts, left = acts.where(lasting), left[lasting]
        if len(acts):
            firsts = starts(acts.row)
            row = acts.row.take(firsts)
            signals = np.maximum.reduceat(left * np.int64(_PLACES) - acts.place, firsts)
            strongest[row] = np.maximum(strongest[row], signals)
    return strongest


def _left(signals: NDArray[np.int64]) -> NDArray[np.int64]:
    """What signals give; less than nothing for _NONE."""
    return -(-signals >> _PLACE_BITS)


def _fill(
    table: ActTable,
    rule: PhaseRule,
    worth: Worth,
    block: Block,
    line: int,
    *,
    row: NDArray[np.intp],
    signal: NDArray[np.int64],
    points: NDArray[np.int64],
) -> None:
    """Fill one line of the block for the contacts in that phase."""
    left = _left(signal)
    places = left * _PLACES - signal
    trusted = worth.trusted.take(table.trust.take(places))
    table.tell(block, line, places)
    block.points[line, row] = points
    block.gross[line, row] = rule.points
    block.withheld[line, row] = rule.points - trusted
    block.faded[line, row] = trusted - left
    block.capped[line, row] = left - points
    block.times[line, row] = 1
