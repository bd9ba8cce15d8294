"""Judging very many at once: everybody's verdict in columns, so that only those who must be are judged singly.

Must be: who moves to another stage, has a value that is worth a write, matches a track she did not match before, has been
on a track, or has something under way. Of all others the verdict alone is kept, where it says anything else than before,
and the day on which she is due again. Line for line it is the verdict that a single judgement would give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.scoring.columns import digests
from connector.scoring.columns.outlook import due_crowd
from connector.scoring.columns.receipts import receipts_of_crowd
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.packed import Packing
from connector.steps.belonging import belonging
from connector.steps.crowd import wanted
from connector.steps.judged_crowd import JudgedCrowd, judge_slice, matching_otherwise, snapshot
from connector.steps.matching import matching
from connector.steps.parts import Parts
from connector.steps.worth_writing import lifecycle_may_move, told, worth_writing
from connector.store import ledger, state
from connector.store.bulk.read import slices
from connector.store.bulk.slice import NONE, TextColumn
from connector.store.bulk.write import (
    BelongingRows,
    FlipRows,
    TrackRows,
    VerdictRows,
    lower_dues,
    write_belonging,
    write_flips,
    write_track_memory,
    write_verdicts,
)
from connector.store.engine import writer_lock
from connector.store.membership import Belonging

Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(slots=True)
class Screened:
    """What a screening came to: how many were looked at, whose verdicts were kept, who is to be judged singly, and who, slice by
    slice, is not.

    `position` is that of the ledger that all of it knew.
    """

    position: int
    people: int = 0
    kept: int = 0
    singly: list[int] = field(default_factory=list)
    calm: list[NDArray[np.int64]] = field(default_factory=list)


def screen(parts: Parts, order: Sequence[str], *, baseline: bool, stop: Callable[[], bool] = lambda: False) -> Screened:
    """Look at everybody in the store as of today. What is kept is kept slice by slice; to be broken off costs nothing.

    Raises ValueError for a rulebook that was never activated.
    """
    with parts.engine.begin() as conn:
        writer_lock(conn)  # whatever has a position by now is seen by the snapshot that follows
        screened = Screened(ledger.position(conn))
        number = state.rulebook_id(conn, parts.rulebook.hash)
        if number is None:
            raise ValueError(f"rulebook {parts.rulebook.hash} was never activated")
        active = _Active(number, ledger.swept(conn, parts.rulebook.hash))
    with snapshot(parts) as conn:
        for people in slices(conn, wanted(parts)):
            judged = judge_slice(parts, conn, people, order)
            singly = _singly(parts, judged, order, baseline=baseline)
            screened.people += len(people)
            screened.singly += people.ids[singly].tolist()
            screened.calm.append(people.ids[~singly])
            screened.kept += _keep(parts, judged, np.flatnonzero(~singly), active, baseline=baseline)
            if parts.progress:
                parts.progress.step("screening", screened.people)
            if stop():
                break
    return screened


@dataclass(frozen=True, slots=True)
class _Active:
    """The store's number of the rulebook that judges, and up to which position everybody was judged by it already."""

    number: int
    swept: int


def _singly(parts: Parts, judged: JudgedCrowd, order: Sequence[str], *, baseline: bool) -> Bools:
    people, first = judged.people, judged.first
    singly = judged.apart.copy()
    singly |= judged.steps.moved & ~first
    singly |= worth_writing(parts, people, judged.verdicts, judged.steps)
    if not baseline:
        singly |= first | lifecycle_may_move(parts, people, judged.steps, order)
    singly |= matching_otherwise(parts, judged, baseline=baseline)
    belong = belonging(parts, people, judged.verdicts, judged.steps)
    singly |= belong.unsure
    for place, there in belong.wanted.items():
        singly |= (there != people.belongs[place.key]) & ~(first & baseline)
    return singly


