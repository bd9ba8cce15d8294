"""The lines of one factor for everybody, as a matrix: one row per rule, one column per contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Block:
    """Lines by rule (first axis, in the file's order) and contact (second axis), as in `verdict.Line`.

    `there` says which lines stand in the receipt at all; where it is False every number is 0. `rules` are numbers of the
    rule list. Points and what was taken off are thousandths (int32); `day` an ordinal, 0 for none; `asset` a place in
    the crowd's assets, -1 for none.
    """

    rules: tuple[int, ...]
    there: NDArray[np.bool_]
    points: NDArray[np.int32]
    gross: NDArray[np.int32]
    faded: NDArray[np.int32]
    withheld: NDArray[np.int32]
    capped: NDArray[np.int32]
    day: NDArray[np.int32]
    times: NDArray[np.int32]
    asset: NDArray[np.int32]
    late: NDArray[np.bool_]

    @staticmethod
    def empty(rules: tuple[int, ...], people: int) -> Block:
        """A block of those rules without any line yet, to be filled in place."""
        shape = (len(rules), people)

        def numbers() -> NDArray[np.int32]:
            return np.zeros(shape, np.int32)

        return Block(
            rules=rules,
            there=np.zeros(shape, np.bool_),
            points=numbers(),
            gross=numbers(),
            faded=numbers(),
            withheld=numbers(),
            capped=numbers(),
            day=numbers(),
            times=numbers(),
            asset=np.full(shape, -1, np.int32),
            late=np.zeros(shape, np.bool_),
        )
