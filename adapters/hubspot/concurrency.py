"""How many calls at once are worth it, and making so many."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from adapters.budget import BRISK

#: More than this many calls at once are never under way for one task.
MOST_AT_ONCE = 12
#: What passes between an answer and the next call of the same walker, in seconds.
TURNAROUND_S = 0.005
#: So many answers a second are about what one process can take in: beyond it, waiting is not what takes the time.
FASTEST = 400.0

_T = TypeVar("_T")
_R = TypeVar("_R")


def worthwhile(rate: float, latency_s: float) -> int:
    """Calls at once that keep up `rate` calls a second where each takes `latency_s` (Little's law); 1 to MOST_AT_ONCE.

    Enough for the moments at which the budget lets calls follow each other more briskly: a permit that nobody is there to
    take is used later, and the whole of the next window with it.
    """
    at_once = math.ceil(min(BRISK * rate * (latency_s + TURNAROUND_S), FASTEST * latency_s))
    return max(1, min(MOST_AT_ONCE, at_once))


def gather(call: Callable[[_T], _R], items: Sequence[_T], at_once: Callable[[], int]) -> list[_R]:
    """What `call` gives for each item, in order; one after the other until `at_once` says that more are worthwhile.

    Raises the error of the first item that fails, once no call is under way any more; what had not begun never begins.
    """
    results: list[_R] = []
    while len(results) < len(items) and (len(items) - len(results) == 1 or at_once() == 1):
        results.append(call(items[len(results)]))
    rest = items[len(results) :]
    if not rest:
        return results
    with ThreadPoolExecutor(min(at_once(), len(rest))) as pool:
        calls = [pool.submit(copy_context().run, call, each) for each in rest]
        try:
            return [*results, *(each.result() for each in calls)]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
