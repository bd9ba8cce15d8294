"""One pass: read changes → judge → deliver. And the worker's shorter one, after a ring: take in → judge → deliver.

At most one process works at a time; the lock dies with its connection, so a killed one blocks nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from adapters.budget import urgent
from adapters.ports import PlatformError
from connector.steps import health, portal
from connector.steps.alone import Busy, alone
from connector.steps.deliver import deliver
from connector.steps.judge import judge_all
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading import read_hubspot, read_mailchimp
from connector.steps.reading.submissions import read_rung
from connector.steps.taking_in import take_in_deliveries
from connector.steps.tally import Tally
from connector.store import inbox, ledger, outbox, state

__all__ = ["Busy", "Stopped", "Summary", "is_baseline", "sync", "take_in_waiting", "work"]

#: So many are named; the others are found by their stage.
_MOST_READY = 20


@dataclass(slots=True)
class Summary:
    """What one pass did; `errors` are platforms that failed, the others went on.

    `ready`: after a baseline, who stands on a stage for sales already though nobody may have noticed, the best first.
    """

    baseline: bool
    ready: tuple[int, ...] = ()
    tally: Tally = field(default_factory=Counter)
    errors: list[PlatformError] = field(default_factory=list)


def sync(
    parts: Parts,
    *,
    full: bool = False,
    dry_run: bool = False,
    patience_s: float = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Read what changed (or everything), judge, deliver. The first pass of a platform is a baseline (promise 6).

    Another process at work is waited for `patience_s` seconds. A dry run reads into the store and judges, but keeps no
    judgement and writes nothing to the platforms.

    Raises Busy, PortalMismatch; a platform that fails is in the summary's `errors`, and costs the others nothing.
    """
    with alone(parts.engine, patience_s):
        summary = Summary(baseline=is_baseline(parts))
        _attempt(parts, summary, HUBSPOT if parts.hubspot else None, partial(portal.require, parts))
        for source in parts.mailchimp:
            _attempt(parts, summary, "mailchimp", partial(portal.require_audience, parts, source))
        summary.tally += take_in_waiting(parts, summary, stop)
        pause = partial(_let_webhooks_through, parts, summary, stop, deliver_too=not dry_run)
        try:
            _read(parts, summary, pause, full=full)
        except Stopped:
            return summary
        if dry_run:
            judge = partial(judge_all, parts, baseline=summary.baseline, keep=False, stop=stop)
            _attempt(parts, summary, None, partial(_add_from, summary, judge))
            return summary
        _judge_and_deliver(parts, summary, stop)
        if summary.baseline and not summary.errors and not stop():
            for_sales = [stage.id for stage in parts.rulebook.stages.stages if stage.handover]
            with parts.engine.begin() as conn:
                for source in parts.platforms:
                    state.finish_baseline(conn, source, parts.now())
                summary.ready = ledger.best_in(conn, for_sales, _MOST_READY)
        return summary


def work(parts: Parts, stop: Callable[[], bool] = lambda: False) -> Summary:
    """After a ring: what the receiver stored, then judge and deliver. Before the baseline deliveries only wait.

    Raises Busy. Platform failures are in the summary; what they left undone is claimed again later.
    """
    with alone(parts.engine):
        summary = Summary(baseline=is_baseline(parts))
        if summary.baseline:
            return summary
        with urgent():
            summary.tally += take_in_waiting(parts, summary, stop)
            _judge_and_deliver(parts, summary, stop)
        return summary


def is_baseline(parts: Parts) -> bool:
    """True while any platform that is on has not had its first whole pass in this store. Read-only."""
    with parts.engine.connect() as conn:
        return not all(state.baseline_done(conn, source) for source in parts.platforms)


def take_in_waiting(parts: Parts, summary: Summary, stop: Callable[[], bool]) -> Tally:
    """Deliveries that wait, and the submissions of forms that they ring for; what is of a platform that fails, or has failed
    in this pass, goes on waiting.
    """
    before = len(summary.errors)
    tally = take_in_deliveries(parts, summary.errors, stop)
    for error in summary.errors[before:]:
        health.failed(parts, error)
    if parts.hubspot is not None and not summary.baseline and not _failed(summary, HUBSPOT):
        rung = partial(read_rung, parts, parts.hubspot)
        _attempt(parts, summary, None, lambda: tally.update(events=rung()))
    return tally


class Stopped(Exception):
    """Told to stop in the middle of reading; what was read is kept, and the next pass goes on there."""


def _read(parts: Parts, summary: Summary, pause: Callable[[], None], *, full: bool) -> None:
    if parts.hubspot is not None and not _failed(summary, HUBSPOT):
        read = partial(read_hubspot, parts, parts.hubspot, full=full, pause=pause, into=summary.tally)
        _attempt(parts, summary, HUBSPOT, read)
    for source, port in () if _failed(summary, "mailchimp") else parts.mailchimp.items():
        read_audience = partial(read_mailchimp, parts, source, port, full=full, pause=pause, into=summary.tally)
        _attempt(parts, summary, "mailchimp", read_audience)


def _let_webhooks_through(parts: Parts, summary: Summary, stop: Callable[[], bool], *, deliver_too: bool) -> None:
    """Between the transactions of a long reading: what waits in the inbox is more urgent than the bulk. Raises Stopped."""
    if stop():
        raise Stopped
    if summary.baseline or not deliver_too:
        return
    with parts.engine.connect() as conn:
        if not inbox.waiting(conn):
            return
    with urgent():
        summary.tally += take_in_waiting(parts, summary, stop)
        _judge_and_deliver(parts, summary, stop)


def _judge_and_deliver(parts: Parts, summary: Summary, stop: Callable[[], bool]) -> None:
    judge = partial(judge_all, parts, baseline=summary.baseline, stop=stop)
    _attempt(parts, summary, None, partial(_add_from, summary, judge))
    summary.tally += deliver(parts, summary.errors, stop)
    with parts.engine.connect() as conn:
        summary.tally["contacts"] = ledger.count_contacts(conn)
        summary.tally["still to be written"] = outbox.count_waiting(conn)


def _add_from(summary: Summary, run: Callable[[], Tally]) -> None:
    summary.tally += run()


def _failed(summary: Summary, platform: str) -> bool:
    return any(error.platform == platform for error in summary.errors)


def _attempt(parts: Parts, summary: Summary, platform: str | None, run: Callable[[], object]) -> None:
    try:
        run()
    except PlatformError as error:
        summary.errors.append(error)
        health.failed(parts, error)
    else:
        if platform is not None:
            health.worked(parts, platform)
