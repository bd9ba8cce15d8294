"""The lines of all receipts: one rule at a time as factors give them, then contact by contact as receipts hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from connector.scoring.columns.block import Block
from connector.scoring.columns.hits import Hits

Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]
Number = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class RuleLines:
    """The lines of one rule (by its number): whose they are, ascending, and what they say, as in `verdict.Line`.

    A plain number stands for the same in all of them. Points and what was taken off are thousandths; `day` is an ordinal,
    0 for none; `asset` a place in the crowd's assets, -1 for none.
    """

    rule: int
    rows: Rows
    points: Number | int
    gross: Number | int
    faded: Number | int = 0
    withheld: Number | int = 0
    capped: Number | int = 0
    day: Number | int = 0
    times: Number | int = 0
    asset: Number | int = -1
    late: Bools | bool = False

    def of_rows(self, rows: Rows) -> RuleLines:
        """The same lines, whose rows are places in `rows`."""
        return replace(self, rows=rows[self.rows])

    def of(self, people: Bools) -> RuleLines:
        """Those of some people."""
        chosen = people[self.rows]
        if chosen.all():
            return self
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        some: dict[str, Any] = {name: one if isinstance(one, int) else one[chosen] for name, one in columns.items()}
        return RuleLines(**some)


class Part(Protocol):
    """One part of everybody's receipt."""

    def of(self, people: Bools) -> Iterator[RuleLines]:
        """The lines of these people, rule by rule in the order of a receipt."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What caps took off the lines of some people (`rows`, ascending), in thousandths: by line of the part and person."""

    rows: Rows
    capped: Number

    def of(self, line: int, rows: Rows) -> Number | int:
        """What was taken off one line of each of `rows`; 0 where nothing was of any."""
        if not len(self.rows) or not self.capped[line].any():
            return 0
        place = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[place] == rows, self.capped[line][place], np.int32(0))


@dataclass(frozen=True, slots=True)
class HitLines:
    """Lines that give the same points to everybody of whom their rule holds, but for what a cap took."""

    rules: tuple[int, ...]
    points: tuple[int, ...]
    hits: Hits
    cut: Cut

    def of(self, people: Bools) -> Iterator[RuleLines]:
        """See `Part`."""
        for line, (rule, points) in enumerate(zip(self.rules, self.points, strict=True)):
            rows = np.flatnonzero(self.hits.of(line) & people)
            capped = self.cut.of(line, rows)
            left = points - capped if points >= 0 else points + capped
            yield RuleLines(rule, rows, left, points, capped=capped)


@dataclass(frozen=True, slots=True)
class ListedLines:
    """Lines that are there one by one."""

    lines: tuple[RuleLines, ...]

    def of(self, people: Bools) -> Iterator[RuleLines]:
        """See `Part`."""
        for one in self.lines:
            yield one.of(people)


def of_block(block: Block) -> ListedLines:
    """The lines of a block. Most people have few of them, so they take less room."""
    listed = []
    for line, rule in enumerate(block.rules):
        rows = np.flatnonzero(block.there[line])
        listed.append(
            RuleLines(
                rule=rule,
                rows=rows,
                points=block.points[line].take(rows),
                gross=block.gross[line].take(rows),
                faded=block.faded[line].take(rows),
                withheld=block.withheld[line].take(rows),
                capped=block.capped[line].take(rows),
                day=block.day[line].take(rows),
                times=block.times[line].take(rows),
                asset=block.asset[line].take(rows),
                late=block.late[line].take(rows),
            )
        )
    return ListedLines(tuple(listed))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of all receipts: those of contact i are from `starts[i]` up to `starts[i + 1]`, in the receipt's order.

    `rule` is the number in the rule list; the rest as in `RuleLines`.
    """

    starts: NDArray[np.intp]
    rule: NDArray[np.int32]
    points: Number
    gross: Number
    faded: Number
    withheld: Number
    capped: Number
    day: Number
    times: Number
    asset: Number
    late: Bools

    @property
    def owners(self) -> NDArray[np.intp]:
        """The row of the contact of each line."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def __len__(self) -> int:
        return len(self.rule)


def by_contact(people: int, rule_lines: Iterable[RuleLines]) -> Lines:
    """Lay lines that come rule by rule, each contact's in the order of her receipt, out contact by contact."""
    found = [one for one in rule_lines if len(one.rows)]
    counts = np.zeros(people, np.intp)
    for one in found:
        counts[one.rows] += 1
    starts = np.concatenate((np.zeros(1, np.intp), np.cumsum(counts)))
    following = starts[:-1].copy()
    places = []
    for one in found:
        places.append(following[one.rows])
        following[one.rows] += 1

    def column(name: str, default: int, kind: type[np.generic]) -> NDArray[Any]:
        result = np.full(starts[-1], default, kind)
        for at, one in zip(places, found, strict=True):
            numbers = getattr(one, name)
            if not isinstance(numbers, int) or numbers != default:
                result[at] = numbers
        return result

    return Lines(
        starts=starts,
        rule=column("rule", -1, np.int32),
        points=column("points", 0, np.int32),
        gross=column("gross", 0, np.int32),
        faded=column("faded", 0, np.int32),
        withheld=column("withheld", 0, np.int32),
        capped=column("capped", 0, np.int32),
        day=column("day", 0, np.int32),
        times=column("times", 0, np.int32),
        asset=column("asset", -1, np.int32),
        late=column("late", 0, np.bool_),
    )
