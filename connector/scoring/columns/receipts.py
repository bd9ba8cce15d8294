"""What a verdict says beside its score, as columns: the common ground on which single and bulk verdicts are packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Answer, Rulebook
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.columns.evidence import evidence_names
from connector.scoring.columns.lines import Bools, Lines
from connector.scoring.columns.verdicts import NO_SCORE, NOT_MEANT, Verdicts
from connector.scoring.rules import RuleList
from connector.scoring.verdict import Line, Verdict

#: The answers to an episode; `Receipts.answer` has places in them.
ANSWERS: tuple[str, ...] = get_args(Answer)

#: What knowledge can be of.
KNOWLEDGE = ("brand", "offer")

Places = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Receipts:
    """One receipt for each contact. Places are those in the rulebook, UNKNOWN for none.

    `missing` and `topics` (by rank) are by contact on the second axis; `missing` are the model's `evidence_names`.
    `knowledge` is in percent, in the order of KNOWLEDGE; `each` has a column per model, as in `Verdicts`. In `lines`, `asset`
    is the store's id of the asset, 0 for none; of the lines of reaction it is 1 + the place of the track.
    """

    model: Places
    enough: Bools
    audience: Bools
    answer: Places
    similarity: Places
    missing: NDArray[np.bool_]
    knowledge: tuple[Places, ...]
    topics: NDArray[np.int16]
    each: NDArray[np.int16]
    lines: Lines

    def __len__(self) -> int:
        return len(self.model)


def receipts_of_crowd(verdicts: Verdicts, asset_ids: NDArray[np.int32]) -> Receipts:
    """The receipts of a crowd. `asset_ids` are the store's ids of the crowd's assets, 0 for the empty one."""
    names = max(len(one.evidence.names) for one in verdicts.models)
    missing = np.zeros((names, len(verdicts)), np.bool_)
    for place, columns in enumerate(verdicts.models):
        rows = np.flatnonzero((verdicts.model == place) & ~verdicts.enough)
        missing[: len(columns.evidence.names), rows] = columns.evidence.lacking[:, verdicts.at[rows]]
    ids = np.append(asset_ids, np.int32(0))  # no asset: the last
    return Receipts(
        model=verdicts.model,
        enough=verdicts.enough,
        audience=verdicts.audience,
        answer=np.full(len(verdicts), UNKNOWN, np.int16),
        similarity=verdicts.similarity,
        missing=missing,
        knowledge=tuple(verdicts.knowledge[name] for name in KNOWLEDGE),
        topics=verdicts.topics,
        each=verdicts.each,
        lines=replace(verdicts.lines, asset=ids[verdicts.lines.asset]),
    )


def receipts_of(
    verdicts: Sequence[Verdict], rulebook: Rulebook, rules: RuleList, asset_ids: Mapping[str, int]
) -> Receipts:
    """The receipts of single verdicts of one rulebook. `asset_ids` has every asset of their lines but the empty one."""
    models = {model.model: place for place, model in enumerate(rulebook.models)}
    model = [models.get(one.model, UNKNOWN) for one in verdicts]
    topics = [tuple(rulebook.models[place].topics) if place != UNKNOWN else () for place in model]
    names = [evidence_names(rulebook.models[place].minimum_evidence) if place != UNKNOWN else () for place in model]
    ranks = max((len(one.topics) for one in rulebook.models), default=0)
    lacking = max(len(evidence_names(one.minimum_evidence)) for one in rulebook.models)
    missing = np.zeros((lacking, len(verdicts)), np.bool_)
    ranked = np.full((ranks, len(verdicts)), UNKNOWN, np.int16)
    each = np.full((len(verdicts), len(models)), NOT_MEANT, np.int16)
    for row, one in enumerate(verdicts):
        missing[: len(names[row]), row] = [name in one.missing for name in names[row]]
        ranked[: len(one.topics), row] = [topics[row].index(topic) for topic in one.topics]
        for name, score in one.each.items():
            each[row, models[name]] = NO_SCORE if score is None else score
    return Receipts(
        model=np.array(model, np.int16),
        enough=np.array([one.enough for one in verdicts], np.bool_),
        audience=np.array([one.audience for one in verdicts], np.bool_),
        answer=np.array([UNKNOWN if one.answer is None else ANSWERS.index(one.answer) for one in verdicts], np.int16),
        similarity=np.array([one.similarity for one in verdicts], np.int16),
        missing=missing,
        knowledge=tuple(
            np.array([one.knowledge.get(name, UNKNOWN) for one in verdicts], np.int16) for name in KNOWLEDGE
        ),
        topics=ranked,
        each=each,
        lines=_lines_of(verdicts, rulebook, rules, asset_ids),
    )


def _lines_of(verdicts: Sequence[Verdict], rulebook: Rulebook, rules: RuleList, asset_ids: Mapping[str, int]) -> Lines:
    tracks = {name: place for place, name in enumerate(rulebook.tracks.tracks, 1)}
    all_lines = [(one.model, line) for one in verdicts for line in one.lines]

    def asset(line: Line) -> int:
        if not line.asset:
            return 0
        return tracks[line.asset] if line.part == "reaction" else asset_ids[line.asset]

    def numbers(some: list[int]) -> NDArray[np.int32]:
        return np.array(some, np.int32)

    return Lines(
        starts=np.concatenate(([0], np.cumsum([len(one.lines) for one in verdicts], dtype=np.intp))),
        rule=numbers([rules.numbers[model, line.part, line.rule] for model, line in all_lines]),
        points=numbers([line.points for _, line in all_lines]),
        gross=numbers([line.gross for _, line in all_lines]),
        faded=numbers([line.faded for _, line in all_lines]),
        withheld=numbers([line.withheld for _, line in all_lines]),
        capped=numbers([line.capped for _, line in all_lines]),
        day=numbers([line.day.toordinal() if line.day else 0 for _, line in all_lines]),
        times=numbers([line.times for _, line in all_lines]),
        asset=numbers([asset(line) for _, line in all_lines]),
        late=np.array([line.late for _, line in all_lines], np.bool_),
    )
