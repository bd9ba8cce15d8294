"""Making what has a name of its own: where no usable answer came, HubSpot is asked for it before it is made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from adapters.ports import PlatformUnreachable

_Made = TypeVar("_Made")
#: The reads in between wait and try again by themselves, so that this lasts a while.
_MOST_TRIES = 3


def make_named(make: Callable[[], _Made], find: Callable[[], _Made | None]) -> _Made:
    """What `make` gives; after an answer that never came, what `find` finds, and once more `make` where that is None.

    Only for what was not there before, so that what is found is our doing. Raises PlatformError.
    """
    for _ in range(_MOST_TRIES - 1):
        try:
            return make()
        except PlatformUnreachable as error:
            if not error.maybe_applied:
                raise
        found = find()
        if found is not None:
            return found
    return make()
