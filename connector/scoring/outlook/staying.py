"""Whether a contact stays where she stands over days to come: her stage or state, and the tracks that are for her."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from connector.facts import Contact
from connector.rulebook.conditions import Condition, Subject, names
from connector.rulebook.types import POINT, Rulebook, Stage
from connector.rulebook.vocabulary import AIMS
from connector.scoring.computed import WIN
from connector.scoring.outlook.turning import Ask, Stretch, settle, turns_by_itself
from connector.scoring.stages import SUPPRESSING
from connector.scoring.verdict import NOT_ENOUGH_DATA, Step, Verdict


class Standing:
    """Stages, states and tracks of a rulebook, made ready once for many contacts."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._states = tuple((name, state.when) for name, state in rulebook.stages.states.items())
        self._ladder = rulebook.stages.stages
        self._places = {stage.id: place for place, stage in enumerate(self._ladder)}
        self._handover = next((place for place, stage in enumerate(self._ladder) if stage.handover), len(self._ladder))
        self._tracks = tuple(one for one in rulebook.tracks.asked if turns_by_itself(one))

    def of(self, contact: Contact, verdict: Verdict, step: Step, subject: Subject) -> Staying:
        """Where one contact stands after `step`. `subject` knows her fields, her acts and all that the verdict says."""
        stage = step.after.stage
        bar = self._places.get(verdict.bars or "", len(self._ladder))
        on_track = replace(subject, values={**subject.values, "stage": stage})
        to_be_won = replace(subject, values={**subject.values, "aim": WIN})
        here = self._places.get(stage)
        return Staying(
            stage=stage,
            suppressed=bool(SUPPRESSING & contact.consent.general),
            scored=verdict.score is not None,
            states=tuple((name, settle(when, subject)) for name, when in self._states),
            tracks=tuple(settle(one, seen) for one in self._tracks for seen in _with_aims(one, on_track)),
            rung=None if here is None else Rung(here, self._ladder[here], step.after.since),
            enters=tuple(None if one.enter is None else settle(one.enter, to_be_won) for one in self._ladder),
            lift=self._places.get(verdict.lifts or "", 0),
            bar=min(bar, self._handover) if verdict.audience else bar,
        )


@dataclass(frozen=True, slots=True)
class Rung:
    """A place on the ladder, and since when she stands there."""

    place: int
    stage: Stage
    since: date

    def may_be_left(self, stretch: Stretch) -> bool:
        """Tell whether on some day her score is low enough, and her stay long enough, for a fall."""
        score, low = stretch.numbers.get("score"), self.stage.leave_below
        low_enough = low is None or score is None or score.low * POINT < low
        return low_enough and stretch.last - self.since.toordinal() >= self.stage.minimum_stay


@dataclass(frozen=True, slots=True)
class Staying:
    """One contact where she stands today, with the questions on which it hangs whether she stays there."""

    stage: str
    suppressed: bool
    scored: bool
    states: tuple[tuple[str, Ask], ...]
    tracks: tuple[Ask, ...]
    rung: Rung | None
    enters: tuple[Ask | None, ...]
    lift: int
    bar: int

    def lasts(self, now: Stretch, stretch: Stretch) -> bool:
        """Tell whether surely she stays in her stage or state, and in or off every track as `now`."""
        return self._place_lasts(stretch) and all(ask(stretch) is ask(now) for ask in self.tracks)

    def _place_lasts(self, stretch: Stretch) -> bool:
        if self.suppressed:
            return True
        for name, ask in self.states:
            answer = ask(stretch)
            if name == self.stage or answer is not False:
                return name == self.stage and answer is True
        if not self.scored:
            return self.stage == NOT_ENOUGH_DATA
        return self.rung is not None and self._rung_lasts(self.rung, stretch)

    def _rung_lasts(self, rung: Rung, stretch: Stretch) -> bool:
        lowest, highest = self._fitting(stretch)
        lowest, highest = (max(0, min(max(place, self.lift), self.bar - 1)) for place in (lowest, highest))
        return highest <= rung.place and (lowest == rung.place or not rung.may_be_left(stretch))

    def _fitting(self, stretch: Stretch) -> tuple[int, int]:
        """The lowest and the highest that the highest stage that fits her can be on the days of the stretch."""
        highest = 0
        for place in range(len(self.enters) - 1, 0, -1):
            ask = self.enters[place]
            answer = ask is None or ask(stretch)
            if answer is not False:
                highest = max(highest, place)
            if answer is True:
                return place, highest
        return 0, highest


def _with_aims(condition: Condition, subject: Subject) -> Iterator[Subject]:
    """With every aim that she may be nurtured for, where it is asked for: nurturing comes after scoring."""
    for aim in sorted(AIMS) if "aim" in names(condition) else [WIN]:
        yield replace(subject, values={**subject.values, "aim": aim})
