"""What `/readyz` and `/metrics` say of a store: cheap, never a trace, and nothing about anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from adapters.budget import RateBudget
from adapters.budget.limit import Limit
from adapters.ports import CredentialsRefused, PlatformUnreachable
from connector.metrics import Metrics
from connector.readiness import readiness
from connector.steps import health
from connector.steps.circuit import Heard
from connector.store import state
from connector.store.engine import connect
from connector.store.errors import StoreUnavailable
from connector.store.migrations import VERSION_TABLE
from connector.store.rate import StoredRate

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
NOWHERE = "postgresql+psycopg://postgres@/none?host=/nonexistent"
BOTH = ("hubspot", "mailchimp")


@pytest.fixture
def engine(database):
    engine = connect(database)
    yield engine
    engine.dispose()


@pytest.fixture
def ready(engine):
    """A store with an active rulebook."""
    with engine.begin() as conn:
        state.activate(conn, "abc", {}, NOW)
    return engine


def parts(engine, at=NOW):
    """As much of the parts as health looks at."""
    return SimpleNamespace(engine=engine, now=lambda: at, accounts={})


def test_a_store_with_a_rulebook_is_ready_before_any_platform_was_asked(ready):
    told = readiness(ready, BOTH, NOW)
    assert told.ready
    assert dict(told.checks) == {
        "store": "ok",
        "schema": "ok",
        "rulebook": "ok",
        "hubspot": "not asked yet",
        "mailchimp": "not asked yet",
    }


def test_without_a_rulebook_it_is_not_ready(engine):
    told = readiness(engine, BOTH, NOW)
    assert (told.ready, told.checks["rulebook"]) == (False, "none is active: run `trellis sync`")


def test_a_store_that_is_away_is_told_in_words():
    engine = connect(NOWHERE)
    told = readiness(engine, BOTH, NOW)
    assert not told.ready
    assert told.checks["store"].startswith("the database is not usable")
    assert "/nonexistent" not in told.checks["store"]  # anybody may ask
    assert told.checks["schema"] == "not asked"
    with pytest.raises(StoreUnavailable):
        Metrics(engine, BOTH, {}, lambda: NOW).text()


@pytest.mark.parametrize("damage", ["DROP TABLE portal_cache", "DROP TABLE release CASCADE"])
def test_a_store_that_somebody_damaged_is_told_without_a_trace(ready, damage):
    with ready.begin() as conn:
        conn.execute(text(damage))
    told = readiness(ready, BOTH, NOW)
    assert not told.ready
    assert told.checks["store"] == "it does not answer as it should (ProgrammingError)"


def test_an_old_schema_is_named(ready):
    with ready.begin() as conn:
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
    told = readiness(ready, BOTH, NOW)
    assert (told.ready, told.checks["store"]) == (False, "ok")
    assert "trellis release" in told.checks["schema"]


def test_each_platform_tells_its_last_success_its_trouble_and_when_it_is_asked_again(ready):
    health.worked(parts(ready), "hubspot")
    away = PlatformUnreachable("hubspot", "no answer about maria@acme.example", maybe_applied=False)
    later = NOW + timedelta(minutes=5)
    health.failed(parts(ready, later), away, Heard(silence=5))
    told = readiness(ready, BOTH, later)
    assert told.ready, "what is away is waited for"
    assert told.checks["hubspot"] == (
        "no usable answer since 2026-11-24T11:05:00+00:00; last success at 2026-11-24T11:00:00+00:00;"
        " asked again at 2026-11-24T11:05:30+00:00"
    )


def test_a_refused_token_makes_it_not_ready_until_it_is_accepted(ready):
    health.failed(parts(ready), CredentialsRefused("mailchimp", "401 API Key Invalid", status=401), Heard(answers=1))
    told = readiness(ready, BOTH, NOW + timedelta(days=1))
    assert (told.ready, told.checks["hubspot"]) == (False, "not asked yet")
    assert told.checks["mailchimp"].startswith("it does not accept our token or key since 2026-11-24T11:00:00+00:00")
    assert readiness(ready, ["hubspot"], NOW).ready, "a platform that is off now keeps nobody"
    health.worked(parts(ready), "mailchimp")
    assert readiness(ready, BOTH, NOW).ready


# ---------------------------------------------------------------- metrics


class Turning:
    """A clock that goes on by itself, by `step` at each look."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def figures(metrics):
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def deliver(engine, number):
    with engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO delivery (platform, body, content_type, meta, received_at)"
                " SELECT 'hubspot', 'x', '', '{}', :at FROM generate_series(1, :n)"
            ),
            {"n": number, "at": NOW - timedelta(minutes=2)},
        )


def test_an_empty_store_has_figures(ready):
    seen = figures(Metrics(ready, BOTH, {}, lambda: NOW))
    assert seen["trellis_oldest_delivery_seconds",] == 0
    assert seen["trellis_trouble", "stopped", "hubspot"] == 0
    assert seen["trellis_unknown", "deliveries"] == 0


def test_a_dear_figure_is_counted_anew_after_a_hundred_times_as_long_as_it_took(ready):
    """A clock on which every count takes a second."""
    clock = Turning(step=1.0)
    metrics = Metrics(ready, BOTH, {}, lambda: NOW, clock)
    deliver(ready, 3)
    assert figures(metrics)["trellis_deliveries", "hubspot", "waiting"] == 3
    deliver(ready, 2)
    asked = []
    event.listen(ready, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert figures(metrics)["trellis_deliveries", "hubspot", "waiting"] == 3
    assert not [one for one in asked if "FROM delivery" in one]
    clock.now += 100
    assert figures(metrics)["trellis_deliveries", "hubspot", "waiting"] == 5


def test_a_cheap_figure_is_always_the_present_one(ready):
    metrics = Metrics(ready, BOTH, {}, lambda: NOW, Turning())
    for number in (1, 2):
        deliver(ready, 1)
        seen = figures(metrics)
        assert seen["trellis_deliveries", "hubspot", "waiting"] == number
        assert seen["trellis_oldest_delivery_seconds",] == 120


def test_the_rate_is_told_with_what_refusals_left_of_it(ready):
    """As the shared budget knows it, without asking for a permit."""
    limits = {"hubspot:abc": Limit(100, 10.0), "hubspot:abc:search": Limit(5, 1.0), "mailchimp:def": Limit(100, 1.0)}
    metrics = Metrics(ready, BOTH, limits, lambda: NOW)
    assert ("trellis_rate_part", "calls", "hubspot") not in figures(metrics)
    for account, limit in limits.items():
        budget = RateBudget(limit.calls, limit.seconds, kept=StoredRate(ready, account))
        budget.slow_down(60 if account == "hubspot:abc" else 0)
    seen = figures(metrics)
    assert seen["trellis_rate_part", "calls", "hubspot"] == pytest.approx(0.5, abs=0.05)
    assert seen["trellis_rate_permits_per_second", "calls", "hubspot"] == pytest.approx(5, abs=0.6)
    assert 0 < seen["trellis_rate_permits_per_second", "search", "hubspot"] <= 5
    assert ("trellis_daily_calls_remaining", "hubspot") not in seen, "nobody has told it"
