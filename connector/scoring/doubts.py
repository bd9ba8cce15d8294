"""Doubts: when an act is trusted less than its platform says, because no person is so quick, or so thorough.

Doubts are asked anew with each judgement, of what was known by then, and nothing is stored: a changed line of the
rulebook grades the past again. They only ever lower an act's trust.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.facts import Event, Trust, Value
from connector.rulebook.types import Burst, Doubts, FieldsFile, Gateways, Prefetch

#: The kinds of act that doubts about mail are asked of.
OPEN, CLICK, SENT = "email_open", "email_click", "email_sent"

_CERTAINTY = {Trust.MACHINE: 0, Trust.UNSURE: 1, Trust.HUMAN: 2}

#: The place of an act among the events, and the grade that a doubt gives it.
_Grade = tuple[int, Trust]


def graded(events: Sequence[Event], doubts: Doubts, domain: str) -> tuple[Event, ...]:
    """`events` (oldest first) with the trust that is left: the least of what was told and what the doubts say.

    `domain` is that of her address, see `address_domain`; empty if it is not known.
    """
    least = [event.trust for event in events]
    for place, grade in _doubted(events, doubts, domain):
        least[place] = min(least[place], grade, key=_CERTAINTY.__getitem__)
    return tuple(
        event if event.trust == trust else replace(event, trust=trust)
        for event, trust in zip(events, least, strict=True)
    )


def address_domain(values: Mapping[str, Value], fields: FieldsFile) -> str:
    """The domain of somebody's address: the field with `from: email`, else what follows the @ of the field `email`."""
    derived = (values.get(name) for name, mapping in fields.fields.items() if mapping.from_ == "email")
    told = next((value for value in derived if isinstance(value, str)), "")
    return (told or str(values.get("email", "")).rpartition("@")[2]).lower()


def is_behind(domain: str, gateways: Gateways) -> bool:
    """Tell whether `domain` (lower case) is one of the gateways' domains, or below one of them."""
    return any(domain == one.lower() or domain.endswith(f".{one.lower()}") for one in gateways.domains)


def burst_of(clicks: Sequence[tuple[datetime, str]], burst: Burst) -> tuple[bool, ...]:
    """Which clicks, given as (moment, asset) of one person over one channel, oldest first, belong to a burst.

    Those of every stretch of `within` seconds, its ends included, that holds so many different `links`. A click without
    an asset is no link of its own, but may stand among them.
    """
    within = timedelta(seconds=burst.within)
    doubtful = [False] * len(clicks)
    inside: Counter[str] = Counter()
    end = told = 0
    for start, (moment, asset) in enumerate(clicks):
        while end < len(clicks) and clicks[end][0] - moment <= within:
            inside[clicks[end][1]] += 1
            end += 1
        if len(inside) - ("" in inside) >= burst.links:
            told = max(told, start)
            doubtful[told:end] = [True] * (end - told)
            told = end
        inside[asset] -= 1
        if not inside[asset]:
            del inside[asset]
    return tuple(doubtful)


def _doubted(events: Sequence[Event], doubts: Doubts, domain: str) -> Iterator[_Grade]:
    if doubts.prefetch is not None:
        yield from _prefetched(events, doubts.prefetch)
    for burst in doubts.bursts:
        yield from _in_bursts(events, burst)
    if doubts.gateways is not None and is_behind(domain, doubts.gateways):
        yield from ((at, Trust(doubts.gateways.grade)) for at, one in enumerate(events) if one.kind in (OPEN, CLICK))
    if doubts.unsourced is not None:
        kinds, grade = doubts.unsourced.events, Trust(doubts.unsourced.grade)
        yield from ((at, grade) for at, one in enumerate(events) if not one.asset and one.kind in kinds)


def _prefetched(events: Sequence[Event], prefetch: Prefetch) -> Iterator[_Grade]:
    within, grade = timedelta(seconds=prefetch.within), Trust(prefetch.grade)
    sent: dict[str, list[datetime]] = {}
    for event in events:
        if event.kind == SENT:
            sent.setdefault(event.channel, []).append(event.happened_at)
    for place, event in enumerate(events):
        if event.kind == OPEN and event.channel in sent:
            mails = sent[event.channel]
            before = bisect_right(mails, event.happened_at)
            if before and event.happened_at - mails[before - 1] <= within:
                yield place, grade


def _in_bursts(events: Sequence[Event], burst: Burst) -> Iterator[_Grade]:
    clicks: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        if event.kind == CLICK:
            clicks.setdefault(event.channel, []).append(place)
    for places in clicks.values():
        if len(places) >= burst.links:
            found = burst_of([(events[place].happened_at, events[place].asset) for place in places], burst)
            yield from ((place, Trust(burst.grade)) for place, doubtful in zip(places, found, strict=True) if doubtful)
