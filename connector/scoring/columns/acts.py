"""The acts of a crowd as the rules of one model see them: those known by then, by kind, as far as they are trusted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.conditions import Condition, Did, asset_holds
from connector.rulebook.types import POINT, FieldsFile, Model, TrustShares
from connector.scoring.columns.block import Block
from connector.scoring.columns.crowd import MACHINE, UNKNOWN, Crowd
from connector.scoring.columns.doubts import doubted, nameless
from connector.scoring.decay import WHOLE, kept

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: As `evidence.Act.late`: an act that we learn of later than this (microseconds) after it happened was told late.
_LATE = timedelta(days=1) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some acts of one kind, sorted as in the crowd: by contact, newest first. `place` is that among all acts."""

    place: NDArray[np.intp]
    row: NDArray[np.int32]
    age: NDArray[np.int32]
    trust: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.place)

    def where(self, mask: NDArray[np.bool_]) -> Chosen:
        """Those of them for which `mask` is True."""
        if mask.all():
            return self
        at = np.flatnonzero(mask)
        return Chosen(self.place.take(at), self.row.take(at), self.age.take(at), self.trust.take(at))


@dataclass(frozen=True, slots=True)
class Worth:
    """What one act gives for so many points, in thousandths: by its trust, and by its trust and age in days.

    Tables, made with the single path's own arithmetic, so that nothing is rounded in two ways.
    """

    trusted: NDArray[np.int32]
    left: NDArray[np.int32]

    @staticmethod
    def of(points: int, shares: TrustShares, curve: tuple[int, ...]) -> Worth:
        """The tables for `points` under the model's shares of trust and one curve of decay."""
        return _worth(points, (shares.human, shares.unsure, shares.machine), curve)

    @property
    def oldest(self) -> int:
        """The greatest age in the table; older acts give nothing."""
        return len(self.left[0]) - 1

    def after_trust(self, acts: Chosen) -> NDArray[np.int32]:
        """What each act gives before it fades."""
        return self.trusted.take(acts.trust)

    def after_fading(self, acts: Chosen) -> NDArray[np.int32]:
        """What each act gives; none of them may be older than `oldest`."""
        return self.left.ravel().take(acts.trust * np.int32(self.oldest + 1) + acts.age)


@lru_cache(maxsize=256)
def _worth(points: int, shares: tuple[int, ...], curve: tuple[int, ...]) -> Worth:
    trusted = [kept(points, share, POINT) for share in shares]
    left = [[kept(one, share, WHOLE) for share in curve] for one in trusted]
    return Worth(np.array(trusted, np.int32), np.array(left, np.int32))


def starts(row: NDArray[np.int32]) -> NDArray[np.intp]:
    """The places at which the acts of another contact begin, in a column of rows."""
    return np.flatnonzero(np.concatenate((np.ones(min(1, len(row)), np.bool_), row[1:] != row[:-1])))


class ActTable:
    """The acts that had happened by the end of `day`, were known at `known_by` (None: all), trusted as `model` does."""

    def __init__(self, crowd: Crowd, day: date, known_by: datetime | None, model: Model, fields: FieldsFile) -> None:
        self.people = len(crowd)
        self.acts = crowd.acts
        self.shares = model.trust
        self._crowd = crowd
        self._day = day.toordinal()
        self._known = crowd.acts.day <= self._day
        if known_by is not None:
            self._known &= crowd.acts.known_at <= (known_by - _EPOCH) // _MICROSECOND
        self._nameless = nameless(crowd)
        self._places: dict[str, NDArray[np.intp]] = {}
        self._kinds: dict[str, Chosen] = {}
        self._answers: dict[tuple[str, str, int | None, int], NDArray[np.bool_]] = {}
        self.trust = doubted(crowd, self.places, model.trust.doubts, fields)

    def places(self, kind: str) -> NDArray[np.intp]:
        """The places of the known acts of one kind among all acts, ascending."""
        if kind not in self._places:
            kinds = self._crowd.kinds
            of_kind = self.acts.kind == kinds.index(kind) if kind in kinds else np.zeros(len(self._known), np.bool_)
            self._places[kind] = np.flatnonzero(of_kind & self._known)
        return self._places[kind]

    def find(self, kind: str, asset: Condition | None, oldest: int | None) -> Chosen:
        """The acts of one kind, of assets that pass the test, at most so many days old (None: however old)."""
        acts = self._of_kind(kind)
        if oldest is not None:
            acts = acts.where(acts.age <= oldest)
        if asset is None:
            return acts
        assets = self.acts.asset.take(acts.place)
        return acts.where(self.passes(asset, assets).take(assets))

    def passes(self, test: Condition, used: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of the crowd's assets pass; asked once of each that is `used` (places, any number of times), on all days."""
        assets = self._crowd.assets
        asked = repr(test)  # by its text: 1 and True are equal, and different tests
        if asked not in self._crowd.passing:
            self._crowd.passing[asked] = np.full(len(assets), UNKNOWN, np.int8)
        answers = self._crowd.passing[asked]
        for place in np.flatnonzero((np.bincount(used, minlength=len(assets)) > 0) & (answers == UNKNOWN)):
            answers[place] = asset_holds(test, assets[place])
        return np.equal(answers, 1)

    def did(self, test: Did) -> NDArray[np.bool_]:
        """For whom `test` holds, as `conditions.holds` has it; what a machine did nobody did."""
        # The test of the asset goes by its text: 1 and True are equal, and different tests.
        asked = (test.event, repr(test.asset), test.within, test.at_least)
        if asked not in self._answers:
            acts = self.find(test.event, test.asset, test.within)
            times = np.bincount(acts.row[acts.trust != MACHINE], minlength=self.people)
            self._answers[asked] = times >= test.at_least
        return self._answers[asked]

    def counts(self, without: Collection[str] = ()) -> NDArray[np.int32]:
        """How many acts everybody has that no machine did and that are not of these kinds."""
        return np.bincount(self.acts.row[self.believed(without)], minlength=self.people).astype(np.int32)

    def believed(self, without: Collection[str] = ()) -> NDArray[np.bool_]:
        """Which of all acts were known, are no machine's, and are not of these kinds."""
        wanted = np.array([kind not in without for kind in self._crowd.kinds], np.bool_)
        believed: NDArray[np.bool_] = self._known & (self.trust != MACHINE) & wanted.take(self.acts.kind)
        return believed

    def names_asset(self) -> NDArray[np.bool_]:
        """Which of all acts name an asset."""
        return np.not_equal(self.acts.asset, self._nameless)

    def choose(self, places: NDArray[np.intp]) -> Chosen:
        """The acts at these places."""
        acts = self.acts
        return Chosen(places, acts.row.take(places), self._day - acts.day.take(places), self.trust.take(places))

    def tell(self, block: Block, line: int, places: NDArray[np.intp]) -> None:
        """Write into one line of everybody who did one of these acts which it was: day, asset, and whether told late."""
        row, asset = self.acts.row.take(places), self.acts.asset.take(places)
        block.there[line, row] = True
        block.day[line, row] = self.acts.day.take(places)
        block.asset[line, row] = np.where(asset == self._nameless, UNKNOWN, asset)
        block.late[line, row] = self.acts.known_at.take(places) - self.acts.at.take(places) > _LATE

    def _of_kind(self, kind: str) -> Chosen:
        if kind not in self._kinds:
            self._kinds[kind] = self.choose(self.places(kind))
        return self._kinds[kind]
