"""One number or another for everybody, by a mask, without asking row by row."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T", np.int16, np.int32, np.int64)


def where(mask: NDArray[np.bool_], numbers: NDArray[_T], nothing: int) -> NDArray[_T]:
    """As `np.where(mask, numbers, nothing)`, of the numbers' own type, which has to hold their difference as well.

    `np.where` branches at each row. Where the mask is irregular a processor guesses wrong half of the time, which takes
    ten times as long.
    """
    other = numbers.dtype.type(nothing)
    return (numbers - other) * mask + other
