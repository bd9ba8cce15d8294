"""What platforms are to show of everybody, in columns of texts, and questions about it asked once of each distinct pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import PropertyWrite, Rulebook, ScoreWrite
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import NO_SCORE, Verdicts
from connector.store.bulk.slice import NONE, TextColumn

Bools = NDArray[np.bool_]

_SCORES = (*(str(number) for number in range(101)), "")


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of everybody, and where it is written: `codes` are places in `texts`."""

    target: PropertyWrite | ScoreWrite | None
    codes: NDArray[np.int32]
    texts: Sequence[str]


def shown_at_once(rulebook: Rulebook, verdicts: Verdicts, steps: Steps) -> Iterator[Shown]:
    """Stage, persona and phase."""
    write, models = rulebook.fields.write, rulebook.models
    yield Shown(write.stage, steps.after, steps.texts)
    personas = [tuple(model.factors.fit.personas) for model in models]
    phases = [tuple(model.factors.phase.phases) for model in models]
    for target, places, names in ((write.persona, verdicts.persona, personas), (write.phase, verdicts.phase, phases)):
        texts = ["", *dict.fromkeys(name for some in names for name in some)]
        codes = np.zeros(len(verdicts), np.int32)
        for place, some in enumerate(names):
            rows = np.flatnonzero((verdicts.model == place) & (places != NONE))
            codes[rows] = np.array([*(texts.index(name) for name in some), 0], np.int32)[places[rows]]
        yield Shown(target, codes, texts)


def shown_scores(rulebook: Rulebook, verdicts: Verdicts) -> Iterator[Shown]:
    """The score, and those of single models that have a property of their own; empty for none."""
    write = rulebook.fields.write
    names = [model.model for model in rulebook.models]
    each: list[tuple[PropertyWrite | ScoreWrite, NDArray[np.int16]]] = [(write.score, verdicts.score)]
    each += [
        (target, np.maximum(verdicts.each[:, names.index(model)], NO_SCORE)) for model, target in write.scores.items()
    ]
    for target, score in each:
        yield Shown(target, np.where(score == NO_SCORE, len(_SCORES) - 1, score).astype(np.int32), _SCORES)


def ask_pairs(shown: Shown, held: TextColumn, ask: Callable[[str, str | None], bool]) -> Bools:
    """What `ask` says of each pair of our text and the platform's; asked once of each distinct pair."""
    theirs = (*held.texts, None)
    pairs = shown.codes.astype(np.int64) * len(theirs) + held.codes % len(theirs)
    distinct, places = np.unique(pairs, return_inverse=True)
    answers = [ask(shown.texts[pair // len(theirs)], theirs[pair % len(theirs)]) for pair in distinct.tolist()]
    result: Bools = np.array(answers, np.bool_)[places]
    return result
