"""Doubts about the acts of a crowd: what `scoring.doubts` finds in one contact's events, found in everybody's at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Burst, Doubts, FieldsFile, Gateways, Prefetch
from connector.scoring.columns.crowd import MACHINE, UNKNOWN, UNSURE, Acts, Column, Crowd
from connector.scoring.doubts import CLICK, OPEN, SENT, address_domain, burst_of, is_behind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_GRADES = {"unsure": UNSURE, "machine": MACHINE}

#: Gives the places of the known acts of one kind, ascending.
Places = Callable[[str], NDArray[np.intp]]


def doubted(crowd: Crowd, places: Places, doubts: Doubts, fields: FieldsFile) -> NDArray[np.int8]:
    """The trust of all acts: the least of what was told and what the doubts say of those known by then."""
    trust = crowd.acts.trust
    for found, grade in _doubts(crowd, places, doubts, fields):
        if trust is crowd.acts.trust:
            trust = trust.copy()
        trust[found] = np.maximum(trust[found], _GRADES[grade])
    return trust


def address_fields(fields: FieldsFile) -> tuple[str, ...]:
    """The fields that tell where somebody's address lies; doubts ask for no others."""
    return *(name for name, mapping in fields.fields.items() if mapping.from_ == "email"), "email"


def nameless(crowd: Crowd) -> int:
    """The place of the empty name among the crowd's assets; UNKNOWN where every act names its asset."""
    return crowd.assets.index("") if "" in crowd.assets else UNKNOWN


def _doubts(crowd: Crowd, places: Places, doubts: Doubts, fields: FieldsFile) -> Iterator[tuple[NDArray[np.intp], str]]:
    if doubts.prefetch is not None:
        yield _prefetched(crowd.acts, places, doubts.prefetch), doubts.prefetch.grade
    for burst in doubts.bursts:
        yield _in_bursts(crowd, places(CLICK), burst), burst.grade
    if doubts.gateways is not None:
        mails = np.concatenate((places(OPEN), places(CLICK)))
        yield mails[_behind(crowd, doubts.gateways, fields)[crowd.acts.row[mails]]], doubts.gateways.grade
    if doubts.unsourced is not None:
        for kind in doubts.unsourced.events:
            of_kind = places(kind)
            yield of_kind[crowd.acts.asset[of_kind] == nameless(crowd)], doubts.unsourced.grade


def _by_channel(acts: Acts, places: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The places split by channel; they keep their order. A portal has few channels."""
    channel = acts.channel[places]
    for one in np.flatnonzero(np.bincount(channel)):
        yield places[channel == one]


def _prefetched(acts: Acts, places: Places, prefetch: Prefetch) -> NDArray[np.intp]:
    """The opens that came too soon after the last mail before them over the same channel."""
    sent = np.zeros(len(acts.row), np.bool_)
    sent[places(SENT)] = True
    either = sent.copy()
    either[places(OPEN)] = True
    within = prefetch.within * _SECOND
    found = [_too_soon(acts, one, sent[one], within) for one in _by_channel(acts, np.flatnonzero(either))]
    return np.concatenate((places(OPEN)[:0], *found))


def _too_soon(acts: Acts, places: NDArray[np.intp], sent: NDArray[np.bool_], within: int) -> NDArray[np.intp]:
    """Newest first, the last mail before an open is the next one in order; one of the same moment may stand before it."""
    order = np.arange(len(places))
    following = np.minimum.accumulate(np.where(sent, order, len(order) - 1)[::-1])[::-1]
    preceding = np.maximum.accumulate(np.where(sent, order, 0))
    row, at = acts.row[places], acts.at[places]
    soon = np.zeros(len(places), np.bool_)
    for mail, longest in ((following, within), (preceding, 0)):
        past = at - at[mail]
        soon |= sent[mail] & (row == row[mail]) & (past >= 0) & (past <= longest)
    return places[soon & ~sent]


def _in_bursts(crowd: Crowd, clicks: NDArray[np.intp], burst: Burst) -> NDArray[np.intp]:
    """The clicks that belong to a burst. Only who clicked so often within the time is looked at singly."""
    found = [
        _of_one(crowd, mine, burst)
        for of_channel in _by_channel(crowd.acts, clicks)
        for mine in _quick(crowd, of_channel, burst)
    ]
    return np.concatenate((clicks[:0], *found))


def _quick(crowd: Crowd, clicks: NDArray[np.intp], burst: Burst) -> Iterator[NDArray[np.intp]]:
    """The clicks of each contact who made as many within the time as a burst has links.

    Clicks without an asset are no links, and those on one link at one moment (a counter that grew) are the same link.
    """
    acts = crowd.acts
    row, at, asset = acts.row[clicks], acts.at[clicks], acts.asset[clicks]
    link = asset != nameless(crowd)
    link[1:] &= (row[1:] != row[:-1]) | (at[1:] != at[:-1]) | (asset[1:] != asset[:-1])
    whose, when = row[link], at[link]
    newer, older = slice(max(0, len(when) - burst.links + 1)), slice(burst.links - 1, None)
    quick = (whose[newer] == whose[older]) & (when[newer] - when[older] <= burst.within * _SECOND)
    for one in np.unique(whose[newer][quick]):
        yield clicks[np.searchsorted(row, one) : np.searchsorted(row, one, "right")]


def _of_one(crowd: Crowd, clicks: NDArray[np.intp], burst: Burst) -> NDArray[np.intp]:
    """Those of one contact's clicks over one channel that belong to a burst."""
    oldest_first = clicks[::-1]
    moments = (_EPOCH + timedelta(microseconds=at) for at in crowd.acts.at[oldest_first].tolist())
    links = (crowd.assets[asset] for asset in crowd.acts.asset[oldest_first].tolist())
    return oldest_first[np.array(burst_of(tuple(zip(moments, links, strict=True)), burst), np.bool_)]


def _behind(crowd: Crowd, gateways: Gateways, fields: FieldsFile) -> NDArray[np.bool_]:
    """Whose address lies behind a gateway."""
    behind = np.full(len(crowd), is_behind("", gateways), np.bool_)
    open_ = np.ones(len(crowd), np.bool_)
    for name in address_fields(fields):
        column = crowd.fields.get(name)
        if column is None:
            continue
        asked = np.flatnonzero(open_ & (column.codes >= 0))
        if not len(asked):
            continue
        says = _of_values(name, column, gateways, fields)[column.codes[asked]]
        told = says > 0
        open_[asked[told]] = False
        behind[asked[told]] = says[told] == 2
    return behind


def _of_values(name: str, column: Column, gateways: Gateways, fields: FieldsFile) -> NDArray[np.int8]:
    """What each value of a field tells: 0 no domain, 1 a domain, 2 one behind a gateway. Asked once, on all days."""
    asked = "behind", name, gateways, address_fields(fields)
    if asked not in column.answers:
        domains = (address_domain({name: value}, fields) for value in column.values)
        column.answers[asked] = np.array([bool(one) + is_behind(one, gateways) for one in domains], np.int8)
    says: NDArray[np.int8] = column.answers[asked]
    return says
