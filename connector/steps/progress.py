"""How far long work is: told by the steps, drawn by the command line, ignored by workers and tests."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Somebody who wants to know."""

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """`done` of `total` (None: not known) of `what` are through."""
