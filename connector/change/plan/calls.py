"""How many calls delivering would make, counted as the steps and adapters make them. Pure.

What a platform answers is not foreseen: no refused batch that is cut up, nobody who turns out to have opted out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import TypeVar

from connector.change.plan.lists import Listing
from connector.change.plan.wishes import Wish
from connector.steps.parts import HUBSPOT

#: Rows of a call to HubSpot (facts/hubspot.md §3), people of a call to one of its lists (adapters/hubspot/membership.py).
_ROWS, _LISTED = 100, 250
#: How many writes, exits and enrollments are claimed, and so sent, together (steps/write.py, steps/enrolling).
_WRITES, _LEAVES, _ENROLLMENTS = 2_000, 100, 50
#: Rows that a task or a call into a workflow takes together (adapters/hubspot).
_ONE_BY_ONE = 20
#: A tag is looked at and set, with the marker in between where somebody enters by it; so is a step of a journey.
_TAGGED, _ENTERED = 2, 3

_T = TypeVar("_T", bound=Hashable)


def calls(wishes: Sequence[Wish], listings: Collection[Listing]) -> Mapping[str, int]:
    """The calls by platform that doing all of this takes. `wishes` in the outbox's order, as the guard left them."""
    made: Counter[str] = Counter()
    going = [one for one in wishes if one.due and not one.held]
    for source, writes in _by(going, lambda one: one.source if one.kind == "write" else None).items():
        made[_platform(source)] += _writing(source, writes)
    for some in _in_parts([one for one in going if one.kind == "leave"], _LEAVES):
        for (way, _), rows in _by(some, lambda one: (one.way, one.track)).items():
            made[_platform(way)] += _leaving(way, len(rows))
    handovers = [one for one in going if one.kind == "handover"]
    made[HUBSPOT] += sum(one.calls for one in handovers) + bool(handovers)  # and the owners, once
    for listing in listings:
        made[_platform(listing.source)] += _lining_up(listing)
    made[HUBSPOT] += any(one.source == HUBSPOT and (one.put or one.off) for one in listings)  # which lists there are
    entering = [one for one in going if one.kind == "enroll"]
    for again in (False, True):
        for some in _claims([one for one in entering if one.is_again == again]):
            made += _asking(some)
            for way, rows in _by(some, lambda one: one.way).items():
                made[_platform(way)] += _entering(way, len(rows))
    return +made


def _writing(source: str, writes: Sequence[Wish]) -> int:
    """A value that is emptied first takes a request of its own (steps/write.py); a member is a call (decision 015)."""
    if source != HUBSPOT:
        return len(writes)
    return sum(
        ceil(len(some) / _ROWS) + ceil(sum(one.empty for one in some) / _ROWS) for some in _in_parts(writes, _WRITES)
    )


def _leaving(way: str, people: int) -> int:
    kind = _kind(way)
    if way.startswith(f"{HUBSPOT}:"):
        by_kind = {"property": 2 * ceil(people / _ROWS), "list": 2 * ceil(people / _ROWS)}
        by_kind["workflow"] = ceil(people / _ONE_BY_ONE) + people
        return by_kind.get(kind, 0)
    return _TAGGED * people if kind == "tag" else 0


def _entering(way: str, people: int) -> int:
    """The marker with the property; list, markers and members; or the owners of some and then two calls each."""
    if not way.startswith(f"{HUBSPOT}:"):
        return _ENTERED * people
    by_kind = {"property": ceil(people / _ROWS), "list": 3 * ceil(people / _ROWS)}
    return by_kind.get(_kind(way), ceil(people / _ONE_BY_ONE) + 2 * people)


def _asking(some: Sequence[Wish]) -> Counter[str]:
    """Consent is read anew, of many at HubSpot, of each at Mailchimp; by an address it is one call each anywhere."""
    made: Counter[str] = Counter()
    for source, people in Counter(source for one in some for source in one.asked).items():
        made[_platform(source)] += ceil(people / _ROWS) if source == HUBSPOT else people
    for source, people in Counter(source for one in some for source in one.sought).items():
        made[_platform(source)] += people
    return made


def _lining_up(listing: Listing) -> int:
    if listing.source == HUBSPOT:
        return ceil(listing.put / _LISTED) + ceil(listing.off / _LISTED)
    return _TAGGED * (listing.put + listing.off)


def _claims(enrollments: Sequence[Wish]) -> Iterator[Sequence[Wish]]:
    """Enrollments as they are claimed: some at a time, of each contact the first alone (store/claiming.py)."""
    left = list(enrollments)
    while left:
        first: dict[int, Wish] = {}
        for one in left:
            first.setdefault(one.contact, one)
        claimed = list(first.values())[:_ENROLLMENTS]
        yield claimed
        gone = set(map(id, claimed))
        left = [one for one in left if id(one) not in gone]


def _by(wishes: Iterable[Wish], key: Callable[[Wish], _T | None]) -> Mapping[_T, Sequence[Wish]]:
    found: dict[_T, list[Wish]] = defaultdict(list)
    for one in wishes:
        if (name := key(one)) is not None:
            found[name].append(one)
    return found


def _in_parts(wishes: Sequence[Wish], size: int) -> Iterator[Sequence[Wish]]:
    return (wishes[start : start + size] for start in range(0, len(wishes), size))


def _kind(way: str) -> str:
    parts = way.split(":")
    return parts[1] if parts[0] == HUBSPOT else parts[2]


def _platform(source: str) -> str:
    return source.partition(":")[0]
