"""Two rulebooks held against each other: both judge everybody today, from where she stands, and neither is applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.change.plan.moving import Moving
from connector.change.plan.plan import Cost, Move, Passage, Plan
from connector.change.plan.singly import Single, asks_nurturing, judge_singly
from connector.change.plan.spreading import Spreading
from connector.rulebook.types import Rulebook
from connector.scoring.verdict import Step
from connector.steps import portal
from connector.steps.belonging import belonging
from connector.steps.crowd import wanted
from connector.steps.judged_crowd import JudgedCrowd, judge_slice
from connector.steps.parts import Parts
from connector.steps.reasons import sentence, why_left
from connector.store.bulk.read import slices

Bools = NDArray[np.bool_]

_BATCH = 500


def compared(parts: Parts, active: Rulebook | None, versus: Rulebook, conn: Connection, position: int) -> Plan:
    """What the rulebook of `parts` says of everybody, and `versus` does not: who stands where she would not, and who would
    enter, leave or be handed over by this one alone. Consent is read as the files have it.
    """
    comparing = _Comparing(parts, versus, conn)
    for pair in zip(slices(conn, wanted(parts)), slices(conn, wanted(comparing.other)), strict=True):
        ours, theirs = (
            judge_slice(one, conn, people, comparing.order)
            for one, people in zip((parts, comparing.other), pair, strict=True)
        )
        comparing.add(ours, theirs)
        if parts.progress:
            parts.progress.step("planning", comparing.people)
    return Plan(
        made_at=parts.now(),
        day=parts.today,
        rulebook=parts.rulebook.hash,
        active=active.hash if active else None,
        position=position,
        contacts=comparing.people,
        before=comparing.before.spread(),
        after=comparing.after.spread(),
        moves=tuple(sorted(comparing.moves, key=lambda one: one.contact)),
        enters=tuple(comparing.enters),
        leaves=tuple(comparing.leaves),
        handovers=tuple(comparing.handovers),
        creates=(),
        newly_read=None,
        cost=Cost({}, {}, 0.0),
        held={},
        versus=versus.hash,
    )


class _Comparing:
    """Counts slices as both rulebooks judge them."""

    def __init__(self, parts: Parts, versus: Rulebook, conn: Connection) -> None:
        self.other = replace(parts, rulebook=versus)
        self.order = portal.kept_stage_order(parts)
        self.people = 0
        self.before, self.after = Spreading(), Spreading()
        self.moves: list[Move] = []
        self.enters: list[Passage] = []
        self.leaves: list[Passage] = []
        self.handovers: list[int] = []
        self._parts = parts
        self._conn = conn
        self._moving = Moving(parts, versus, conn)
        self._ranks = {stage.id: rank for rank, stage in enumerate(parts.rulebook.stages.stages)}

    def add(self, ours: JudgedCrowd, theirs: JudgedCrowd) -> None:
        """One slice, the same people judged by either rulebook: singly only of whom columns cannot tell, and by the other one
        only where that could take back what this one says.
        """
        apart, ids = ours.apart | theirs.apart, ours.people.ids
        for spreading, judged in ((self.after, ours), (self.before, theirs)):
            spreading.add(judged.verdicts.score[~apart], judged.steps.after[~apart], judged.steps.texts)
        self._move_crowd(ours, theirs, ~apart)
        contacts = ids[apart | self._asked(self._parts, ours)].tolist()
        alone, theirs_too = set(ids[apart].tolist()), set(ids[self._asked(self.other, theirs)].tolist())
        for start in range(0, len(contacts), _BATCH):
            mine = list(self._judge(self._parts, contacts[start : start + _BATCH], ours))
            both = [one.contact for one in mine if one.contact in alone or (one.contact in theirs_too and _says(one))]
            yours = {one.contact: one for one in self._judge(self.other, both, theirs)}
            for one in mine:
                other = yours.get(one.contact)
                if other is not None and one.contact in alone:
                    self._stand(one, other)
                self._pass(one, other)
        self.people += len(ours.people)

    def _asked(self, parts: Parts, judged: JudgedCrowd) -> Bools:
        belong = belonging(parts, judged.people, judged.verdicts, judged.steps)
        return asks_nurturing(parts, judged, belong, baseline=False)

    def _judge(self, parts: Parts, contacts: Sequence[int], judged: JudgedCrowd) -> Iterator[Single]:
        hearing = portal.hearing(parts)
        return judge_singly(parts, self._conn, contacts, self.order, hearing, baseline=False, known=judged.known)

    def _move_crowd(self, ours: JudgedCrowd, theirs: JudgedCrowd, whom: Bools) -> None:
        code = {text: place for place, text in enumerate(ours.steps.texts)}
        places = np.array([code.get(text, -1) for text in theirs.steps.texts], np.int32)[theirs.steps.after]
        rows = np.flatnonzero(whom & (places != ours.steps.after))
        for row, by_ladder in zip(rows.tolist(), self._moving.by_ladder(ours, rows), strict=True):
            before = theirs.verdicts.verdict(row)
            step = self._step(theirs.steps.step(row), ours.steps.step(row))
            verdict = ours.verdicts.verdict(row)
            self.moves.append(self._moving.move(verdict, step, before.score, before.lines, by_ladder=by_ladder))

    def _stand(self, mine: Single, yours: Single) -> None:
        """Where somebody stands by either."""
        ours, theirs = mine.judged, yours.judged
        self.before.add_one(theirs.verdict.score, theirs.step.after.stage)
        self.after.add_one(ours.verdict.score, ours.step.after.stage)
        if ours.step.after.stage != theirs.step.after.stage:
            step, before = self._step(theirs.step, ours.step), theirs.verdict
            by_ladder = self._moving.one_by_ladder(mine)
            self.moves.append(self._moving.move(ours.verdict, step, before.score, before.lines, by_ladder=by_ladder))

    def _pass(self, mine: Single, yours: Single | None) -> None:
        """What this rulebook alone says of her; the other one says nothing (None) where it was not asked."""
        plan, language = mine.judged.plan, self._parts.rulebook.fields.language
        entered = {one.track for one in yours.judged.plan.enter} if yours else ()
        left = {one.track for one in yours.judged.plan.leave} if yours else ()
        self.enters += [
            Passage(mine.contact, one.track, sentence(one.why, language))
            for one in plan.enter
            if one.track not in entered
        ]
        self.leaves += [
            Passage(mine.contact, one.track, why_left(one.why, language)) for one in plan.leave if one.track not in left
        ]
        if plan.handover is not None and (yours is None or yours.judged.plan.handover is None):
            self.handovers.append(mine.contact)

    def _step(self, theirs: Step, ours: Step) -> Step:
        """From where the other rulebook would have her to where this one would."""
        before, after = theirs.after, ours.after
        rise = -1 < self._ranks.get(before.stage, -1) < self._ranks.get(after.stage, -1)
        return replace(ours, before=before, rise=rise)


def _says(one: Single) -> bool:
    plan = one.judged.plan
    return bool(plan.enter or plan.leave or plan.handover)
