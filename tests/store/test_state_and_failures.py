"""What Trellis remembers of itself, and of what went wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from connector.facts import Record
from connector.store import companies, failures, ledger, state
from connector.store.engine import try_lock, unlock, writer_lock

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_cursor_is_the_last_one_set(conn: Connection) -> None:
    assert state.get_cursor(conn, "hubspot", "records") is None
    for value in ("1", "2"):
        state.set_cursor(conn, "hubspot", "records", value, NOW)
    state.set_cursor(conn, "hubspot", "companies", "9", NOW)
    assert state.get_cursor(conn, "hubspot", "records") == "2"


def test_a_cached_fact_is_good_for_its_age(conn: Connection) -> None:
    state.put_cached(conn, "hubspot:lists", {"old": 1}, NOW - HOUR)
    state.put_cached(conn, "hubspot:lists", {"Visited pricing": "12"}, NOW)
    assert state.cached(conn, "hubspot:lists", 3600, NOW + HOUR) == {"Visited pricing": "12"}
    assert state.cached(conn, "hubspot:lists", 3600, NOW + HOUR * 1.1) is None
    state.put_cached(conn, "mailchimp:x", 1, NOW)
    state.forget_cached(conn, "hubspot:")
    assert state.cached(conn, "hubspot:lists", 3600, NOW) is None
    assert state.cached(conn, "mailchimp:x", 3600, NOW) == 1


def test_the_rulebook_activated_last_decides_and_an_old_one_may_come_back(conn: Connection) -> None:
    assert state.active(conn) is None
    releases = [state.activate(conn, name, {"name": name}, NOW) for name in ("a", "a", "b", "a")]
    assert releases[0] == releases[1] < releases[2] < releases[3]
    active = state.active(conn)
    assert active is not None
    assert (active.hash, active.source, active.release) == ("a", {"name": "a"}, releases[3])


def test_a_baseline_is_done_once(conn: Connection) -> None:
    assert state.baseline_done(conn, "hubspot") is None
    state.finish_baseline(conn, "hubspot", NOW)
    state.finish_baseline(conn, "hubspot", NOW + HOUR)
    assert state.baseline_done(conn, "hubspot") == NOW
    assert state.baseline_done(conn, "mailchimp:main") is None


def test_two_clocks_tick_once(engine: Engine) -> None:
    def tick(_clock: int) -> bool:
        with engine.begin() as conn:
            return state.tick_once(conn, "sync", 7)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(tick, range(4))) == [False, False, False, True]
    with engine.begin() as conn:
        assert state.prune_ticks(conn, timedelta(0)) == 1


def test_secrets_stand_side_by_side_newest_first(conn: Connection) -> None:
    state.keep_secret(conn, "mailchimp", "old", NOW)
    state.keep_secret(conn, "mailchimp", "new", NOW + HOUR)
    state.keep_secret(conn, "mailchimp", "old", NOW + 2 * HOUR)
    assert state.secrets(conn, "mailchimp") == ("new", "old")
    assert state.secrets(conn, "other") == ()


def test_a_named_lock_has_one_holder_and_dies_with_its_session(engine: Engine) -> None:
    with engine.connect() as one, engine.connect() as other:
        assert try_lock(one, "steps")
        assert not try_lock(other, "steps")
        assert try_lock(other, "sweep")
        unlock(one, "steps")
        assert try_lock(other, "steps")
        other.detach()
    with engine.connect() as another:
        assert try_lock(another, "steps")
        unlock(another, "steps")


def fail(conn: Connection, contact: int | None = None, reason: str = "no option", at: datetime = NOW) -> None:
    failures.record_failure(
        conn, step="write", source="hubspot", platform_id="501", contact=contact, reason=reason, at=at
    )


def test_a_failure_counts_up_until_it_is_resolved(conn: Connection) -> None:
    fail(conn)
    fail(conn, reason="read only", at=NOW + HOUR)
    (one,) = failures.list_failures(conn)
    assert (one.times, one.reason, one.first_at, one.last_at) == (2, "read only", NOW, NOW + HOUR)
    assert failures.list_failures(conn, step="read") == []
    assert failures.resolve_failures(conn, step="write", source="hubspot", platform_ids=["501"], at=NOW) == 1
    assert failures.count_open(conn) == 0
    fail(conn)
    assert failures.count_open(conn) == 1
    assert len(failures.list_failures(conn, everything=True)) == 2


def test_replaying_a_failure_closes_it_and_has_her_judged_again(conn: Connection) -> None:
    writer_lock(conn)
    taken = ledger.take_in(conn, [Record("hubspot", "501", None, {}, NOW)], NOW)
    contact = next(iter(taken.changed.values())).contact
    fail(conn, contact)
    (one,) = failures.list_failures(conn)
    before = ledger.load_people(conn, [contact])[0].position
    assert failures.show_failure(conn, one.id) == one
    replayed = failures.replay_failure(conn, one.id, NOW)
    assert replayed is not None
    assert replayed.platform_id == "501"
    assert failures.replay_failure(conn, one.id, NOW) is None
    assert ledger.load_people(conn, [contact])[0].position > before


@pytest.mark.parametrize("value", ["500", None])
def test_a_company_that_changed_has_its_people_judged_again(conn: Connection, value: str | None) -> None:
    writer_lock(conn)
    taken = ledger.take_in(conn, [Record("hubspot", "501", None, {"associatedcompanyid": "77"}, NOW)], NOW)
    contact = next(iter(taken.changed.values())).contact
    assert companies.unknown(conn) == ("77",)
    assert companies.keep(conn, {"77": {"numberofemployees": value}}, NOW) == 1
    position = ledger.load_people(conn, [contact])[0].position
    assert companies.keep(conn, {"77": {"numberofemployees": value}}, NOW) == 0
    (person,) = ledger.load_people(conn, ledger.to_judge(conn, date(2026, 11, 22), "r", 10))
    assert (person.company, person.position) == ({"numberofemployees": value}, position)
