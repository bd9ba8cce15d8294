"""How far long work is: told by the steps, drawn by the command line, logged elsewhere, ignored by tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from connector.logs import log

#: Seconds between two log lines of one kind of work.
EVERY_S = 15.0


class Progress(Protocol):
    """Somebody who wants to know."""

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """`done` of `total` (None: not known) of `what` are through."""


class Logged:
    """A structured log line now and then, for work that lasts longer than that."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told_at: dict[str, float] = {}

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """See `Progress`."""
        now = self._monotonic()
        if now - self._told_at.setdefault(what, now) >= EVERY_S:
            self._told_at[what] = now
            log("progress", what=what, done=done, total=total)
