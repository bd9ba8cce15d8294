"""Those of a crowd who did something. Most of a portal never does, and nobody else has any line that tells of acts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.conditions import Did
from connector.rulebook.types import FieldsFile, Model
from connector.scoring.columns.acts import ActTable
from connector.scoring.columns.crowd import Crowd
from connector.scoring.columns.doubts import address_fields
from connector.scoring.columns.lines import Bools, ListedLines, Rows

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Acting:
    """The acts of those (`rows` of `people`) who did something, as one model believes them, by their own numbers."""

    people: int
    rows: Rows
    table: ActTable

    @staticmethod
    def of(crowd: Crowd, day: date, known_by: datetime | None, model: Model, fields: FieldsFile) -> Acting:
        """Whoever of the crowd did something."""
        active = np.zeros(len(crowd), np.bool_)
        active[crowd.acts.row] = True
        rows = np.flatnonzero(active)
        asked = {name: crowd.fields[name] for name in address_fields(fields) if name in crowd.fields}
        acting = crowd if len(rows) == len(crowd) else replace(crowd, fields=asked, changed={}).take(rows)
        return Acting(len(crowd), rows, ActTable(acting, day, known_by, model, fields))

    def did(self, test: Did) -> Bools:
        """For whom of all people `test` holds."""
        return self.among_all(self.table.did(test), False)

    def counts(self, without: Collection[str] = ()) -> NDArray[np.int32]:
        """How many acts everybody has that no machine did and that are not of these kinds."""
        return self.among_all(self.table.counts(without), 0)

    def among_all(self, numbers: NDArray[_T], nothing: Any) -> NDArray[_T]:
        """A number for everybody (on the last axis), given those of whoever did something."""
        if len(self.rows) == self.people:
            return numbers
        result = np.full((*numbers.shape[:-1], self.people), nothing, numbers.dtype)
        result[..., self.rows] = numbers
        return result

    def lines(self, theirs: ListedLines) -> ListedLines:
        """Their lines, under the rows of all people."""
        return ListedLines(tuple(one.of_rows(self.rows) for one in theirs.lines))
