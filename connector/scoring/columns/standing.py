"""Which state and which stages fit everybody, whatever they stood on: the conditions of stages.yaml asked of verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.conditions import COMPUTED, Condition, names
from connector.rulebook.types import POINT, TrustShares
from connector.scoring.causes import BY_CONSENT, BY_EVIDENCE
from connector.scoring.columns.acts import ActTable
from connector.scoring.columns.conditions import Numbers, Subject
from connector.scoring.columns.crowd import UNKNOWN, Column
from connector.scoring.columns.knowledge import rounded
from connector.scoring.columns.lines import Bools, Rows
from connector.scoring.columns.model import ModelColumns, fields_of
from connector.scoring.columns.verdicts import Verdicts
from connector.scoring.computed import WIN
from connector.scoring.verdict import NOT_ENOUGH_DATA, SUPPRESSED


@dataclass(frozen=True, slots=True)
class Standing:
    """For each contact the state beside the ladder and its cause (places in `texts`; UNKNOWN: she stands on the ladder),
    and the highest stage that fits her below `bar`, the lowest that she may not stand on (places on the ladder).
    """

    texts: tuple[str, ...]
    state: NDArray[np.int32]
    cause: NDArray[np.int32]
    fitting: NDArray[np.int32]
    bar: NDArray[np.int32]


def standing(verdicts: Verdicts) -> Standing:
    """Ask the conditions of states and stages of everybody."""
    stages = verdicts.rulebook.stages
    texts = tuple(dict.fromkeys((SUPPRESSED, BY_CONSENT, NOT_ENOUGH_DATA, BY_EVIDENCE, *stages.states)))
    ladder = stages.stages
    handover = next((place for place, stage in enumerate(ladder) if stage.handover), len(ladder))
    bar = np.where(verdicts.audience, handover, len(ladder)).astype(np.int32)
    state, cause, fitting = (np.full(len(verdicts), nothing, np.int32) for nothing in (UNKNOWN, UNKNOWN, 0))

    def put(rows: Rows, name: str, because: str) -> None:
        state[rows], cause[rows] = texts.index(name), texts.index(because)

    put(np.flatnonzero(~verdicts.enough), NOT_ENOUGH_DATA, BY_EVIDENCE)
    for group in groups(verdicts):
        for name, one in reversed(tuple(stages.states.items())):
            put(group.rows[group.holds(one.when)], name, name)
        for place, stage in enumerate(ladder[1:], 1):
            fits = np.ones(len(group.rows), np.bool_) if stage.enter is None else group.holds(stage.enter, aim=True)
            fitting[group.rows[fits & (bar[group.rows] > place)]] = place
    put(np.flatnonzero(verdicts.crowd.suppressed), SUPPRESSED, BY_CONSENT)
    return Standing(texts, state, cause, fitting, bar)


@dataclass(frozen=True, slots=True)
class Group:
    """The people (`rows` of the crowd) whose verdict is of one model: the rows `at` of the subjects that are asked.

    `scored` knows what the verdict says, for those who have `enough`; `facts` only what is known of them anyway. `asked` are
    the rows of the crowd that the subjects are about.
    """

    rows: Rows
    asked: Rows
    at: Rows
    enough: Bools
    facts: Subject
    scored: Subject

    def holds(self, condition: Condition, *, aim: bool = False) -> Bools:
        """Of whom of `rows` the condition is true; with `aim` for somebody who is still to be won."""
        facts, scored = (one.knowing(_to_be_won(one.people)) if aim else one for one in (self.facts, self.scored))
        plainly = facts.holds(condition)[self.at]
        if names(condition).isdisjoint(COMPUTED):
            return plainly
        return np.where(self.enough, scored.holds(condition)[self.at], plainly)


def _to_be_won(people: int) -> Mapping[str, Column]:
    return {"aim": Column(np.zeros(people, np.int32), (WIN,))}


def groups(verdicts: Verdicts) -> Iterator[Group]:
    """Everybody, by the model of their verdicts; those of none at last."""
    for place, columns in enumerate(verdicts.models):
        rows = np.flatnonzero(verdicts.model == place)
        if len(rows):
            model = {"model": Column(np.zeros(columns.facts.people, np.int32), (columns.model.model,))}
            facts, scored = columns.facts.knowing(model), columns.subject.knowing({**model, **_score(columns)})
            yield Group(rows, columns.rows, verdicts.at[rows], verdicts.enough[rows], facts, scored)
    rows = np.flatnonzero(verdicts.model == UNKNOWN)
    if len(rows):
        facts = _unmodeled(verdicts, rows)
        yield Group(rows, rows, np.arange(len(rows)), verdicts.enough[rows], facts, facts)


def _score(columns: ModelColumns) -> Mapping[str, Column | Numbers]:
    return {
        "score": Numbers(rounded(columns.exact) * POINT),
        "audience": Column(columns.audience.astype(np.int32), (False, True)),
    }


def _unmodeled(verdicts: Verdicts, rows: Rows) -> Subject:
    """People for whom no model is meant: nobody doubts what they did."""
    crowd, rulebook = verdicts.crowd.take(rows), verdicts.rulebook
    undoubting = rulebook.models[0].model_copy(update={"trust": TrustShares()})
    table = ActTable(crowd, verdicts.day, verdicts.known_by, undoubting, rulebook.fields)
    return fields_of(crowd, rulebook, verdicts.day).believing(table.did)
