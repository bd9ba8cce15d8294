"""Profile: how complete, and how fresh, what we know of her is."""

from __future__ import annotations

from connector.rulebook.types import Profile
from connector.scoring import lines as receipt_lines
from connector.scoring.decay import WHOLE, age, factor, half_life_curve, kept
from connector.scoring.evidence import Evidence
from connector.scoring.verdict import Line


class ProfileFactor:
    """The weight of each known field, fading with the age of its value where `freshness` is asked for.

    A value whose last change is not known counts as fresh: nobody loses points for a history that was never read.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._curve = None if profile.freshness is None else half_life_curve(profile.freshness.half_life)

    def judge(self, evidence: Evidence) -> tuple[Line, ...]:
        """One line per known field of `completeness`."""
        lines = [
            self._line(name, weight, evidence)
            for name, weight in self._profile.completeness.items()
            if name in evidence.contact.fields
        ]
        return tuple(receipt_lines.at_most(receipt_lines.at_least(lines, 0), self._profile.max))

    def _line(self, name: str, weight: int, evidence: Evidence) -> Line:
        changed = evidence.contact.changed.get(name)
        left = weight
        if self._curve is not None and changed is not None:
            left = kept(weight, factor(self._curve, age(changed, evidence.day)), WHOLE)
        return Line(part="profile", rule=name, points=left, gross=weight, faded=abs(weight - left), day=changed)
