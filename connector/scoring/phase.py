"""Phase: how near she is to buying, read from what she was last interested in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.rulebook.types import POINT, Phase
from connector.scoring.decay import WHOLE, factor, half_life_curve, kept
from connector.scoring.evidence import Act, Evidence, asset_test
from connector.scoring.verdict import Line


@dataclass(frozen=True, slots=True)
class PhaseOutcome:
    """The line of the current phase, and its name; none of both where too little is left of every signal."""

    lines: tuple[Line, ...]
    phase: str | None


class PhaseFactor:
    """Each phase fades from its newest signal; the highest wins, and a tie goes to the later phase.

    Trust counts: of a phase's signals, the one that gives the most after trust and fading speaks for it (the newest,
    where all are trusted alike). What has faded below half a point is over: no line, no points, no phase. So phases
    go back as well: an old `decision` fades until a fresh `awareness` is worth more.
    """

    def __init__(self, phase: Phase) -> None:
        self._max = phase.max
        self._curve = half_life_curve(phase.half_life)
        self._phases = tuple(
            (name, rule.points, tuple((signal.event, asset_test(signal.asset)) for signal in rule.signals))
            for name, rule in phase.phases.items()
        )

    def judge(self, evidence: Evidence) -> PhaseOutcome:
        """Weigh the acts of one contact."""
        best: Line | None = None
        for name, points, signals in self._phases:
            acts = [act for kind, passes in signals for act in evidence.acts.get(kind, ()) if passes(act.event.asset)]
            if not acts:
                continue
            line = self._line(name, points, max(acts, key=lambda act: self._strength(points, act)))
            if 2 * line.points >= POINT and (best is None or line.points >= best.points):
                best = line
        return PhaseOutcome(() if best is None else (best,), None if best is None else best.rule)

    def _strength(self, gross: int, act: Act) -> tuple[int, datetime, str]:
        trusted = kept(gross, act.trust, POINT)
        return kept(trusted, factor(self._curve, act.age), WHOLE), act.event.happened_at, act.event.key

    def _line(self, name: str, gross: int, act: Act) -> Line:
        trusted = kept(gross, act.trust, POINT)
        left = kept(trusted, factor(self._curve, act.age), WHOLE)
        points = min(left, self._max)
        return Line(
            part="phase",
            rule=name,
            points=points,
            gross=gross,
            withheld=gross - trusted,
            faded=trusted - left,
            capped=left - points,
            day=act.day,
            times=1,
            asset=act.event.asset,
            late=act.late,
        )
