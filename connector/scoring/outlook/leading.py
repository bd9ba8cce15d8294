"""Who leads of several that fade on one curve: her phase, her first topic; and for how long that is sure.

On one curve true strengths keep their proportions for ever, and only rounding can let one overtake another. So who leads
by more than all roundings on the last day of a stretch has led on each of its days. On a single day the strengths are
the exact ones, and ties are told apart as phase.py and topics.py do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connector.facts import Trust
from connector.rulebook.types import POINT, Model, Phase
from connector.scoring.decay import WHOLE, factor, half_life_curve, kept
from connector.scoring.evidence import Act, Evidence, asset_test
from connector.scoring.outlook.fading import Extent
from connector.scoring.topics import NOT_HERS

#: More than anybody can be worth.
_UNLIMITED = 10**12

#: When an act was done, and its key: the later, the more it counts on a tie.
Newness = tuple[datetime, str] | tuple[()]

#: The thousandths of an act after trust, its age, and how new it is where that matters.
Share = tuple[int, int, Newness]


@dataclass(frozen=True, slots=True)
class Runner:
    """One of those that may lead, with what it is worth: the best of its shares, or all together."""

    name: str
    curve: tuple[int, ...]
    shares: tuple[Share, ...]
    together: bool

    def strength(self, ahead: int) -> int:
        """Thousandths on the day `ahead` days on."""
        return self._joined(kept(points, factor(self.curve, age + ahead), WHOLE) for points, age, _ in self.shares)

    def unrounded(self, ahead: int) -> int:
        """The same in parts per million of a thousandth, before the points are rounded."""
        return self._joined(points * factor(self.curve, age + ahead) for points, age, _ in self.shares)

    @property
    def doubt(self) -> int:
        """By how much `unrounded` may be less than the truth, as factors are rounded."""
        return self._joined(points for points, _, _ in self.shares)

    def rounding(self, ahead: int) -> int:
        """By how much `strength` may be less than the truth on any day from `ahead` on, in the unit of `unrounded`."""
        return self._joined(
            min(WHOLE + points, points * (factor(self.curve, age + ahead) + 1)) for points, age, _ in self.shares
        )

    def _joined(self, parts: Iterable[int]) -> int:
        return sum(parts) if self.together else max(parts, default=0)

    def newest(self, ahead: int) -> Newness:
        """The newest of the shares that something is left of on that day."""
        left = (new for points, age, new in self.shares if kept(points, factor(self.curve, age + ahead), WHOLE))
        return max(left, default=())


@dataclass(frozen=True, slots=True)
class Race:
    """`runners` in the order in which equal ones lead. Nobody leads below `least`; beyond `most` all are equal."""

    runners: tuple[Runner, ...]
    least: int
    most: int = _UNLIMITED

    def worth(self, name: str | None, first: int, last: int) -> Extent:
        """What `name`, who leads all the while, is worth on any day of a stretch."""
        leader = next((one for one in self.runners if one.name == name), None)
        if leader is None:
            return Extent(0, 0)
        return Extent(min(leader.strength(last), self.most), min(leader.strength(first), self.most))

    def stays(self, name: str | None, first: int, last: int) -> bool:
        """Tell whether `name` (None: nobody), who leads on day 0, surely leads on every day of the stretch."""
        if name is None:
            return all(min(one.strength(first), self.most) < self.least for one in self.runners)
        place = next(place for place, one in enumerate(self.runners) if one.name == name)
        leader = self.runners[place]
        strength = leader.strength(last)
        if min(strength, self.most) < self.least:
            return False
        after, before = self.runners[place + 1 :], self.runners[:place]
        if strength >= self.most:  # who comes after cannot be worth more
            after = ()
        others = [other for other in (*before, *after) if other.shares and other.shares != leader.shares]
        if first == last:
            return all(self._is_behind(other, leader, last) for other in others)
        lost = leader.rounding(first)
        return all(leader.unrounded(last) - other.unrounded(last) - other.doubt > lost for other in others)

    def _is_behind(self, other: Runner, leader: Runner, day: int) -> bool:
        ours, theirs = (min(one.strength(day), self.most) for one in (leader, other))
        if ours != theirs:
            return ours > theirs
        newest = leader.newest(day), other.newest(day)
        return newest[0] > newest[1] or (newest[0] == newest[1] and self._precedes(leader, other))

    def _precedes(self, one: Runner, other: Runner) -> bool:
        return self.runners.index(one) < self.runners.index(other)


class PhaseRace:
    """The phases of a model, as phase.py weighs them."""

    def __init__(self, phase: Phase) -> None:
        self._most = phase.max
        self._curve = half_life_curve(phase.half_life)
        self._phases = tuple(
            (name, rule.points, tuple((signal.event, asset_test(signal.asset)) for signal in rule.signals))
            for name, rule in reversed(tuple(phase.phases.items()))
        )

    def of(self, evidence: Evidence) -> Race:
        """The race of one contact. Of equally trusted signals only the newest can ever be the strongest."""
        runners = []
        for name, points, signals in self._phases:
            newest: dict[int, int] = {}
            for kind, passes in signals:
                for act in evidence.acts.get(kind, ()):
                    if passes(act.event.asset):
                        trusted = kept(points, act.trust, POINT)
                        newest[trusted] = min(act.age, newest.get(trusted, act.age))
            shares = tuple((trusted, age, ()) for trusted, age in sorted(newest.items()))
            runners.append(Runner(name, self._curve, shares, together=False))
        return Race(tuple(runners), least=POINT // 2, most=self._most)


class TopicRace:
    """The topics of a model, as topics.py weighs them."""

    def __init__(self, model: Model) -> None:
        self._curve = half_life_curve(model.factors.phase.half_life)
        self._topics = tuple((name, asset_test(test)) for name, test in model.topics.items())

    def of(self, evidence: Evidence) -> Race:
        """The race of one contact."""
        acts = [
            act
            for kind, of_kind in evidence.acts.items()
            if self._topics and kind not in NOT_HERS
            for act in of_kind
            if act.event.asset and act.event.trust != Trust.MACHINE
        ]
        runners = []
        for name, passes in self._topics:
            shares = tuple(_topical(act) for act in acts if passes(act.event.asset))
            runners.append(Runner(name, self._curve, shares, together=True))
        return Race(tuple(runners), least=1)


def _topical(act: Act) -> Share:
    return act.trust, act.age, (act.event.happened_at, act.event.key)
