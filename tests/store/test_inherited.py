"""Whoever works next does not wait until the leases of a dead one end, but for what may not be done twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from connector.steps.alone import alone
from connector.store.inbox import receive

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLAIMED = (
    "INSERT INTO intent (kind, state, contact, source, track, episode, payload, not_before, created_at, lease_until)"
    " VALUES (:kind, :state, :contact, :source, 'finance', 1, '{}', :at, :at, clock_timestamp() + interval '300 s')"
    " RETURNING id"
)
LEFT = "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM {table} WHERE id = :id"


def claimed(engine, kind, source="hubspot", state="pending"):
    with engine.begin() as conn:
        her = "INSERT INTO contact (created_at, changed) VALUES (:at, 0) RETURNING id"
        contact = conn.scalar(text(her), {"at": NOON})
        values = {"kind": kind, "state": state, "contact": contact, "source": source, "at": NOON}
        return conn.scalar(text(CLAIMED), values)


def left(engine, table, number):
    """Seconds until it may be claimed again, once somebody has begun to work."""
    with alone(engine), engine.connect() as conn:
        return float(conn.scalar(text(LEFT.format(table=table)), {"id": number}))


@pytest.mark.parametrize(("source", "least", "most"), [("hubspot", 20, 30), ("mailchimp:main", 120, 130)])
def test_writes_wait_as_long_as_one_may_still_be_under_way(engine, source, least, most):
    assert least < left(engine, "intent", claimed(engine, "write", source)) <= most


@pytest.mark.parametrize(("kind", "state"), [("enroll", "pending"), ("enroll", "sending"), ("handover", "sending")])
def test_what_may_not_be_done_twice_keeps_its_lease(engine, kind, state):
    assert left(engine, "intent", claimed(engine, kind, state=state)) > 290


@pytest.mark.parametrize(("pause", "most"), [(120, 30), (5, 5)])
def test_deliveries_are_free_soon_and_pauses_are_no_longer_than_before(engine, pause, most):
    with engine.begin() as conn:
        told = {"content_type": "application/json", "received_at": NOON, "meta": {}}
        number = receive(conn, platform="hubspot", body=b"[]", **told)
        conn.execute(
            text("UPDATE delivery SET lease_until = clock_timestamp() + make_interval(secs => :pause)"),
            {"pause": pause},
        )
    assert most - 5 < left(engine, "delivery", number) <= most
