"""Which rules hold of whom, one bit each: eight rules fit a byte, and their points are added by a table of 256 sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BITS = np.arange(8, dtype=np.uint8)
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Hits:
    """`bits[i // 8]` has bit `i % 8` set for the people of whom rule `i` (of `count`) holds."""

    count: int
    bits: NDArray[np.uint8]

    @staticmethod
    def none(count: int, people: int) -> Hits:
        """No rule holds of anybody yet; `bits` is to be filled in place."""
        return Hits(count, np.zeros(((count + 7) // 8, people), np.uint8))

    def of(self, rule: int) -> NDArray[np.bool_]:
        """Of whom one rule holds."""
        return np.asarray(self.bits[rule // 8] & np.uint8(1 << rule % 8), np.bool_)

    def matrix(self, people: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Rules by people, for some people."""
        few = self.bits[:, people]
        return (
            ((few[:, None, :] >> _BITS[:, None]) & 1).reshape(8 * len(few), len(people))[: self.count].astype(np.bool_)
        )

    def total(self, points: Sequence[int]) -> NDArray[np.int32]:
        """The sum of the points of the rules that hold, for each person. `points` are one number a rule.

        Raises OverflowError where the points of all rules together do not fit 32 bits (no rulebook comes near it).
        """
        if sum(map(abs, points)) > _INT32_MAX:
            raise OverflowError("the points of these rules add up to more than 32 bits hold")
        sums = np.zeros(self.bits.shape[1], np.int32)
        for row, of_row in enumerate(self.bits):
            eight = np.array([*points[8 * row : 8 * row + 8], *[0] * 8][:8], np.int32)
            if eight.any():
                sums += np.take(_sums_of(eight), of_row)
        return sums


def _sums_of(eight: NDArray[np.int32]) -> NDArray[np.int32]:
    """The sum of the chosen of eight points, for each of the 256 choices."""
    chosen = (np.arange(256, dtype=np.int32)[:, None] >> _BITS.astype(np.int32)) & 1
    return np.asarray(chosen @ eight, np.int32)
