"""When a contact must be looked at again: the first day on which fading or a date could show something, with no new fact.

Nobody is judged on trial. Numbers are bounded over a whole stretch of days (fading.py, leading.py), conditions are asked
of the whole stretch (turning.py), and a stretch on which nothing can differ is passed over. On a single day the bounds
are the exact numbers, so what comes is found on its very day. Where the search takes too long, or a trait turns that may
not matter, the answer is a day too early, never one too late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connector.facts import Contact
from connector.rulebook.types import Rulebook, ScoreWrite
from connector.scoring.by_identity import ByIdentity
from connector.scoring.computed import as_values
from connector.scoring.decay import OLDEST
from connector.scoring.evidence import known_events, subject_of
from connector.scoring.outlook.coming import next_arrival
from connector.scoring.outlook.prospect import Outcome, Prospect, ProspectFinder
from connector.scoring.outlook.staying import Standing, Staying
from connector.scoring.outlook.turning import Span, Stretch
from connector.scoring.verdict import Step, Verdict

#: The days that are tried first, once it is known that something comes at all.
_FIRST_TRY = 8

#: After so many tries the day that was reached is good enough.
_TRIES = 24


@dataclass(frozen=True, slots=True)
class Told:
    """What platforms were told last: the score that each shows (None: none yet), and the day of the oldest of these
    writes (None: never). `each` has the same for the scores of single models that are written.
    """

    scores: tuple[int | None, ...]
    since: date | None
    each: Mapping[str, tuple[int | None, ...]] = field(default_factory=lambda: MappingProxyType({}))


def due(contact: Contact, verdict: Verdict, step: Step, rulebook: Rulebook, day: date, *, told: Told) -> date | None:
    """The first day after `day` on which she must be judged again although nothing new is told of her; None: never.

    Between the two nothing differs that anybody would notice: stage or state, persona, phase, model, audience, answer,
    first topic, whether there is enough evidence, a score that is worth a write, whom a track is for. `verdict` and
    `step` are those of `day`, from everything known by then; `told` is as of after the writes of `day`. Whom sales
    rejected is looked at every day: they are few.
    """
    if step.barred:
        return day + timedelta(days=1)
    return _ready(ByIdentity(rulebook)).due(contact, verdict, step, day, told)


@lru_cache(maxsize=16)
def _ready(identity: ByIdentity) -> _Outlook:
    return _Outlook(identity.rulebook)


class _Outlook:
    """A rulebook made ready once, for many contacts."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._zone = ZoneInfo(rulebook.fields.timezone)
        self._models = tuple(ProspectFinder(model, rulebook) for model in rulebook.models)
        self._standing = Standing(rulebook)

    def due(self, contact: Contact, verdict: Verdict, step: Step, day: date, told: Told) -> date | None:
        known = known_events(contact, self._zone, day, None)
        prospects, believed = [], known
        for model in self._models:
            events = model.believed(contact, known)
            prospects.append(model.of(contact, events, model.verdict(contact, known, verdict), day))
            believed = events if model.model.model == verdict.model else believed
        subject = subject_of(believed, day, self._zone, {**contact.fields, **as_values(verdict)})
        arrival = next_arrival(contact, self._rulebook, day)
        today = Stretch(day.toordinal(), day.toordinal())
        best = next((one.weighed for one in prospects if one.model == verdict.model), None)
        calm = _Calm(
            today=today if best is None else best.score(today).seen,
            prospects=tuple(prospects),
            best=verdict.model,
            staying=self._standing.of(contact, verdict, step, subject),
            told=told,
            rule=self._rulebook.fields.write.score,
            arrival=None if arrival is None else arrival.toordinal(),
        )
        found = _first_unsure(calm.lasts, day.toordinal())
        return None if found is None else date.fromordinal(found)


def _first_unsure(lasts: Callable[[int, int], bool], today: int) -> int | None:
    """The first day after `today` that is not passed over; None if a hundred years are, in which everything is over."""
    horizon = today + OLDEST
    if lasts(today + 1, horizon):
        return None
    reached, days, growing = today, _FIRST_TRY, True
    for _ in range(_TRIES):
        last = min(reached + days, horizon)
        if lasts(reached + 1, last):
            if last == horizon:
                return None
            reached = last
            days = 2 * days if growing else days
        elif days == 1:
            break
        else:
            days, growing = days // 2, False
    return reached + 1


@dataclass(frozen=True, slots=True)
class _Calm:
    """All that is asked of a stretch of days: does surely nothing that anybody would notice differ on any of them?"""

    today: Stretch
    prospects: tuple[Prospect, ...]
    best: str
    staying: Staying
    told: Told
    rule: ScoreWrite
    arrival: int | None

    def lasts(self, first: int, last: int) -> bool:
        """Tell so of the days from `first` to `last`."""
        if self.arrival is not None and last >= self.arrival:
            return False
        stretch = Stretch(first, last)
        if not all(prospect.stays(stretch) for prospect in self.prospects):
            return False
        weighed = {one.model: one.weighed for one in self.prospects if one.weighed is not None}
        outcomes = {model: one.score(stretch) for model, one in weighed.items()}
        return (
            self._nothing_to_write(outcomes, last)
            and self._best_lasts(outcomes, stretch)
            and all(one.keeps_topic(stretch) for one in weighed.values())
        )

    def _best_lasts(self, outcomes: Mapping[str, Outcome], stretch: Stretch) -> bool:
        """The best model stays the best, and what it says leads to the same audience, place and tracks."""
        best = next((one.weighed for one in self.prospects if one.model == self.best), None)
        if best is None:
            return self.staying.lasts(self.today, stretch)
        mine, first = outcomes[self.best], True
        for model, other in outcomes.items():
            first = first and model != self.best  # of equal ones the first in order is the best
            if model != self.best and not (mine.low > other.high or (mine.low == other.high and not first)):
                return False
        return best.stays_audience(mine.seen) and self.staying.lasts(self.today, mine.seen)

    def _nothing_to_write(self, outcomes: Mapping[str, Outcome], last: int) -> bool:
        told = [(self.best, self.told.scores), *self.told.each.items()]
        return not any(
            _is_written(outcomes[model].seen.numbers["score"] if model in outcomes else None, theirs, self._limit(last))
            for model, scores in told
            for theirs in scores
        )

    def _limit(self, last: int) -> int:
        """By how much a score may at least differ to be written by that day: any difference is, once it is old."""
        since = self.told.since
        return 1 if since is None or last - since.toordinal() >= self.rule.at_least else self.rule.min_change


def _is_written(ours: Span | None, theirs: int | None, least: int) -> bool:
    """Tell whether a score may differ enough from what a platform shows (promise 5)."""
    if ours is None or theirs is None:
        return ours is not None or theirs is not None
    return max(abs(ours.low - theirs), abs(ours.high - theirs)) >= least