def _keep(parts: Parts, judged: JudgedCrowd, calm: Rows, rulebook: _Active, *, baseline: bool) -> int:
    """Keep the verdicts of the calm that say something new, or whose day had come; returns how many."""
    people, verdicts, steps = judged.people, judged.verdicts, judged.steps
    receipts = receipts_of_crowd(verdicts, judged.asset_ids)
    digest = digests.digests(receipts, digests.rows_of_crowd(verdicts, steps), parts.rulebook, verdicts.rules)
    kept, today = people.kept, parts.today.toordinal()
    woken = (kept.due > 0) & (kept.due <= today)
    news = (kept.changed > kept.judged) | (kept.rulebook != rulebook.number)
    # Of others nothing is due: they only fade, and stay due when they were.
    asked = judged.first | woken | (news & (kept.changed > rulebook.swept))
    due = due_crowd(verdicts, steps, told(parts, people), asked)
    renewed = judged.first | woken | (asked & (digest != kept.digest))
    rows = calm[renewed[calm]]
    same = calm[~renewed[calm] & (due[calm] > 0) & ((kept.due[calm] == 0) | (due[calm] < kept.due[calm]))]
    packed = Packing(parts.rulebook).pack(receipts)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        numbers = _words(conn, verdicts, steps)
        told_rows = VerdictRows(
            contact=people.ids[rows],
            judged=kept.changed[rows],
            digest=digest[rows],
            exact=verdicts.exact[rows],
            rulebook=np.full(len(rows), rulebook.number, np.int32),
            day=np.full(len(rows), today, np.int32),
            since=steps.since[rows],
            due=due[rows],
            revision=kept.revision[rows],
            score=verdicts.score[rows],
            model=numbers.model[rows],
            stage=numbers.stage[rows],
            persona=numbers.persona[rows],
            phase=numbers.phase[rows],
            handed_over=kept.handed_over[rows],
            receipts=packed.data.tobytes(),
            begins=packed.starts[rows],
            ends=packed.starts[rows + 1],
        )
        written = write_verdicts(conn, told_rows, parts.now())
        lower_dues(conn, people.ids[same], due[same])
        new = rows[written & judged.first[rows]]
        if len(new):
            _keep_first(parts, conn, judged, new, baseline=baseline)
    return int(written.sum())


def _keep_first(parts: Parts, conn: Connection, judged: JudgedCrowd, new: Rows, *, baseline: bool) -> None:
    """The first placement of people, which tracks they match from the beginning on, and where they belong."""
    steps, ids = judged.steps, judged.people.ids
    nobody = np.full(len(new), NONE, np.int32)
    flips = FlipRows(
        contact=ids[new],
        before=TextColumn(nobody, ()),
        after=TextColumn(steps.after[new], steps.texts),
        cause=TextColumn(steps.cause[new], steps.texts),
        rise=steps.rise[new],
        baseline=baseline,
        day=parts.today,
    )
    write_flips(conn, flips, parts.now())
    for track, matches in matching(parts, judged.people, judged.verdicts, steps).items():
        rows = new[matches[new]]
        since = np.full(len(rows), parts.today.toordinal(), np.int32)
        yes = np.ones(len(rows), np.bool_)
        name = TextColumn(np.zeros(len(rows), np.int32), (track,))
        write_track_memory(conn, TrackRows(ids[rows], name, yes, since, yes))
    for place, there in belonging(parts, judged.people, judged.verdicts, steps).wanted.items():
        one = Belonging(place.key, place.source, place.segment, place.guarded)
        held = baseline and place.guarded
        write_belonging(conn, BelongingRows(ids[new[there[new]]], one, parts.today, held))


@dataclass(frozen=True, slots=True)
class _Words:
    """The dictionary's numbers of texts that stand in verdict rows."""

    model: NDArray[np.int16]
    stage: NDArray[np.int16]
    persona: NDArray[np.int16]
    phase: NDArray[np.int16]


def _words(conn: Connection, verdicts: Verdicts, steps: Steps) -> _Words:
    models = verdicts.rulebook.models
    personas = [tuple(model.factors.fit.personas) for model in models]
    phases = [tuple(model.factors.phase.phases) for model in models]
    texts = {
        *steps.texts,
        *(model.model for model in models),
        *(name for some in (*personas, *phases) for name in some),
    }
    number = {"": 0, **ledger.word_ids(conn, sorted(texts - {""}))}

    def by_model(places: NDArray[np.int16], names: Sequence[tuple[str, ...]]) -> NDArray[np.int16]:
        found = np.zeros(len(places), np.int16)
        for place, some in enumerate(names):
            rows = np.flatnonzero((verdicts.model == place) & (places != NONE))
            found[rows] = np.array([*(number[name] for name in some), 0], np.int16)[places[rows]]
        return found

    return _Words(
        model=np.array([*(number[model.model] for model in models), 0], np.int16)[verdicts.model],
        stage=np.array([number[text] for text in steps.texts], np.int16)[steps.after],
        persona=by_model(verdicts.persona, personas),
        phase=by_model(verdicts.phase, phases),
    )
