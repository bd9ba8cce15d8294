"""Many contacts as columns: what the bulk path is asked with. Row i of every array is the i-th contact of the crowd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from connector.facts import Value

#: Codes of `Acts.trust`, in the order of `facts.Trust`.
HUMAN, UNSURE, MACHINE = 0, 1, 2

#: What stands in a column of codes where nothing is known.
UNKNOWN = -1


class RawColumn(Protocol):
    """One raw platform value of everybody, as the store reads it: `codes` are places in `texts`, UNKNOWN for no value."""

    @property
    def codes(self) -> NDArray[np.int32]:
        """One place for each row."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The distinct texts."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of everybody: `codes` are places in `values` (distinct, typed), UNKNOWN where there is no value.

    `answers` is what conditions said of the values before: the same people are asked again on other days.
    """

    codes: NDArray[np.int32]
    values: tuple[Value, ...]
    answers: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    def take(self, rows: NDArray[np.intp]) -> Column:
        """Some of these people."""
        return Column(self.codes[rows], self.values, self.answers)


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

    def take(self, places: NDArray[np.intp]) -> Acts:
        """Some of these acts."""
        return Acts(**{one.name: getattr(self, one.name)[places] for one in fields(self)})


@dataclass(frozen=True, slots=True)
class Crowd:
    """Contacts without episodes of nurturing: whoever has been on a track is judged singly (there are few).

    `changed` are ordinals of the days on which a field's value last changed, 0 where that is not known. `suppressed`:
    a refusal that holds everywhere (stages.SUPPRESSING). `stage` is the place in `stages` where she stood so far
    (UNKNOWN: not judged yet), `since` the ordinal of the day since when. `passing` is what tests of assets said before, by
    the test's text: 1 or 0 for each asset, UNKNOWN for those that were not asked.
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
    passing: dict[str, NDArray[np.int8]] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.intp]) -> Crowd:
        """Some of these contacts (`rows` ascending), renumbered from 0."""
        times = np.bincount(self.acts.row, minlength=len(self))
        ends, theirs = np.cumsum(times)[rows], times[rows]
        acts = np.arange(theirs.sum()) + np.repeat(ends - np.cumsum(theirs), theirs)
        return replace(
            self,
            ids=self.ids[rows],
            fields={name: column.take(rows) for name, column in self.fields.items()},
            acts=replace(self.acts.take(acts), row=np.repeat(np.arange(len(rows), dtype=np.int32), theirs)),
            suppressed=self.suppressed[rows],
            stage=self.stage[rows],
            since=self.since[rows],
            changed={name: days[rows] for name, days in self.changed.items()},
        )
