"""A golden person as facts, and what one rulebook makes of her. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from connector.change.mutation.tree import replaced
from connector.facts import Consent, Contact, Episode, Event, Trust
from connector.nurturing.intents import Memory, Plan
from connector.nurturing.touches import touches
from connector.nurturing.tracks import plan
from connector.nurturing.ways import HUBSPOT, ways_into
from connector.rulebook.cases_file import Deed, WasOn
from connector.rulebook.read_cases import Golden
from connector.rulebook.types import Holdout, Rulebook
from connector.scoring.placing import place
from connector.scoring.score import judge
from connector.scoring.verdict import Place, Step, Verdict

#: What platforms tell of without knowing that a person did it (facts/hubspot.md §7).
_UNSURE = frozenset({"email_open"})

#: In a case, she enters a track before she does anything that day, leaves it after that, and nurturing plans at noon.
_ENTERS, _ACTS, _LEFT, _PLANS = time(6), time(8), time(10), time(12)


@dataclass(frozen=True, slots=True)
class Person:
    """A golden person as facts, and where she stood until her day."""

    golden: Golden
    contact: Contact
    before: Place | None
    memory: Memory


def person_of(golden: Golden, rulebook: Rulebook) -> Person:
    """Make a case into facts: acts in the team's time zone, on every platform, with the consent that it names."""
    case, zone = golden.case, ZoneInfo(rulebook.fields.timezone)
    sources = (HUBSPOT, *(f"mailchimp:{audience}" for audience in rulebook.fields.audiences))
    refs = {source: "1" for source in sources if source.partition(":")[0] in case.known_at}
    contact = Contact(
        id=1,
        refs=refs,
        fields=golden.fields,
        changed={name: golden.day - timedelta(days=ago) for name, ago in case.changed.items()},
        events=tuple(_events(case.did, golden.day, zone)),
        consent=Consent(general=frozenset(case.refused)),
        episodes=tuple(_episodes(golden, refs, zone, rulebook)),
    )
    before = Place(case.was.stage, golden.day - timedelta(days=case.was.since)) if case.was else None
    told = touches(contact.events, contact.episodes, rulebook, _moment(golden.day, 0, _PLANS, zone))
    memory = Memory(
        stage_rose=None if case.rose is None else golden.day - timedelta(days=case.rose),
        touches=tuple(sorted((*told, *(_moment(golden.day, ago, _ACTS, zone) for ago in case.touches)))),
    )
    return Person(golden, contact, before, memory)


class Outcome:
    """What a rulebook makes of a person; each part is computed when it is asked for, for mutants ask for few."""

    def __init__(self, person: Person, rulebook: Rulebook) -> None:
        self._person = person
        self._rulebook = rulebook

    @cached_property
    def verdict(self) -> Verdict:
        """Her verdict on the day of the case."""
        return judge(self._person.contact, self._rulebook, self._person.golden.day)

    @cached_property
    def step(self) -> Step:
        """Her step on that day, from where she stood."""
        person = self._person
        return place(person.before, self.verdict, person.contact, self._rulebook, person.golden.day)

    @cached_property
    def plan(self) -> Plan:
        """What nurturing wants for her at noon. Nobody is held out."""
        person, zone = self._person, ZoneInfo(self._rulebook.fields.timezone)
        noon = _moment(person.golden.day, 0, _PLANS, zone)
        rulebook = replaced(self._rulebook, ("tracks", "holdout"), Holdout())
        return plan(person.contact, self.verdict, self.step, person.memory, rulebook, noon, baseline=False)

    @property
    def tracks(self) -> frozenset[str]:
        """The tracks that she stays on or enters."""
        stays = {episode.track for episode in self._person.contact.episodes if episode.left_at is None}
        stays -= {leave.track for leave in self.plan.leave}
        return frozenset(stays | {enter.track for enter in self.plan.enter})

    @property
    def platforms(self) -> frozenset[str]:
        """The platforms by which she is to enter tracks, the first ways only; lists without a listener are none."""
        first = (enter.ways[0] for enter in self.plan.enter)
        return frozenset(way.source.partition(":")[0] for way in first if not way.segment)


def _events(deeds: Sequence[Deed], day: date, zone: ZoneInfo) -> Iterator[Event]:
    moment, count = datetime.combine(day, _ACTS, zone), 0
    for deed in deeds:
        for _ in range(deed.times):
            count += 1
            if deed.after is None:
                moment = _moment(day, deed.ago, _ACTS, zone) + timedelta(minutes=count)
            else:
                moment += timedelta(seconds=deed.after)
            at = moment.astimezone(UTC)
            trust = deed.trust or (Trust.UNSURE if deed.event in _UNSURE else Trust.HUMAN)
            yield Event(deed.event, at, at, f"case:{count:05}", asset=deed.asset, channel=HUBSPOT, trust=trust)


def _episodes(golden: Golden, refs: Collection[str], zone: ZoneInfo, rulebook: Rulebook) -> Iterator[Episode]:
    """Those that she has left, in their order, then the one that she is in."""
    case, numbers = golden.case, Counter[str]()
    for one in (*case.was_on, *((case.on_track,) if case.on_track else ())):
        numbers[one.track] += 1
        entered = _moment(golden.day, one.entered, _ENTERS, zone)
        left = _moment(golden.day, one.left, _LEFT, zone) if isinstance(one, WasOn) else None
        yield Episode(one.track, numbers[one.track], _way(one.track, refs, rulebook), entered, left)


def _way(track: str, refs: Collection[str], rulebook: Rulebook) -> str:
    """The first way that somebody listens to and that she is known by, else the first that somebody listens to."""
    heard = [way for way in ways_into(rulebook, rulebook.tracks.tracks[track]) if not way.segment]
    return next((way for way in heard if way.source in refs), heard[0]).key


def _moment(day: date, ago: int, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day - timedelta(days=ago), at, zone).astimezone(UTC)
