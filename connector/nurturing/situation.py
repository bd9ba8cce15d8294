"""One contact at one judgement: everything that the parts of nurturing look at, and what conditions see of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from zoneinfo import ZoneInfo

from connector.facts import Contact, Episode, Event
from connector.nurturing.intents import Memory
from connector.rulebook.conditions import Condition, Subject, holds
from connector.rulebook.types import Rulebook
from connector.scoring.computed import RETAIN, WIN, as_values
from connector.scoring.evidence import believed_events, subject_of
from connector.scoring.verdict import CUSTOMER, Step, Verdict


@dataclass(frozen=True)
class Situation:
    """What is known of one contact when she is judged. Everything derived is computed once."""

    contact: Contact
    verdict: Verdict
    step: Step
    memory: Memory
    rulebook: Rulebook
    now: datetime

    @cached_property
    def tz(self) -> ZoneInfo:
        """The team's time zone."""
        return ZoneInfo(self.rulebook.fields.timezone)

    def day_of(self, moment: datetime) -> date:
        """The team's day of a moment."""
        return moment.astimezone(self.tz).date()

    @cached_property
    def today(self) -> date:
        """The team's day of `now`."""
        return self.day_of(self.now)

    @property
    def stage(self) -> str:
        """Where she stands after the step."""
        return self.step.after.stage

    @cached_property
    def episodes(self) -> tuple[Episode, ...]:
        """Her episodes, oldest first; what she entered while somebody listened is one, whoever listens now."""
        return tuple(sorted(self.contact.episodes, key=lambda one: (one.entered_at, one.track, one.number)))

    @cached_property
    def on(self) -> tuple[Episode, ...]:
        """The episodes she is in now."""
        return tuple(episode for episode in self.episodes if episode.left_at is None)

    @cached_property
    def acts(self) -> tuple[Event, ...]:
        """What she did, as of the verdict's day, oldest first; what certainly a machine did is not among it."""
        return tuple(self._placed.events)

    @cached_property
    def aim(self) -> str:
        """What she is nurtured for: the aim of the track she is on; off every track the first of `aims` that holds for her,
        else a customer is to be retained, and anybody else to be won.
        """
        file = self.rulebook.tracks
        present = (file.tracks[episode.track].aim for episode in self.on if episode.track in file.tracks)
        hers = (aim for aim, goal in file.aims.items() if holds(goal.when, self._placed))
        return next(chain(present, hers), RETAIN if self.stage == CUSTOMER else WIN)

    def holds(self, condition: Condition) -> bool:
        """Tell whether a track's condition is true of her: fields, events, and the names that scoring computed. What several
        parts of nurturing ask is found out once.
        """
        if id(condition) not in self._answers:  # conditions are the rulebook's own, and live as long as it
            self._answers[id(condition)] = holds(condition, self._subject)
        return self._answers[id(condition)]

    @cached_property
    def _answers(self) -> dict[int, bool]:
        return {}

    @cached_property
    def _subject(self) -> Subject:
        return replace(self._placed, values={**self._placed.values, "aim": self.aim})

    @cached_property
    def _placed(self) -> Subject:
        """All that can be asked of her but her aim, which hangs on the rest."""
        values = {**self.contact.fields, **as_values(self.verdict), "stage": self.stage}
        day = self.verdict.day
        events = believed_events(self.contact, self.rulebook, self.verdict.model, day, None)
        return subject_of(events, day, self.tz, values)
