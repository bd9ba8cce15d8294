"""What changed between two verdicts on one contact, line by line, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.facts import Value
from connector.scoring.verdict import Line, Part, Verdict


class Why(StrEnum):
    """Why a line gives other points than before. The first that applies is told."""

    MODEL = "another model judges"
    ACTS = "acts"  # she did more, or what she did no longer counts
    DATA = "data"  # a value of hers is another
    DOUBTS = "doubts"  # acts are trusted otherwise
    LIMITS = "limits"  # the same, but a limit cuts otherwise
    FADING = "fading"
    SCORE = "score"  # an override that sees another sum


@dataclass(frozen=True, slots=True)
class Changed:
    """One line of the receipt in both verdicts; None where it does not stand. `points` is the difference, thousandths."""

    part: Part
    rule: str
    before: Line | None
    after: Line | None
    points: int
    why: Why

    @property
    def line(self) -> Line:
        """The line as it stands last."""
        line = self.after or self.before
        assert line is not None
        return line


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that tells two verdicts apart. `lines` have the greatest difference first and add up to `points`.

    `data` names fields whose values differ: (name, value before, value after), None for unknown.
    """

    before: Verdict
    after: Verdict
    lines: tuple[Changed, ...]
    data: tuple[tuple[str, Value | None, Value | None], ...]

    @property
    def points(self) -> int:
        """By how much the exact sum differs, in thousandths."""
        return self.after.exact - self.before.exact


def compare(
    before: Verdict, after: Verdict, fields_before: Mapping[str, Value], fields_after: Mapping[str, Value]
) -> Comparison:
    """Hold two verdicts on one contact against each other, with the fields that each was made from."""
    names = sorted({*fields_before, *fields_after})
    data = tuple(
        (name, fields_before.get(name), fields_after.get(name))
        for name in names
        if fields_before.get(name) != fields_after.get(name)
    )
    lines = sorted(_changed(before, after), key=lambda one: -abs(one.points))
    return Comparison(before, after, tuple(lines), data)


def _changed(before: Verdict, after: Verdict) -> Iterator[Changed]:
    old = {(line.part, line.rule): line for line in before.lines}
    new = {(line.part, line.rule): line for line in after.lines}
    for part, rule in dict.fromkeys((*old, *new)):
        was, now = old.get((part, rule)), new.get((part, rule))
        points = (now.points if now else 0) - (was.points if was else 0)
        if points:
            yield Changed(part, rule, was, now, points, _why(before, after, part, was, now))


def _why(before: Verdict, after: Verdict, part: Part, was: Line | None, now: Line | None) -> Why:
    if before.model != after.model and before.model and after.model:
        return Why.MODEL
    if part == "override":
        return Why.SCORE
    if part == "fit" or (part == "profile" and (was is None or now is None or was.day != now.day)):
        return Why.DATA
    if was is None or now is None or (was.times, was.day, was.asset) != (now.times, now.day, now.asset):
        return Why.FADING if now is None and was is not None and not _acted_since(was, after) else Why.ACTS
    if was.withheld != now.withheld:
        return Why.DOUBTS
    return Why.FADING if was.faded != now.faded else Why.LIMITS


def _acted_since(was: Line, after: Verdict) -> bool:
    """Tell whether another line of the same part took its place: a phase that gave way to one she acted on."""
    return any(line.part == was.part and line.day and was.day and line.day > was.day for line in after.lines)
