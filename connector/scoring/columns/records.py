"""Bytes of varying length: written for everybody at once, field by field, and read one after another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]


class Records:
    """So many records that grow field by field. Numbers are little-endian and, where they can be negative, signed."""

    def __init__(self, count: int) -> None:
        self.sizes = np.zeros(count, np.intp)
        self._fields: list[tuple[Rows | None, NDArray[np.uint8]]] = []

    def add(self, numbers: NDArray[Any], width: int, rows: Rows | None = None) -> None:
        """Append `numbers` in `width` bytes to the records of `rows` (None: to all). They have to fit."""
        raw = np.ascontiguousarray(numbers.astype("<i8")).view(np.uint8).reshape(-1, 8)[:, :width]
        self._fields.append((rows, raw))
        if rows is None:
            self.sizes += width
        else:
            self.sizes[rows] += width

    def write(self, out: NDArray[np.uint8], starts: Rows) -> None:
        """Write each record into `out` from its start on."""
        cursor = starts.copy()
        for rows, raw in self._fields:
            at = cursor if rows is None else cursor[rows]
            for byte in range(raw.shape[1]):
                out[at + byte] = raw[:, byte]
            if rows is None:
                cursor += raw.shape[1]
            else:
                cursor[rows] += raw.shape[1]


class Reader:
    """Reads the numbers of one record, from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        """True while there is something left."""
        return self._at < len(self._data)

    def take(self, width: int) -> int:
        """The next number, which cannot be negative; 0 for no bytes."""
        return int.from_bytes(self._next(width), "little")

    def signed(self, width: int) -> int:
        """The next number, which can be negative; 0 for no bytes."""
        return int.from_bytes(self._next(width), "little", signed=True)

    def _next(self, width: int) -> bytes:
        self._at += width
        return self._data[self._at - width : self._at]
