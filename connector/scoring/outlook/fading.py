"""What fades of one contact, and how far: the least and the most that it comes to on any day of a stretch.

Whatever fades moves toward zero and never back, so over a stretch of days what gives points is least on the last day and
most on the first, and what takes points the other way round. On a single day both are the exact points of that day.
Days are counted from the day of the evidence; points are thousandths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.rulebook.types import POINT, Engagement, Profile
from connector.scoring.decay import OLDEST, WHOLE, curve_of, factor, half_life_curve, kept
from connector.scoring.evidence import Evidence, asset_test

#: Something worth points, and its age on the day of the evidence (below 0: dated ahead).
Share = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Extent:
    """The least and the most that thousandths come to on the days of a stretch."""

    low: int
    high: int


#: What a sum comes to from one day ahead to another.
Over = Callable[[int, int], Extent]


@dataclass(frozen=True, slots=True)
class Fade:
    """Shares of one sign that fade on one curve; after `oldest` days nothing counts, and no more than `most` at once."""

    curve: tuple[int, ...]
    shares: tuple[Share, ...]
    oldest: int = OLDEST
    most: int | None = None

    def left(self, ahead: int) -> int:
        """The points of the day `ahead` days on."""
        curve, oldest = self.curve, self.oldest
        left = [
            kept(points, factor(curve, max(0, age + ahead)), WHOLE)
            for points, age in self.shares
            if age + ahead <= oldest
        ]
        if self.most is not None and len(left) > self.most:
            left.sort(key=abs, reverse=True)
            del left[self.most :]
        return sum(left)


def extent_of(fades: Sequence[Fade], first: int, last: int) -> Extent:
    """What some fades together come to on any day of the stretch."""
    low = high = 0
    for fade in fades:
        near, far = fade.left(first), fade.left(last)
        low += min(near, far)
        high += max(near, far)
    return Extent(low, high)


def within(extent: Extent, least: int, most: int) -> Extent:
    """The extent of a number that is held between two bounds."""
    return Extent(max(least, min(most, extent.low)), max(least, min(most, extent.high)))


class EngagementFade:
    """A model's engagement, as engagement.py counts it."""

    def __init__(self, engagement: Engagement) -> None:
        self._max = engagement.max
        self._groups = tuple(
            (group.max, tuple((rule, asset_test(rule.asset), curve_of(group.decay)) for rule in group.rules))
            for group in engagement.groups.values()
        )

    def of(self, evidence: Evidence) -> Over:
        """What the acts of one contact come to on any day of a stretch."""
        groups: list[tuple[int, list[Fade]]] = []
        for most, rules in self._groups:
            fades = []
            for rule, passes, curve in rules:
                oldest = len(curve) - 1 if rule.within is None else min(rule.within, len(curve) - 1)
                acts = [act for act in evidence.acts.get(rule.event, ()) if act.age <= oldest]
                shares = tuple(
                    (kept(rule.points, act.trust, POINT), act.age) for act in acts if passes(act.event.asset)
                )
                if shares:
                    fades.append(Fade(curve, shares, oldest, rule.max_times))
            if fades:
                groups.append((most, fades))

        def over(first: int, last: int) -> Extent:
            low = high = 0
            for most, fades in groups:
                group = extent_of(fades, first, last)
                low += min(most, group.low)
                high += min(most, group.high)
            return within(Extent(low, high), 0, self._max)

        return over


class ProfileFade:
    """A model's profile, as profile.py counts it."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._curve = None if profile.freshness is None else half_life_curve(profile.freshness.half_life)

    def of(self, evidence: Evidence) -> Over:
        """What the known fields of one contact come to on any day of a stretch."""
        contact, fixed, fades = evidence.contact, 0, []
        for name, weight in self._profile.completeness.items():
            if name not in contact.fields:
                continue
            changed = contact.changed.get(name)
            if self._curve is None or changed is None:
                fixed += weight
            else:
                fades.append(Fade(self._curve, ((weight, (evidence.day - changed).days),)))

        def over(first: int, last: int) -> Extent:
            fading = extent_of(fades, first, last)
            return within(Extent(fixed + fading.low, fixed + fading.high), 0, self._profile.max)

        return over
