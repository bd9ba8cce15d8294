"""The row of a shared rate, and the lanes of calls in flight: between sessions, and when one of them is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from connector.store.engine import connect
from connector.store.errors import StoreUnavailable
from connector.store.lanes import LockedLanes
from connector.store.rate import StoredRate


@pytest.fixture
def two_engines(database: str) -> Iterator[tuple[Engine, Engine]]:
    """Two processes, as far as the database can tell."""
    engines = connect(database), connect(database)
    yield engines
    for engine in engines:
        engine.dispose()


def test_the_first_change_finds_nothing_and_the_second_what_the_first_made(engine: Engine) -> None:
    rate = StoredRate(engine, "hubspot:0123")
    assert rate.change(lambda state, clock: ({"n": 1}, state)) is None
    assert StoredRate(engine, "hubspot:0123").change(lambda state, clock: ({"n": 2}, state)) == {"n": 1}
    assert StoredRate(engine, "hubspot:4567").change(lambda state, clock: ({"n": 2}, state)) is None


def test_the_clock_is_the_databases(engine: Engine) -> None:
    with engine.connect() as conn:
        before = conn.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
        clock = StoredRate(engine, "hubspot:0123").change(lambda state, clock: ({}, clock))
        after = conn.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
    assert before < clock < after


def test_changes_of_several_processes_follow_each_other(two_engines: tuple[Engine, Engine]) -> None:
    clocks: list[tuple[float, float]] = []

    def add(state, clock):
        time.sleep(0.002)  # somebody else would get in between, if that were possible
        return {"n": (state or {"n": 0})["n"] + 1}, clock

    def work(engine: Engine) -> None:
        rate = StoredRate(engine, "hubspot:0123")
        for _ in range(25):
            asked = time.time()
            clocks.append((asked, rate.change(add)))

    threads = [Thread(target=work, args=(engine,)) for engine in two_engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert StoredRate(two_engines[0], "hubspot:0123").change(lambda state, clock: (state, state)) == {"n": 50}
    assert len({clock for _, clock in clocks}) == 50


def test_who_waited_for_the_row_is_told_the_time_after_waiting(two_engines: tuple[Engine, Engine]) -> None:
    one, other = (StoredRate(engine, "hubspot:0123") for engine in two_engines)
    one.change(lambda state, clock: ({}, None))
    told: list[float] = []

    def hold(state, clock):
        waiting = Thread(target=lambda: told.append(other.change(lambda state, clock: ({}, clock))))
        waiting.start()
        time.sleep(0.3)
        return {"n": 1}, (waiting, clock)

    waiting, held_at = one.change(hold)
    waiting.join()
    assert told[0] - held_at >= 0.3


def test_a_step_that_fails_changes_nothing(engine: Engine) -> None:
    rate = StoredRate(engine, "hubspot:0123")
    rate.change(lambda state, clock: ({"n": 1}, None))

    def fail(state, clock):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rate.change(fail)
    assert rate.change(lambda state, clock: (state, state)) == {"n": 1}


def test_a_store_that_is_away_is_said_so() -> None:
    rate = StoredRate(connect("postgresql://nobody@127.0.0.1:9/none"), "hubspot:0123")
    with pytest.raises(StoreUnavailable):
        rate.change(lambda state, clock: ({}, None))


def test_all_processes_together_hold_no_more_lanes_than_there_are(two_engines: tuple[Engine, Engine]) -> None:
    one, other = (LockedLanes(engine, "mailchimp:0123:slot", 3) for engine in two_engines)
    first = one.take(0)
    lanes = {first, one.take(0), other.take(0)}
    assert lanes == {0, 1, 2}
    assert one.take(0) is None
    assert other.take(0) is None
    assert first is not None
    one.give(first)
    assert other.take(0) == first
    one.close()
    assert other.take(0) in lanes
    assert other.take(0) is None
    other.close()


def test_who_holds_no_lane_waits_and_gets_it_before_its_holder_again(two_engines: tuple[Engine, Engine]) -> None:
    one, other = (LockedLanes(engine, "mailchimp:0123:slot", 1) for engine in two_engines)
    assert one.take(0) == 0
    got: list[int | None] = []
    waiting = Thread(target=lambda: got.append(other.take(20)))
    waiting.start()
    with two_engines[0].connect() as conn:
        while not conn.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")):
            conn.rollback()
    one.give(0)
    assert one.take(0) is None
    waiting.join()
    assert got == [0]
    one.close()
    other.close()


def test_who_waits_in_vain_stops_waiting(two_engines: tuple[Engine, Engine]) -> None:
    one, other = (LockedLanes(engine, "mailchimp:0123:slot", 1) for engine in two_engines)
    assert one.take(0) == 0
    assert other.take(0.05) is None
    one.close()
    assert other.take(0) == 0
    other.close()


def test_the_lanes_of_a_session_that_broke_are_free(two_engines: tuple[Engine, Engine]) -> None:
    one, other = (LockedLanes(engine, "mailchimp:0123:slot", 1) for engine in two_engines)
    assert one.take(0) == 0
    with two_engines[1].connect() as conn:
        query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        conn.execute(text(query))
        conn.commit()
    assert other.take(5) == 0
    one.give(0)
    assert one.take(0) is None
    other.close()
    assert one.take(5) == 0
    one.close()
