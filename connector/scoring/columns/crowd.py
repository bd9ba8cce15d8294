"""Many contacts as columns: what the bulk path is asked with. Row i of every array is the i-th contact of the crowd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from connector.facts import Value

#: Codes of `Acts.trust`, in the order of `facts.Trust`.
HUMAN, UNSURE, MACHINE = 0, 1, 2

#: What stands in a column of codes where nothing is known.
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Column:
    """One field of everybody: `codes` are places in `values` (distinct, typed), UNKNOWN where there is no value."""

    codes: NDArray[np.int32]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Acts:
    """All acts of everybody, sorted by contact, in each newest first: by (happened_at, key), both descending.

    `row` is the contact's row; `kind`, `channel` and `asset` are places in the crowd's lists; `at` and `known_at` are
    microseconds since 1970 UTC; `day` is the team's day of `at` as an ordinal (`date.toordinal`); `trust` is as told.
    """

    row: NDArray[np.int32]
    kind: NDArray[np.int16]
    channel: NDArray[np.int16]
    asset: NDArray[np.int32]
    at: NDArray[np.int64]
    known_at: NDArray[np.int64]
    day: NDArray[np.int32]
    trust: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Contacts without episodes of nurturing: whoever has been on a track is judged singly (there are few).

    `changed` are ordinals of the days on which a field's value last changed, 0 where that is not known. `suppressed`:
    a refusal that holds everywhere (stages.SUPPRESSING). `stage` is the place in `stages` where she stood so far
    (UNKNOWN: not judged yet), `since` the ordinal of the day since when.
    """

    ids: NDArray[np.int64]
    fields: Mapping[str, Column]
    acts: Acts
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    assets: tuple[str, ...]
    suppressed: NDArray[np.bool_]
    stage: NDArray[np.int16]
    since: NDArray[np.int32]
    stages: tuple[str, ...] = ()
    changed: Mapping[str, NDArray[np.int32]] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.ids)
