"""Numbers that readers see late: counts at Mailchimp trail behind the members (facts/mailchimp.md §8.15)."""

from collections import deque
from datetime import datetime


class Lagging:
    """A counter that remembers when it moved, so that it can be read as of an earlier moment."""

    __slots__ = ("_moves", "_settled")

    def __init__(self) -> None:
        self._settled = 0
        self._moves: deque[tuple[datetime, int]] = deque()

    def add(self, step: int, at: datetime) -> None:
        """Move by `step` at `at`."""
        self._moves.append((at, step))

    def read(self, at: datetime) -> int:
        """The value as it stood at `at`; later reads must not go back further."""
        while self._moves and self._moves[0][0] <= at:
            self._settled += self._moves.popleft()[1]
        return max(0, self._settled)
