"""Digests of verdicts: one number that changes when anything does that a person could read of a verdict.

Made of names and numbers, never of places in a rulebook, so that a rule that is added changes the digest of nobody of
whom it does not hold. The same for the single and the bulk path, as both are made of `Receipts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Rulebook
from connector.scoring.columns.evidence import evidence_names
from connector.scoring.columns.receipts import Receipts
from connector.scoring.columns.stages import Steps
from connector.scoring.columns.verdicts import NOT_MEANT, Verdicts
from connector.scoring.rules import RuleList
from connector.scoring.verdict import Step, Verdict

_Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Rows:
    """What stands beside the receipts: exact points, and salts of model, persona, phase, stage and the day since when."""

    numbers: tuple[_Hashes, ...]


def rows_of(verdicts: Sequence[Verdict], steps: Sequence[Step]) -> Rows:
    """The rows of single verdicts."""
    texts = (
        [one.model for one in verdicts],
        [one.persona or "" for one in verdicts],
        [one.phase or "" for one in verdicts],
        [one.after.stage for one in steps],
    )
    since = np.array([one.after.since.toordinal() for one in steps], np.int64)
    exact = np.array([one.exact for one in verdicts], np.int64)
    return Rows((exact.view(np.uint64), since.view(np.uint64), *(_salts(some) for some in texts)))


def rows_of_crowd(verdicts: Verdicts, steps: Steps) -> Rows:
    """The rows of a crowd."""
    models = verdicts.rulebook.models
    salts = (
        _salts([*(model.model for model in models), ""])[verdicts.model],
        _by_model(verdicts.model, verdicts.persona, [tuple(model.factors.fit.personas) for model in models]),
        _by_model(verdicts.model, verdicts.phase, [tuple(model.factors.phase.phases) for model in models]),
        _salts(steps.texts)[steps.after],
    )
    exact, since = (one.astype(np.int64).view(np.uint64) for one in (verdicts.exact, steps.since))
    return Rows((exact, since, *salts))


def digests(receipts: Receipts, rows: Rows, rulebook: Rulebook, rules: RuleList) -> NDArray[np.int64]:
    """A signed 64-bit number for each verdict."""
    models = rulebook.models
    total = _mixed(
        [
            *rows.numbers,
            receipts.enough,
            receipts.audience,
            receipts.answer,
            receipts.similarity,
            *receipts.knowledge,
            *(_by_model(receipts.model, one, [tuple(model.topics) for model in models]) for one in receipts.topics),
        ]
    )
    for model, scores in zip(models, receipts.each.T, strict=True):
        named = np.full(len(scores), _salts([model.model])[0])
        total += _mixed([scores, named]) * (scores != NOT_MEANT)
    for place, model in enumerate(models):
        for name, lacks in zip(evidence_names(model.minimum_evidence), receipts.missing, strict=False):
            total += _salts([name])[0] * (lacks & (receipts.model == place))
    total += _of_lines(receipts, rulebook, rules)
    return total.view(np.int64)


def _of_lines(receipts: Receipts, rulebook: Rulebook, rules: RuleList) -> _Hashes:
    """The digests of everybody's lines, added up."""
    lines = receipts.lines
    salts = _salts([f"{ref.model}\n{ref.part}\n{ref.rule}\n{ref.why}" for ref in rules.refs])
    of_reaction = np.array([ref.part == "reaction" for ref in rules.refs], np.bool_)
    asset = lines.asset.astype(np.uint64)
    tracked = np.flatnonzero(of_reaction[lines.rule])
    asset[tracked] = _salts(["", *rulebook.tracks.tracks])[lines.asset[tracked]]
    amounts = (lines.points, lines.gross, lines.faded, lines.withheld, lines.capped)
    of_line = _mixed([salts[lines.rule], *amounts, lines.day, lines.times, asset, lines.late])
    upto = np.concatenate((np.zeros(1, np.uint64), np.cumsum(of_line, dtype=np.uint64)))[lines.starts]
    return np.asarray(upto[1:] - upto[:-1])


def _by_model(model: NDArray[np.int16], places: NDArray[np.int16], names: Sequence[tuple[str, ...]]) -> _Hashes:
    """The salts of what each place names in the contact's model; that of the empty text for none."""
    most = max(map(len, names))
    table = np.stack([_salts([*of_model, *[""] * (most - len(of_model) + 1)]) for of_model in (*names, ())])
    return table[model, places]


def _salts(texts: Sequence[str]) -> _Hashes:
    """A fixed number for each text, as good as drawn by lot."""
    return np.array(
        [int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") for text in texts], np.uint64
    )


def _mixed(columns: Iterable[NDArray[Any]]) -> _Hashes:
    """One number from each row of numbers: a sum with fixed odd factors, stirred (the finalizer of SplitMix64)."""
    total: _Hashes | None = None
    for place, column in enumerate(columns):
        numbers = column if column.dtype == np.uint64 else column.astype(np.int64).view(np.uint64)
        term = numbers * (_salts([f"factor {place}"])[0] | np.uint64(1))
        total = term if total is None else total + term
    assert total is not None
    total ^= total >> np.uint64(30)
    total *= np.uint64(0xBF58476D1CE4E5B9)
    total ^= total >> np.uint64(27)
    total *= np.uint64(0x94D049BB133111EB)
    return total ^ (total >> np.uint64(31))
