"""Lists and tags that are kept in line: how many people would be put there and taken off, and how many wait (steps/segments)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.nurturing.guard import SHARE_FLOOR
from connector.nurturing.segments import Place, places
from connector.steps.belonging import Belonging
from connector.steps.parts import HUBSPOT, Parts
from connector.store import roster
from connector.store.bulk.listed import former_lists, read_listed
from connector.store.bulk.slice import Slice

Bools = NDArray[np.bool_]


@dataclass(slots=True)
class Listing:
    """One list or tag: how many are to be put there by a person's word, how many unasked and to be taken off, who is held."""

    source: str
    approved: int = 0
    unasked: int = 0
    off: int = 0
    held: int = 0

    @property
    def put(self) -> int:
        """How many are put there now."""
        return self.approved + self.unasked


class Listings:
    """All lists and tags of a rulebook, counted slice by slice, and those where people stand that are in it no more. At the
    `baseline` nobody is put anywhere or taken off, and whoever belongs on a guarded list waits for a person.
    """

    def __init__(self, parts: Parts, conn: Connection, unheard_lists: Collection[str], *, baseline: bool) -> None:
        unheard = {f"{HUBSPOT}:list:{name}" for name in unheard_lists}
        self._parts = parts
        self._conn = conn
        self._baseline = baseline
        self._places = {place.key: place for place in places(parts.rulebook)}
        self._guarded = {key for key, place in self._places.items() if place.guarded} - unheard
        self.by_key = {key: Listing(place.source) for key, place in self._places.items()}

    def count(self, people: Slice, belong: Belonging, calm: Bools, singly: Mapping[int, Collection[str]]) -> None:
        """Count a slice: columns say where the `calm` belong; of those who were judged `singly`, the keys are given by
        contact; of all others it is as kept.
        """
        judged = [(int(np.searchsorted(people.ids, contact)), keys) for contact, keys in singly.items()]
        for place, wanted in belong.wanted.items():
            belongs = np.where(calm, wanted, people.belongs[place.key])
            for row, keys in judged:
                belongs[row] = place.key in keys
            self._count(people, place, belongs)

    def end(self) -> Mapping[str, int]:
        """Hold whom the guard does not let on a list, and take off former ones; how many wait, by reason."""
        reasons: dict[str, int] = {}
        for key in sorted(self._guarded):
            listing = self.by_key[key]
            self._hold(key, listing)
            if listing.held:
                reasons[f"segment {self._places[key].segment}: not put on its list yet"] = listing.held
        if self._baseline:
            return reasons
        for (key, source), people in former_lists(self._conn, list(self._places), self._parts.now()).items():
            self.by_key[key] = Listing(source, off=people)
        return reasons

    def _count(self, people: Slice, place: Place, belongs: Bools) -> None:
        listing, kept = self.by_key[place.key], read_listed(self._conn, people.ids, place.key, self._parts.now())
        held = kept.held & belongs if place.key in self._guarded else np.zeros(len(people), np.bool_)
        put = belongs & ~kept.there & ~held & ~kept.later & people.present[place.source]
        approved = kept.approved & people.belongs[place.key]
        if self._baseline:
            listing.held += int((held | put).sum()) if place.key in self._guarded else 0
            return
        listing.held += int(held.sum())
        listing.approved += int((put & approved).sum())
        listing.unasked += int((put & ~approved).sum())
        listing.off += int((~belongs & kept.there & ~kept.later).sum())

    def _hold(self, key: str, listing: Listing) -> None:
        """As `steps/segments`: the first of a list wait where they are many, later those beyond the guard."""
        parts, conn = self._parts, self._conn
        room = parts.rulebook.tracks.guard.enrollments - roster.put_lately(conn, key, parts.now())
        if listing.unasked > SHARE_FLOOR and not roster.ever_put(conn, key):
            room = 0
        beyond = max(0, listing.unasked - max(0, room))
        listing.unasked -= beyond
        listing.held += beyond
