"""Who leads of several that fade on one curve: her phase, her first topic; and for how long that is sure.

On one curve true strengths keep their proportions for ever, and only rounding can let one overtake another. So who leads
by more than all roundings on the last day of a stretch has led on each of its days.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.facts import Trust
from connector.rulebook.types import POINT, Model, Phase
from connector.scoring.decay import WHOLE, factor, half_life_curve, kept
from connector.scoring.doubts import SENT
from connector.scoring.evidence import Evidence, asset_test
from connector.scoring.fading import Extent

#: What rounding takes from one share at the most, in thousandths: once by the curve, once by the points.
_ROUNDING = 2

#: What says nothing of her interests (topics.py).
_NOT_HERS = frozenset({SENT, "email_bounce"})

#: The thousandths of an act after trust, its age, and its key.
Share = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Runner:
    """One of those that may lead, with what it is worth: the best of its shares, or all together."""

    name: str
    curve: tuple[int, ...]
    shares: tuple[Share, ...]
    together: bool

    def strength(self, ahead: int) -> int:
        """Thousandths on the day `ahead` days on."""
        left = [kept(points, factor(self.curve, age + ahead), WHOLE) for points, age, _ in self.shares]
        return sum(left) if self.together else max(left, default=0)

    @property
    def rounding(self) -> int:
        """How far below its true strength it may be."""
        return _ROUNDING * (len(self.shares) if self.together else 1)


@dataclass(frozen=True, slots=True)
class Race:
    """`runners` in the order in which equal ones lead. Nobody leads below `least`; beyond `most` all are equal.

    With `first_wins` False it takes more than the order to tell equal ones apart, unless they share all acts.
    """

    runners: tuple[Runner, ...]
    least: int
    most: int | None = None
    first_wins: bool = True

    def worth(self, name: str | None, first: int, last: int) -> Extent:
        """What `name`, who leads all the while, is worth on any day of a stretch."""
        leader = next((one for one in self.runners if one.name == name), None)
        if leader is None:
            return Extent(0, 0)
        return Extent(self._counted(leader.strength(last)), self._counted(leader.strength(first)))

    def stays(self, name: str | None, first: int, last: int) -> bool:
        """Tell whether `name` (None: nobody), who leads on day 0, surely leads on every day of the stretch."""
        if name is None:
            return all(self._counted(one.strength(first)) < self.least for one in self.runners)
        place = next((place for place, one in enumerate(self.runners) if one.name == name), None)
        if place is None:
            return False
        leader = self.runners[place]
        strength = leader.strength(last)
        return self._counted(strength) >= self.least and all(
            self._is_behind(other, leader, strength, last, before=before, alone=first == last)
            for other, before in ((other, at < place) for at, other in enumerate(self.runners) if at != place)
        )

    def _is_behind(self, other: Runner, leader: Runner, strength: int, day: int, *, before: bool, alone: bool) -> bool:
        if other.shares == leader.shares:
            return True
        theirs = other.strength(day)
        if self.most is not None and strength >= self.most and not before:
            return True
        if not alone:
            return strength - theirs > leader.rounding + other.rounding
        ours, theirs = self._counted(strength), self._counted(theirs)
        return ours > theirs or (ours == theirs and self.first_wins and not before)

    def _counted(self, strength: int) -> int:
        return strength if self.most is None else min(strength, self.most)


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
            shares = tuple((trusted, age, "") for trusted, age in sorted(newest.items()))
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
            if self._topics and kind not in _NOT_HERS
            for act in of_kind
            if act.event.asset and act.event.trust != Trust.MACHINE
        ]
        runners = []
        for name, passes in self._topics:
            shares = tuple((act.trust, act.age, act.event.key) for act in acts if passes(act.event.asset))
            runners.append(Runner(name, self._curve, shares, together=True))
        return Race(tuple(runners), least=1, first_wins=False)
