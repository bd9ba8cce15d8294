"""What `/metrics` says, in Prometheus' text. Read-only; the dear figures are kept for as long as they are worth.

Counting a million rows takes a second, and somebody may scrape every five: each figure is counted anew only after a
hundred times as long as it took, so that seeing never costs more than a hundredth of the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, text

from adapters.budget.kept import from_json
from adapters.budget.limit import Limit
from connector.change.noticed import now_noticed
from connector.steps.bell import SYNC, WORK
from connector.steps.circuit import Kind
from connector.steps.health import health_of, last_pass
from connector.store import failures, handovers, inbox, ledger, outbox, state
from connector.store.alert import open_alerts
from connector.store.called import calls_made
from connector.store.rate import kept_rates

#: A figure is kept for this many times as long as it took to count.
_WORTH = 100
_PATIENCE = text("SET LOCAL statement_timeout = '20s'")

#: What is told of a proposal, by the names of its `Size`.
_WOULD = {
    "moves": "Who would move to another stage",
    "enters": "Who would enter a track",
    "leaves": "Who would leave one",
    "handovers": "Whom sales would be given",
    "writes": "Records that would be written",
    "calls": "Calls that it would take",
    "held": "What would be held",
}

#: By the values of the labels, a tuple of texts.
Figures = Mapping[Any, float]


class Metrics(Collector):
    """Everything that can be seen of one store. `limits` are those of the accounts that are on, by name.

    Thread-safe: while one caller counts a figure, the others get the one before, if there is any.
    """

    def __init__(
        self,
        engine: Engine,
        platforms: Sequence[str],
        limits: Mapping[str, Limit],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._platforms = platforms
        self._limits = limits
        self._now = now
        self._deliveries = _Kept(inbox.count_by_ending, monotonic)
        self._oldest = _Kept(self._oldest_delivery, monotonic)
        self._intents = _Kept(outbox.pending_counts, monotonic)
        self._contacts = _Kept(lambda conn: {(stage,): n for stage, n in ledger.count_stages(conn).items()}, monotonic)
        self._failures = _Kept(lambda conn: {(): failures.count_open(conn)}, monotonic)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Prometheus' text. Raises StoreUnavailable."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Every figure as of now. Raises StoreUnavailable."""
        with self._engine.connect() as conn:
            conn.execute(_PATIENCE)
            seen = self._platforms_seen(conn)
            return [*self._work(conn), *seen, *self._budget(conn), *self._progress(conn), *self._files(conn)]

    def _work(self, conn: Connection) -> Iterable[Metric]:
        deliveries, intents = self._deliveries.get(conn), self._intents.get(conn)
        yield _gauge("trellis_deliveries", "Deliveries kept, by platform and state", ("platform", "state"), deliveries)
        yield _gauge("trellis_oldest_delivery_seconds", "Age of the oldest that waits", (), self._oldest.get(conn))
        yield _gauge("trellis_intents", "Intents that are not over, by kind and state", ("kind", "state"), intents)
        unknown = {
            ("deliveries",): sum(n for (_, ending), n in deliveries.items() if ending == "unknown"),
            ("intents",): sum(n for (_, ended), n in intents.items() if ended in {"unknown", "parked"}),
        }
        yield _gauge("trellis_unknown", "What nobody but a person can end", ("what",), unknown)
        yield _gauge("trellis_failures_open", "Records in `trellis failures list`", (), self._failures.get(conn))
        yield _gauge("trellis_contacts", "Contacts, by stage", ("stage",), self._contacts.get(conn))
        over = {(what,): float(number) for what, number in handovers.count(conn).items()}
        yield _gauge("trellis_handovers", "Hand-overs that nobody has touched yet, and those overdue", ("state",), over)
        alerts: dict[Any, float] = {}
        for kind, _ in open_alerts(conn):
            alerts[kind,] = alerts.get((kind,), 0) + 1
        yield _gauge("trellis_alerts_open", "Alerts that are not over, by kind", ("kind",), alerts)

    def _platforms_seen(self, conn: Connection) -> Iterable[Metric]:
        calls = CounterMetricFamily("trellis_calls", "Calls made, by how they ended", labels=("platform", "outcome"))
        for labels, number in calls_made(conn).items():
            calls.add_metric(labels, number)
        yield calls
        now = self._now()
        health = {platform: health_of(conn, platform, now) for platform in self._platforms}
        success = {(one,): each.worked_at.timestamp() for one, each in health.items() if each.worked_at}
        yield _gauge("trellis_last_success_timestamp_seconds", "Last pass that went well", ("platform",), success)
        trouble = {
            (one, kind): float(each.trouble is not None and each.trouble.kind is kind)
            for one, each in health.items()
            for kind in Kind
        }
        yield _gauge("trellis_trouble", "1 while this is the matter with a platform", ("platform", "kind"), trouble)

    def _budget(self, conn: Connection) -> Iterable[Metric]:
        states, clock = kept_rates(conn, list(self._limits))
        now_ms, labels = int(clock * 1000), ("platform", "bucket")
        pace: dict[Any, float] = {}
        part: dict[Any, float] = {}
        left: dict[Any, float] = {}
        for account, kept in states.items():
            platform, _, rest = account.partition(":")
            key, rate = (platform, "search" if rest.endswith(":search") else "calls"), from_json(kept)
            limit = rate.limit(self._limits[account], now_ms)
            part[key] = rate.part(now_ms)
            if limit is not None:
                pace[key] = rate.a_second(limit, now_ms)
            if rate.day is not None:
                left[platform,] = rate.day_remaining
        yield _gauge("trellis_rate_permits_per_second", "Calls a second that may be made", labels, pace)
        yield _gauge("trellis_rate_part", "What refusals left of the whole rate, 0 to 1", labels, part)
        yield _gauge("trellis_daily_calls_remaining", "As the platform last told it", ("platform",), left)

    def _progress(self, conn: Connection) -> Iterable[Metric]:
        now = self._now()
        read = {key: (now - at).total_seconds() for key, at in state.cursors_read(conn).items()}
        yield _gauge("trellis_cursor_lag_seconds", "Since a stream was read to its end", ("source", "stream"), read)
        passes = {(job,): last_pass(conn, job, now) for job in (SYNC, WORK)}
        ended = {job: at.timestamp() for job, at in passes.items() if at}
        yield _gauge("trellis_last_pass_timestamp_seconds", "End of the worker's last pass", ("job",), ended)

    def _files(self, conn: Connection) -> Iterable[Metric]:
        """As a watcher last said; no figure without one, for then nobody knows."""
        noticed = now_noticed(conn, self._now())
        valid: Figures = {} if noticed is None else {(): float(not noticed.problems)}
        differ: Figures = {} if noticed is None else {(): float(noticed.differs)}
        yield _gauge("trellis_files_valid", "1 while the files of mappings/ are without mistakes", (), valid)
        yield _gauge("trellis_files_differ", "1 while they are not the active rulebook", (), differ)
        size = None if noticed is None else noticed.size
        for name, what in _WOULD.items():
            would: Figures = {} if size is None else {(): float(getattr(size, name))}
            yield _gauge(f"trellis_plan_{name}", f"{what}, should the files be applied", (), would)

    def _oldest_delivery(self, conn: Connection) -> Figures:
        oldest = inbox.oldest_waiting(conn)
        return {(): 0.0 if oldest is None else max(0.0, (self._now() - oldest).total_seconds())}


class _Kept:
    """One figure, counted anew when it is due."""

    def __init__(self, count: Callable[[Connection], Figures], clock: Callable[[], float]) -> None:
        self._count = count
        self._clock = clock
        self._counting = Lock()
        self._figures: Figures | None = None
        self._due = 0.0

    def get(self, conn: Connection) -> Figures:
        if self._figures is not None and (self._clock() < self._due or self._counting.locked()):
            return self._figures
        with self._counting:
            began = self._clock()
            if self._figures is None or began >= self._due:
                self._figures = self._count(conn)
                ended = self._clock()
                self._due = ended + _WORTH * (ended - began)
            return self._figures


def _gauge(name: str, what: str, labels: Sequence[str], values: Figures) -> Metric:
    gauge = GaugeMetricFamily(name, what, labels=labels)
    for key, value in values.items():
        gauge.add_metric(key, value)
    return gauge
