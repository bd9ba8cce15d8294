"""One mistake in a rulebook, and the kinds of mistake that numbers and conditions allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.change.mutation.condition_mutations import condition_mutations, moved
from connector.change.mutation.tree import REMOVED, Path_, replaced
from connector.rulebook.conditions import Condition
from connector.rulebook.types import POINT, Rulebook

#: Nobody writes a score below 0 or above this.
_MOST = 100 * POINT


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong rulebook: `path` holds `new` instead. `rule` is a rule's id, or what stands for one (a stage, a key)."""

    path: Path_
    rule: str
    mutation: str
    new: object

    def of(self, rulebook: Rulebook) -> Rulebook:
        """The wrong rulebook. It has not been validated, and keeps the hash of the right one."""
        return replaced(rulebook, self.path, self.new)


def points_mutants(path: Path_, rule: str, points: int) -> Iterator[Mutant]:
    """The other sign, and twice as much; of no points neither is anything else."""
    if points:
        yield Mutant(path, rule, "points flipped", -points)
        yield Mutant(path, rule, "points doubled", 2 * points)


def threshold_mutants(path: Path_, rule: str, points: int, key: str = "") -> Iterator[Mutant]:
    """One whole point less, and one more."""
    for wrong in (points - POINT, points + POINT):
        if 0 <= wrong <= _MOST:
            yield Mutant(path, rule, f"{key} {points / POINT:g} → {wrong / POINT:g}".strip(), wrong)


def number_mutants(path: Path_, rule: str, key: str, number: int, *, least: int) -> Iterator[Mutant]:
    """One less, where that is still `least`, and one more."""
    for wrong in moved(number, least):
        yield Mutant(path, rule, f"{key} {number} → {wrong}", wrong)


def condition_mutants(
    path: Path_, rule: str, condition: Condition, prefix: str = "", *, removable: bool = False
) -> Iterator[Mutant]:
    """Every wrong version of a condition; `removable`, where none at all is a version too."""
    if removable:
        yield Mutant(path, rule, f"{prefix}removed", REMOVED)
    for what, wrong in condition_mutations(condition):
        yield Mutant(path, rule, f"{prefix}{what}", wrong)
