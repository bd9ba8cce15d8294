"""What the histories of a HubSpot record's properties tell of the time before it was first seen."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connector.facts import Event, Record
from connector.rulebook.fields_file import Counter
from connector.rulebook.mapping.growth import MAX_GROWTH, counted, counted_act, last_act, numbered, turned
from connector.rulebook.mapping.properties import MERGED_IDS
from connector.rulebook.types import FieldsFile

#: What belongs to one act, or to one merge, is entered in the histories within so short a time.
_TOGETHER = timedelta(minutes=1)


class PastValue(Protocol):
    """One entry of a property's history."""

    @property
    def value(self) -> str | None:
        """What the property became."""

    @property
    def at(self) -> datetime:
        """When."""


#: A record's histories by property, newest entry first.
Histories = Mapping[str, Sequence[PastValue]]


def past_acts(histories: Histories, first: Record, known_at: datetime, fields: FieldsFile) -> tuple[Event, ...]:
    """The acts before a record's first sight, oldest first, each known at its own time.

    `first` is the record as each of its values was first told, `known_at` when that was. Each rise of a counter is the
    acts of its new ordinals (the newest MAX_GROWTH), each other value of a property that tells of acts by them is
    one. Told are only those that `growth` does not tell of this and all later sights: acts are the same in any order.

    HubSpot keeps a limited number of entries. Of the acts that the oldest one counts only the last is told, since the
    others may be much older; what is missing in between is told at the next entry. What a merge made of a counter is no
    act; where histories do not say when a merge was, nobody knows what is, and no act of a counter is told.
    """
    acts = [
        turned(first.id, kind, value, at, at)
        for kind, name in fields.turns
        for value, at in _turns(_until_seen(histories.get(name, ()), first, name, known_at))
        if value is not None
    ]
    lives = _lives(histories.get(MERGED_IDS, ()), first)
    for counter in fields.counters if lives else ():
        acts += _counted_acts(histories, first, known_at, counter, lives)
    return tuple(sorted(acts, key=lambda act: (act.happened_at, act.key)))


def past_values(
    histories: Histories, first: Record, known_at: datetime, names: Iterable[str]
) -> tuple[tuple[datetime, Mapping[str, str | None]], ...]:
    """What these properties had become before a record's first sight: moments, oldest first, with the values that came then.

    A property is left out whose history does not lead to what was seen at first sight.
    """
    told: dict[datetime, dict[str, str | None]] = defaultdict(dict)
    for name in names:
        for value, at in _turns(_until_seen(histories.get(name, ()), first, name, known_at)):
            told[at][name] = value
    return tuple(sorted(told.items()))


def _until_seen(entries: Sequence[PastValue], first: Record, name: str, known_at: datetime) -> Sequence[PastValue]:
    """The entries up to the one that was seen at first sight; none where there is no such one.

    By its value: what came while the record was on its way is told by its next sight.
    """
    if name not in first.values:
        return ()
    seen = first.values[name]
    begin = next((place for place, one in enumerate(entries) if one.at <= known_at and one.value == seen), len(entries))
    return entries[begin:]


def _turns(entries: Sequence[PastValue]) -> Iterator[tuple[str | None, datetime]]:
    """Each value that differs from the one before, oldest first."""
    before = None
    for entry in reversed(entries):
        if entry.value != before:
            yield entry.value, entry.at
        before = entry.value


def _counted_acts(
    histories: Histories, first: Record, known_at: datetime, counter: Counter, lives: Sequence[tuple[datetime, str]]
) -> Iterator[Event]:
    entries, assets = histories.get(counter.count, ())[::-1], histories.get(counter.asset or "", ())[::-1]
    seen = counted(first.values.get(counter.count))
    told = seen if last_act(counter, first) else 0
    for name, ordinal, place in _rises(entries, lives):
        at = entries[place].at
        if name != lives[-1][1] or (ordinal != told and (ordinal <= seen or at <= known_at)):
            asset = _then(assets, at, entries[place + 1].at if place + 1 < len(entries) else None)
            yield counted_act(name, counter.kind, ordinal, at, at, asset)


def _rises(entries: Sequence[PastValue], lives: Sequence[tuple[datetime, str]]) -> Iterator[tuple[str, int, int]]:
    """How the counter was `numbered` when it first reached an ordinal, the ordinal, and the place of the entry; by time."""
    name, reached, before = "", 0, 0
    for place, entry in enumerate(entries):
        count = counted(entry.value)
        life = next((since_then for since, since_then in reversed(lives) if since <= entry.at), lives[0][1])
        if life != name:
            name, reached = life, before if name else max(count - 1, 0)
        if any(abs(entry.at - since) <= _TOGETHER for since, _ in lives[1:]):
            reached = count
        for ordinal in range(max(reached, count - MAX_GROWTH) + 1, count + 1):
            yield name, ordinal, place
        reached, before = max(reached, count), count


def _lives(merges: Sequence[PastValue], first: Record) -> Sequence[tuple[datetime, str]]:
    """Since when counters were `numbered` how, oldest first, up to first sight; none where nobody knows."""
    lives = [(datetime.min.replace(tzinfo=UTC), first.id)]
    for entry in reversed(merges):
        swallowed = tuple(filter(None, (entry.value or "").split(";")))
        if swallowed and lives[-1][1] != numbered(first):
            lives.append((entry.at, numbered(replace(first, merged_ids=swallowed))))
    return lives if lives[-1][1] == numbered(first) else ()


def _then(entries: Sequence[PastValue], at: datetime, end: datetime | None) -> str:
    """What the act at a moment was of: its name is entered together with its count, and before the next one's."""
    upto = at + _TOGETHER if end is None or end > at + _TOGETHER else end
    place = bisect_left(entries, upto, key=_moment)
    return (entries[place - 1].value or "") if place else ""


def _moment(entry: PastValue) -> datetime:
    return entry.at
