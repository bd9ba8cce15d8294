"""Who was put on a list by a person stays there, also where we had put her there once (decision 022)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from connector.facts import Record
from connector.store import ledger, roster
from connector.store.engine import writer_lock
from connector.store.membership import Belonging, keep_memberships

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOT = Belonging("hubspot:list:Hot", "hubspot", "hot", guarded=True)


def maria(conn: Connection) -> int:
    writer_lock(conn)
    (change,) = ledger.take_in(conn, [Record("hubspot", "501", None, {}, NOW)], NOW).changed.values()
    return change.contact


def belongs(conn: Connection, contact: int, *places: Belonging) -> None:
    keep_memberships(conn, {contact: TODAY}, [(contact, one) for one in places], baseline=False)


def leaves(conn: Connection, contact: int, at: datetime) -> None:
    belongs(conn, contact)
    assert [one.contact for one in roster.to_take_off(conn, HOT.key, 10, at)] == [contact]
    roster.were_taken_off(conn, HOT.key, [contact], at)


def test_who_is_put_back_by_hand_after_we_took_her_off_stays(conn: Connection) -> None:
    """She was put there and taken off within a day; a week later a marketer puts her there."""
    contact = maria(conn)
    belongs(conn, contact, HOT)
    roster.to_put(conn, HOT.key, 10, NOW)
    roster.were_put(conn, HOT.key, [contact])
    leaves(conn, contact, NOW + timedelta(hours=2))
    assert roster.put_lately(conn, HOT.key, NOW + timedelta(hours=3)) == 1, "the guard counts her for a day"
    roster.looked(conn, HOT.key, NOW + timedelta(days=2))
    assert roster.seen_there(conn, HOT.key, ["501"]) == 0
    assert roster.to_take_off(conn, HOT.key, 10, NOW + timedelta(days=7)) == []


def test_who_may_have_been_put_there_by_a_call_that_was_lost_is_taken_off(conn: Connection) -> None:
    contact = maria(conn)
    belongs(conn, contact, HOT)
    roster.to_put(conn, HOT.key, 10, NOW)  # and the worker dies
    belongs(conn, contact)
    assert roster.seen_there(conn, HOT.key, ["501"]) == 1
    roster.looked(conn, HOT.key, NOW + timedelta(hours=1))
    assert [one.contact for one in roster.to_take_off(conn, HOT.key, 10, NOW)] == [contact]
