"""Who has enough evidence for a score, and what the others lack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import KnownEvidence, MinimumEvidence
from connector.scoring.columns.acting import Acting
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.lines import Bools
from connector.scoring.verdict import ANY_ACT


@dataclass(frozen=True, slots=True)
class EvidenceColumns:
    """Who has enough; for the others `lacking` says which of `names` are missing: by name and contact."""

    enough: Bools
    names: tuple[str, ...]
    lacking: NDArray[np.bool_]

    def missing(self, row: int) -> tuple[str, ...]:
        """What is missing for a score of one contact; empty if nothing is."""
        if self.enough[row]:
            return ()
        return tuple(name for name, lacks in zip(self.names, self.lacking[:, row], strict=True) if lacks)


def evidence_names(minimum: MinimumEvidence | None) -> tuple[str, ...]:
    """Everything that can be missing for a score, in the order in which a verdict names it."""
    names: dict[str, None] = {}
    for way in () if minimum is None else minimum.any:
        names.update(dict.fromkeys(way.of if isinstance(way, KnownEvidence) else (ANY_ACT,)))
    return tuple(names)


def evidence(crowd: Crowd, acting: Acting, minimum: MinimumEvidence | None) -> EvidenceColumns:
    """As a single judgement asks for evidence, of everybody."""
    names = evidence_names(minimum)
    known = {name: _knows(crowd, name) for name in names if name != ANY_ACT}
    lacking = np.array([~known[name] if name in known else np.ones(len(crowd), np.bool_) for name in names])
    lacking = lacking.reshape(len(names), len(crowd))
    enough = np.asarray(~lacking.any(axis=0))
    for way in () if minimum is None else minimum.any:
        if isinstance(way, KnownEvidence):
            enough |= sum((known[name] for name in way.of), np.zeros(len(crowd), np.int32)) >= way.known
        else:
            enough |= acting.counts(way.except_) >= way.events
    return EvidenceColumns(enough, names, lacking)


def _knows(crowd: Crowd, name: str) -> Bools:
    column = crowd.fields.get(name)
    return np.zeros(len(crowd), np.bool_) if column is None else column.codes >= 0
