"""Who goes first: what a webhook asks for is urgent, everything else is bulk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgent() -> Iterator[None]:
    """Calls made in this block go before bulk, and on when the day's share of bulk is used up.

    The mark belongs to the context: threads started within the block have it only if they are run in a copy of it.
    """
    token = _urgent.set(True)
    try:
        yield
    finally:
        _urgent.reset(token)


def is_urgent() -> bool:
    """Whether the present call was marked by `urgent`."""
    return _urgent.get()
