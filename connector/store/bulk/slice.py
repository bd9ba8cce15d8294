"""What a slice of the store is: everybody of one range of ids, in columns. Row i of every array is the i-th contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

#: In a column of codes, or where a number is missing that could be 0.
NONE = -1

#: What is remembered of somebody and one track: nothing; that she did not match; that she matched already at the baseline,
#: and ever since; that she matches since later.
NO_MEMORY, UNMATCHED, MATCHED_AT_BASELINE, MATCHED = range(4)


@dataclass(frozen=True, slots=True)
class TextColumn:
    """One text of everybody: `codes` are places in `texts` (distinct ones), NONE where there is no text, or an empty one."""

    codes: NDArray[np.int32]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventColumns:
    """All events of a slice, sorted by row, in each row newest first: by (at, key), both descending.

    `row` is the contact's row, `kind` and `channel` are ids of words, `asset` of assets. `at` (when it happened) and
    `known_at` are microseconds since 1970 UTC; `trust` is 0 human, 1 unsure, 2 machine.
    """

    row: NDArray[np.int32]
    kind: NDArray[np.int16]
    channel: NDArray[np.int16]
    asset: NDArray[np.int32]
    at: NDArray[np.int64]
    known_at: NDArray[np.int64]
    trust: NDArray[np.int8]
    key: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """The newest verdict of each contact: the columns of table `verdict`, and `changed` of `contact`.

    `judged` is NONE for who has no verdict (all else is then 0 or NONE), `score` NONE for who has none. Days are
    ordinals, 0 for none. `stage`, `model`, `persona` and `phase` are ids of words, `rulebook` the rulebook's.
    """

    changed: NDArray[np.int64]
    judged: NDArray[np.int64]
    digest: NDArray[np.int64]
    exact: NDArray[np.int32]
    rulebook: NDArray[np.int32]
    day: NDArray[np.int32]
    since: NDArray[np.int32]
    due: NDArray[np.int32]
    revision: NDArray[np.int32]
    score: NDArray[np.int16]
    model: NDArray[np.int16]
    stage: NDArray[np.int16]
    persona: NDArray[np.int16]
    phase: NDArray[np.int16]
    handed_over: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read of records: raw names by source, ``company.<property>`` among HubSpot's for the associated company's;
    the (source, name) pairs of which the last change is needed; under which name each source holds the score; the tracks
    of which to read what is remembered; the lists and tags of which to read who belongs there; since when to read who rose.
    """

    names: Mapping[str, tuple[str, ...]]
    changed: frozenset[tuple[str, str]] = frozenset()
    score_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tracks: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rises_since: date | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Everybody of one range of ids. Archived records count as absent.

    `ids` are ascending. `raw` has each wanted value by (source, raw name), `email` each record's own address,
    `present` who has a record, by source. `changed` is when a value last changed since it was first seen, `score_written`
    when the score was last written there: microseconds since 1970 UTC, 0 for never. `memory` says by track what is
    remembered (NO_MEMORY …), `belongs` by list or tag who belongs there, as kept; `rose` is who came up to another stage
    lately. `alone` are those who must be judged singly: they have been on a track, something is under way for them, a
    track or list that is not wanted is remembered, or a record of theirs is archived.
    """

    ids: NDArray[np.int64]
    raw: Mapping[tuple[str, str], TextColumn]
    present: Mapping[str, NDArray[np.bool_]]
    email: Mapping[str, TextColumn]
    changed: Mapping[tuple[str, str], NDArray[np.int64]]
    events: EventColumns
    kept: KeptColumns
    score_written: Mapping[str, NDArray[np.int64]]
    memory: Mapping[str, NDArray[np.int8]]
    belongs: Mapping[str, NDArray[np.bool_]]
    rose: NDArray[np.bool_]
    alone: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


def rows_of(contacts: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.intp]:
    """The row of each of these contacts in a slice of `ids`. Raises LookupError where one is not a contact at all."""
    rows = np.searchsorted(ids, contacts)
    if len(contacts) and (not len(ids) or (ids[np.minimum(rows, len(ids) - 1)] != contacts).any()):
        raise LookupError("the store holds something of a contact that it does not know")
    return rows
