"""Where the shared state of a rate lies: in this process, or in whatever the caller gives (the store)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from itertools import accumulate, pairwise
from threading import Lock
from typing import Any, Protocol, TypeVar

from adapters.budget.pacing import Rate

Result = TypeVar("Result")
Json = Mapping[str, Any]


class Kept(Protocol):
    """One account's state, as JSON."""

    def change(self, step: Callable[[Json | None, float], tuple[Json, Result]]) -> Result:
        """Replace the state by what `step` makes of it and of the keeper's clock (seconds); nobody else does meanwhile.

        Returns what else `step` gives.
        """


class InMemory:
    """The state of one process; for tools and tests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._state: Json | None = None

    def change(self, step: Callable[[Json | None, float], tuple[Json, Result]]) -> Result:
        """See `Kept`."""
        with self._lock:
            self._state, result = step(self._state, self._clock())
            return result


def to_json(rate: Rate) -> dict[str, Any]:
    """As JSON; permits as the gaps between them, which keeps two hundred of them within a row of the store."""
    gaps = [after - before for before, after in pairwise(rate.permits)]
    return {**asdict(rate), "permits": [*rate.permits[:1], *gaps]}


def from_json(value: Json | None) -> Rate:
    """What `to_json` made; None is an account that nobody has called yet."""
    if value is None:
        return Rate()
    known = {each.name: value[each.name] for each in fields(Rate) if each.name in value}  # another version wrote it
    told = value["told"]
    return Rate(**{**known, "permits": tuple(accumulate(value["permits"])), "told": tuple(told) if told else None})
