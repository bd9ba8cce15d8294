"""Everybody of a slice, judged in columns, and of whom columns cannot tell all: the ground of screening and of planning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.scoring.columns.placing import place_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.verdict import Step, Verdict
from connector.steps.crowd import crowd_of
from connector.steps.matching import matching
from connector.steps.parts import Parts
from connector.store import ledger
from connector.store.bulk.slice import MATCHED_AT_BASELINE, NO_MEMORY, NONE, UNMATCHED, Slice

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class JudgedCrowd:
    """A slice, judged. `asset_ids` are the store's ids of the crowd's assets; of who stands `apart` columns cannot tell the
    verdict or the step: who has been on a track, has something under way, or was judged by sales, which bars stages
    (scoring/sales.py).
    """

    people: Slice
    verdicts: Verdicts
    steps: Steps
    asset_ids: NDArray[np.int32]
    apart: Bools

    @property
    def first(self) -> Bools:
        """Who was never judged before."""
        return np.equal(self.people.kept.judged, NONE)

    def known(self, contact: int) -> tuple[Verdict, Step] | None:
        """The verdict and the step of one of them, where columns can tell."""
        row = int(np.searchsorted(self.people.ids, contact))
        return None if self.apart[row] else (self.verdicts.verdict(row), self.steps.step(row))


@contextmanager
def snapshot(parts: Parts) -> Iterator[Connection]:
    """A transaction in which all slices tell of the same moment."""
    with parts.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
        yield conn


def judge_slice(parts: Parts, conn: Connection, people: Slice, order: Sequence[str]) -> JudgedCrowd:
    """Judge a slice by the rulebook of `parts`, as of today. Read-only."""
    named = np.unique(people.events.asset).tolist()
    crowd, ids = crowd_of(parts, people, order, ledger.word_texts(conn), ledger.asset_texts(conn, named))
    verdicts = judge_crowd(crowd, parts.rulebook, parts.today)
    kinds = [place for place, kind in enumerate(crowd.kinds) if kind in parts.rulebook.fields.verdicts]
    apart = people.alone.copy()
    apart[crowd.acts.row[np.isin(crowd.acts.kind, kinds)]] = True
    return JudgedCrowd(people, verdicts, place_crowd(verdicts), ids, apart)


def matching_otherwise(parts: Parts, judged: JudgedCrowd, *, baseline: bool) -> Bools:
    """Who matches a track, or does not, otherwise than is remembered: whether she enters it or leaves it, or why not yet,
    nurturing alone can tell. Who matches since the baseline may not enter by that; before it nobody enters.
    """
    found = np.zeros(len(judged.people), np.bool_)
    for track, matches in matching(parts, judged.people, judged.verdicts, judged.steps).items():
        memory = judged.people.memory[track]
        as_before = np.where(matches, memory == MATCHED_AT_BASELINE, (memory == NO_MEMORY) | (memory == UNMATCHED))
        found |= ~as_before
    return found & ~(judged.first & baseline)
