"""One pass: read changes → judge → deliver. And the worker's shorter one, after a ring: take in → judge → deliver.

At most one process works at a time; the lock dies with its connection, so a killed one blocks nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from adapters.budget import urgent
from adapters.ports import PlatformError
from connector.steps import portal
from connector.steps.alerts import raise_alerts, tell_alerts
from connector.steps.alone import Busy, alone
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading import read_hubspot, read_mailchimp
from connector.steps.reading.unread import unread
from connector.steps.retain import retain
from connector.steps.round import Summary, judge, judge_and_deliver, take_in_and_deliver, take_in_waiting
from connector.steps.watch import Watch
from connector.store import inbox, ledger, state

__all__ = ["Busy", "Stopped", "Summary", "is_baseline", "sync", "work"]

#: So many are named; the others are found by their stage.
_MOST_READY = 20


def sync(
    parts: Parts,
    *,
    full: bool = False,
    dry_run: bool = False,
    by_hand: bool = False,
    patience_s: float = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Read what changed (or everything), judge, deliver. The first pass of a platform is a baseline (promise 6).

    Another process at work is waited for `patience_s` seconds. A dry run reads into the store and judges, but keeps no
    judgement and writes nothing to the platforms. A platform whose circuit is open is left alone, but `by_hand`.

    Raises Busy, PortalMismatch; a platform that fails is in the summary's `errors`, and costs the others nothing.
    """
    with alone(parts.engine, patience_s):
        _require_active(parts)
        if not dry_run:
            retain(parts, stop)
        watch = Watch(parts, by_hand=by_hand)
        summary = Summary(baseline=is_baseline(parts), errors=[*watch.left])
        met: list[PlatformError] = []
        pause = partial(_let_webhooks_through, watch, summary, met, stop, deliver_too=not dry_run)
        try:
            _sync(watch, summary, pause, stop, full=full, dry_run=dry_run, by_hand=by_hand)
            watch.end("sync")
        finally:
            raise_alerts(parts, after_reading=True, aloud=not by_hand)  # a person reads it from the summary
        summary.errors += met
        with parts.engine.connect() as conn:
            summary.unread = unread(parts, conn)
    tell_alerts(parts, stop)
    return summary


def work(parts: Parts, stop: Callable[[], bool] = lambda: False) -> Summary:
    """After a ring: what the receiver stored, then judge and deliver. Before the baseline deliveries only wait.

    Raises Busy. Platform failures are in the summary; what they left undone is claimed again later.
    """
    with alone(parts.engine):
        _require_active(parts)
        retain(parts, stop)
        watch = Watch(parts)
        summary = Summary(baseline=is_baseline(parts), errors=[*watch.left])
        if not summary.baseline:
            with urgent():
                take_in_and_deliver(watch, summary, stop)
            watch.end("work")
            raise_alerts(parts, after_reading=False)
    tell_alerts(parts, stop)
    return summary


def _require_active(parts: Parts) -> None:
    """Whoever was told the active rulebook before they were alone may have been told an old one: it decides nothing more."""
    with parts.engine.connect() as conn:
        active = state.active(conn)
    if active is not None and active.hash != parts.rulebook.hash:
        raise Busy("another rulebook has become the active one meanwhile: try again")


def is_baseline(parts: Parts) -> bool:
    """True while any platform that is on has not had its first whole pass in this store. Read-only."""
    with parts.engine.connect() as conn:
        return not all(state.baseline_done(conn, source) for source in parts.platforms)


class Stopped(Exception):
    """Told to stop in the middle of reading; what was read is kept, and the next pass goes on there."""


def _sync(
    watch: Watch,
    summary: Summary,
    pause: Callable[[], None],
    stop: Callable[[], bool],
    *,
    full: bool,
    dry_run: bool,
    by_hand: bool,
) -> None:
    parts = watch.parts
    if parts.hubspot is not None and not summary.failed(HUBSPOT):
        watch.attempt(summary.errors, partial(portal.require, parts))
        watch.attempt(summary.errors, partial(portal.read_workflows, parts, by_hand=by_hand))
    for source in () if summary.failed("mailchimp") else parts.mailchimp:
        watch.attempt(summary.errors, partial(portal.require_audience, parts, source))
    take_in_waiting(watch, summary, stop)
    try:
        _read(watch, summary, pause, full=full)
    except Stopped:
        return
    if dry_run:
        judge(watch, summary, stop, keep=False)
        return
    judge_and_deliver(watch, summary, stop)
    if summary.baseline and not summary.errors and not stop():
        for_sales = [stage.id for stage in parts.rulebook.stages.stages if stage.handover]
        with parts.engine.begin() as conn:
            for source in parts.platforms:
                state.finish_baseline(conn, source, parts.now())
            summary.ready = ledger.best_in(conn, for_sales, _MOST_READY)


def _read(watch: Watch, summary: Summary, pause: Callable[[], None], *, full: bool) -> None:
    parts, tally = watch.parts, summary.tally
    if parts.hubspot is not None and not summary.failed(HUBSPOT):
        read = partial(read_hubspot, parts, parts.hubspot, full=full, pause=pause, into=tally)
        watch.attempt(summary.errors, read, asks=HUBSPOT)
    for source, port in () if summary.failed("mailchimp") else parts.mailchimp.items():
        read_audience = partial(read_mailchimp, parts, source, port, full=full, pause=pause, into=tally)
        watch.attempt(summary.errors, read_audience, asks="mailchimp")


def _let_webhooks_through(
    watch: Watch, summary: Summary, met: list[PlatformError], stop: Callable[[], bool], *, deliver_too: bool
) -> None:
    """Between the transactions of a long reading: what waits in the inbox is more urgent than the bulk. Raises Stopped.

    A failure is told (`met`) but ends nothing beyond this pause, unless it opens a circuit: at the next pause, or when this
    pass delivers, the platform may be back.
    """
    if stop():
        raise Stopped
    if summary.baseline or not deliver_too:
        return
    with watch.parts.engine.connect() as conn:
        if not inbox.claimable(conn):
            return
    own = watch.within()
    pause = Summary(baseline=False, errors=[*own.left], met=summary.met)
    with urgent():
        take_in_and_deliver(own, pause, stop)
    summary.tally += pause.tally
    met += pause.errors[len(own.left) :]
