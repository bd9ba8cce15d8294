"""A release to its end: judge and deliver until nobody is due, and nothing is left that may go now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from connector.steps import portal
from connector.steps.alerts import raise_alerts
from connector.steps.parts import Parts
from connector.steps.round import Summary, judge_and_deliver
from connector.steps.watch import Watch
from connector.store import ledger

#: What is delivered may be news itself (a lifecycle stage is a fact), and is judged once more; never for so long.
_MOST_ROUNDS = 10


def carry_out(parts: Parts, stop: Callable[[], bool]) -> Summary:
    """Judge and deliver until nobody is due. What waits for an hour, a pace or a platform is left to later passes.

    Who listens is looked at first: a rulebook may write to other properties than the one before. A platform that fails is
    in the summary's `errors`. The caller is `alone`.
    """
    watch = Watch(parts, by_hand=True)
    summary = Summary(baseline=False, errors=[*watch.left])
    try:
        watch.attempt(summary.errors, partial(portal.read_workflows, watch.parts))
        for _ in range(_MOST_ROUNDS):
            judge_and_deliver(watch, summary, stop)
            if stop() or not _somebody_is_due(watch.parts):
                break
        watch.end("work")
    finally:
        raise_alerts(parts, after_reading=False, aloud=False)
    return summary


def _somebody_is_due(parts: Parts) -> bool:
    with parts.engine.connect() as conn:
        return ledger.count_to_judge(conn, parts.today, parts.rulebook.hash) > 0
