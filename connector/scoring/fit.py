"""Fit: how like one of our buyer personas she is."""

from __future__ import annotations

from dataclasses import dataclass

from connector.rulebook.conditions import Subject, holds
from connector.rulebook.types import Fit, Trait
from connector.scoring import lines as receipt_lines
from connector.scoring.verdict import Line


@dataclass(frozen=True, slots=True)
class FitOutcome:
    """The lines of fit, the persona she is most like (None: like none of them), and how like it in whole percent."""

    lines: tuple[Line, ...]
    persona: str | None
    similarity: int


class FitFactor:
    """The best persona's traits plus the adjustments, held between 0 and the factor's maximum.

    The best persona has the most points; on a tie the first of the file. Below `persona_minimum`, or with nothing in
    common, she has no persona and its traits do not count. Similarity is the persona's points as a share of all its
    positive ones.
    """

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self._personas = tuple(
            (name, persona.traits, sum(trait.points for trait in persona.traits if trait.points > 0))
            for name, persona in fit.personas.items()
        )

    def judge(self, subject: Subject) -> FitOutcome:
        """Weigh one subject."""
        best: tuple[str, list[Line], int, int] | None = None
        for name, traits, most in self._personas:
            matched = _lines(traits, subject)
            points = receipt_lines.total(matched)
            if points > 0 and points >= self._fit.persona_minimum and (best is None or points > best[2]):
                best = (name, matched, points, most)
        lines = _lines(self._fit.adjust, subject)
        persona, similarity = None, 0
        if best is not None:
            persona, matched, points, most = best
            similarity = (200 * points + most) // (2 * most)
            lines = [*matched, *lines]
        lines = receipt_lines.at_least(lines, 0)
        return FitOutcome(tuple(receipt_lines.at_most(lines, self._fit.max)), persona, similarity)


def _lines(traits: tuple[Trait, ...], subject: Subject) -> list[Line]:
    return [
        Line(part="fit", rule=trait.id, points=trait.points, why=trait.why or "", gross=trait.points)
        for trait in traits
        if holds(trait.when, subject)
    ]
