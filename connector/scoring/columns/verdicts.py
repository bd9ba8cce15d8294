"""What the bulk path answers: verdicts as columns, and each of them as the single path would have given it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.types import Rulebook
from connector.scoring.columns.crowd import UNKNOWN, Crowd
from connector.scoring.columns.lines import Lines, RuleLines, by_contact
from connector.scoring.columns.model import ModelColumns
from connector.scoring.rules import RuleList
from connector.scoring.verdict import NO_MODEL, Line, Part, Verdict

#: What `Verdicts.each` has where a model has not enough data for a score, and where it is not meant for somebody.
NO_SCORE = -1
NOT_MEANT = -2

Places = NDArray[np.int16]


@dataclass(frozen=True)
class Verdicts:
    """One verdict for each row of the crowd, that of the best model; -1 stands for none where `Verdict` has None.

    `model` is the place in `rulebook.models`, `persona`, `phase` and `topics` (by rank and contact) are places in those of
    that model. `parts` and `exact` are thousandths. `each` has a column per model: the score, NO_SCORE or NOT_MEANT.
    `knowledge` is in percent, -1 where the model does not ask. `at` is the row in its model's columns.
    """

    crowd: Crowd
    rulebook: Rulebook
    rules: RuleList
    day: date
    known_by: datetime | None
    models: tuple[ModelColumns, ...]
    model: Places
    at: NDArray[np.intp]
    enough: NDArray[np.bool_]
    score: Places
    exact: NDArray[np.int32]
    parts: Mapping[Part, NDArray[np.int32]]
    persona: Places
    similarity: Places
    phase: Places
    audience: NDArray[np.bool_]
    knowledge: Mapping[str, Places]
    topics: NDArray[np.int16]
    each: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.model)

    @cached_property
    def lines(self) -> Lines:
        """The receipts of everybody, by contact."""
        return by_contact(len(self), self._rule_lines())

    def verdict(self, row: int) -> Verdict:
        """The verdict of one contact, equal to what `scoring.score.judge` gives."""
        contact, of = int(self.crowd.ids[row]), self.model[row]
        if of == UNKNOWN:
            return Verdict(contact, "", self.day, self.rulebook.hash, enough=False, score=None, missing=(NO_MODEL,))
        columns = self.models[of]
        model = columns.model
        each = MappingProxyType(
            {
                one.model.model: None if score == NO_SCORE else int(score)
                for one, score in zip(self.models, self.each[row], strict=True)
                if score != NOT_MEANT
            }
        )
        if not self.enough[row]:
            missing = columns.evidence.missing(int(self.at[row]))
            return Verdict(
                contact, model.model, self.day, self.rulebook.hash, enough=False, score=None, missing=missing, each=each
            )
        return Verdict(
            contact=contact,
            model=model.model,
            day=self.day,
            rulebook=self.rulebook.hash,
            enough=True,
            score=int(self.score[row]),
            exact=int(self.exact[row]),
            parts=MappingProxyType({part: int(points[row]) for part, points in self.parts.items()}),
            lines=tuple(self._lines_of(row)),
            persona=_named(self.persona[row], model.factors.fit.personas),
            similarity=int(self.similarity[row]),
            phase=_named(self.phase[row], model.factors.phase.phases),
            audience=bool(self.audience[row]),
            knowledge=MappingProxyType(
                {name: int(percent[row]) for name, percent in self.knowledge.items() if percent[row] != UNKNOWN}
            ),
            topics=tuple(name for place in self.topics[:, row] if (name := _named(place, model.topics)) is not None),
            each=each,
        )

    def _rule_lines(self) -> Iterator[RuleLines]:
        for place, columns in enumerate(self.models):
            best = (self.model[columns.rows] == place) & self.enough[columns.rows]
            yield from columns.lines(best)

    def _lines_of(self, row: int) -> Iterator[Line]:
        lines = self.lines
        for place in range(lines.starts[row], lines.starts[row + 1]):
            ref = self.rules.refs[lines.rule[place]]
            day, asset = int(lines.day[place]), lines.asset[place]
            yield Line(
                part=ref.part,
                rule=ref.rule,
                points=int(lines.points[place]),
                why=ref.why,
                gross=int(lines.gross[place]),
                faded=int(lines.faded[place]),
                withheld=int(lines.withheld[place]),
                capped=int(lines.capped[place]),
                day=date.fromordinal(day) if day else None,
                times=int(lines.times[place]),
                asset="" if asset == UNKNOWN else self.crowd.assets[asset],
                late=bool(lines.late[place]),
            )


def _named(place: int, names: Mapping[str, object]) -> str | None:
    return None if place == UNKNOWN else tuple(names)[place]
