"""Who would move from stage to stage, and because of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from connector.change.plan.because import because
from connector.change.plan.earlier import EarlierLines
from connector.change.plan.plan import Move
from connector.change.plan.singly import Single
from connector.rulebook.types import Rulebook
from connector.scoring.columns.placing import place_crowd
from connector.scoring.columns.score import judge_crowd
from connector.scoring.placing import place
from connector.scoring.verdict import Line, Step, Verdict
from connector.steps.judged_crowd import JudgedCrowd
from connector.steps.parts import Parts
from connector.store.bulk.slice import NONE

Bools = NDArray[np.bool_]

_BATCH = 10_000


class Moving:
    """Tells moves under the rulebook of `parts` from where everybody stands. `active` is the one that put them there."""

    def __init__(self, parts: Parts, active: Rulebook | None, conn: Connection) -> None:
        rulebook = parts.rulebook
        self._parts = parts
        self._earlier = EarlierLines(conn, [rulebook, *([active] if active else [])])
        former = {model.model: model for model in active.models} if active else {}
        self._same_models = {one.model for one in rulebook.models if former.get(one.model) == one}
        self._by_former_ladder: Rulebook | None = None
        if active is not None and active.stages != rulebook.stages:
            self._by_former_ladder = rulebook.model_copy(update={"stages": active.stages})

    def of_crowd(self, judged: JudgedCrowd, whom: Bools) -> Iterator[Move]:
        """The moves of those of a slice."""
        verdicts, steps, kept = judged.verdicts, judged.steps, judged.people.kept
        movers = np.flatnonzero(whom & steps.moved)
        for start in range(0, len(movers), _BATCH):
            rows = movers[start : start + _BATCH]
            lines = self._earlier.of(judged.people.ids[rows].tolist())
            for row, by_ladder in zip(rows.tolist(), self.by_ladder(judged, rows), strict=True):
                verdict, score = verdicts.verdict(row), int(kept.score[row])
                earlier = lines.get(verdict.contact, ())
                yield self.move(
                    verdict, steps.step(row), None if score == NONE else score, earlier, by_ladder=by_ladder
                )

    def of_singles(self, some: Iterable[Single]) -> Iterator[Move]:
        """The moves of those who were judged singly, of whoever moves."""
        movers = [one for one in some if one.judged.step.moved]
        lines = self._earlier.of([one.contact for one in movers])
        for her in movers:
            last, earlier = her.person.verdict, lines.get(her.contact, ())
            by_ladder = self.one_by_ladder(her)
            score = last.score if last else None
            yield self.move(her.judged.verdict, her.judged.step, score, earlier, by_ladder=by_ladder)

    def move(self, verdict: Verdict, step: Step, score: int | None, lines: Sequence[Line], *, by_ladder: bool) -> Move:
        """One move. `score` and `lines` are those of before."""
        same_model = verdict.model in self._same_models
        return Move(
            contact=verdict.contact,
            before=step.before.stage if step.before else None,
            after=step.after.stage,
            rise=step.rise,
            score_before=score,
            score_after=verdict.score,
            because=because(step, verdict, lines, self._parts.rulebook, by_ladder=by_ladder, same_model=same_model),
        )

    def by_ladder(self, judged: JudgedCrowd, rows: NDArray[np.intp]) -> Sequence[bool]:
        """Which of these people the same verdict would put elsewhere by the former stages.yaml."""
        if self._by_former_ladder is None:
            return [False] * len(rows)
        crowd = judged.verdicts.crowd.take(rows)
        former = place_crowd(judge_crowd(crowd, self._by_former_ladder, judged.verdicts.day))
        stages = zip(former.after.tolist(), judged.steps.after[rows].tolist(), strict=True)
        return [former.texts[ours] != judged.steps.texts[theirs] for ours, theirs in stages]

    def one_by_ladder(self, her: Single) -> bool:
        """The same of somebody who was judged singly."""
        if self._by_former_ladder is None:
            return False
        judged = her.judged
        former = place(judged.step.before, judged.verdict, judged.contact, self._by_former_ladder, judged.verdict.day)
        return former.after.stage != judged.step.after.stage
