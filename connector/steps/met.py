"""Contacts that a pass has met, each counted once however often it meets her."""

from __future__ import annotations

from collections.abc import Collection


class Met:
    """Marks by our own ids: a byte for each up to the highest."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def add(self, contacts: Collection[int]) -> int:
        """Meet these contacts; how many of them were not met before."""
        self._marks.extend(bytes(max(0, max(contacts, default=-1) + 1 - len(self._marks))))
        new = 0
        for one in contacts:
            new += not self._marks[one]
            self._marks[one] = 1
        return new
