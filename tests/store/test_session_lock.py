"""The lock of whoever works: its holder knows when it is lost, and one that stands still cannot keep it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from connector.steps.alone import Busy, alone
from connector.store import lanes, session_lock
from connector.store.engine import connect, end_if_silent, writer_lock
from connector.store.errors import LockLost, StoreUnavailable
from connector.store.lanes import LockedLanes
from connector.store.session_lock import end_silent

ROOT = Path(__file__).parents[2]

#: Takes the lock `steps`, and the writer's in an open transaction, as a process in the middle of its work would.
HOLDER = """
import sys
from sqlalchemy import make_url, text
from connector.steps.alone import alone
from connector.store.engine import connect, writer_lock
from connector.store.errors import StoreUnavailable

engine = connect(sys.argv[1])
try:
    with alone(engine):
        with engine.begin() as conn:
            writer_lock(conn)
            print("holds", flush=True)
            sys.stdin.readline()
except StoreUnavailable as error:
    print(type(error).__name__, flush=True)
try:
    with alone(engine), engine.begin() as conn:
        print("works", flush=True)
except Exception as error:
    print(type(error).__name__, flush=True)
"""


@pytest.fixture
def other(database):
    engine = connect(database)
    yield engine
    engine.dispose()


@pytest.fixture
def holder(database):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "holds\n"
    yield process
    process.kill()
    process.communicate()


def sessions(conn, process):
    return conn.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"), {"name": process})


def process_of(conn):
    return conn.scalar(text("SHOW application_name"))


def beat(conn):
    held = "SELECT state_change FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory'"
    with conn.begin():
        return conn.scalar(text(held))


def end_all_of(conn, process):
    conn.execute(
        text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = :name"),
        {"name": process},
    )
    conn.commit()


def test_every_session_tells_its_process(engine, other):
    with engine.connect() as one, engine.connect() as two, other.connect() as third:
        assert process_of(one) == process_of(two) != process_of(third)
        assert f":{os.getpid()}:" in process_of(one)


def test_one_at_a_time_and_then_the_other(engine, other):
    with alone(engine), pytest.raises(Busy), alone(other):
        pass
    with alone(other):
        pass


def test_a_holder_that_beats_is_left_alone(engine, other, monkeypatch):
    monkeypatch.setattr(session_lock, "BEAT_S", 0.02)
    with alone(engine), other.connect() as conn:
        said = since = beat(conn)
        while said == since:
            said = beat(conn)
        assert end_silent(conn, ["steps"], 5) == ()
        with engine.begin() as working:
            working.execute(text("SELECT 1"))


def test_whoever_needs_the_work_ends_a_holder_that_does_not_beat(engine, other, monkeypatch, caplog):
    monkeypatch.setattr(session_lock, "BEAT_S", 60.0)
    monkeypatch.setattr(session_lock, "SILENT_S", 0.0)
    with alone(engine):
        with alone(other), other.begin() as working:
            working.execute(text("SELECT 1"))
        (line,) = (record for record in caplog.records if record.getMessage() == "took over")
        assert f":{os.getpid()}:" in line.facts["stood_still"][0]
        with pytest.raises(StoreUnavailable), engine.begin():
            pytest.fail("two at work")


def test_where_our_role_may_not_end_it_we_say_so_and_wait(database, other, monkeypatch, caplog):
    monkeypatch.setattr(session_lock, "SILENT_S", 0.0)
    with other.begin() as conn:
        conn.execute(text("CREATE ROLE hosted LOGIN"))
        conn.execute(text("GRANT pg_read_all_stats TO hosted"))
    hosted = connect(make_url(database).set(username="hosted").render_as_string())
    try:
        with alone(other):
            with pytest.raises(Busy), alone(hosted):
                pytest.fail("two at work")
            (line,) = (record for record in caplog.records if record.getMessage() == "waiting")
            assert "end that process" in line.facts["reason"]
    finally:
        hosted.dispose()
        with other.begin() as conn:
            conn.execute(text("DROP OWNED BY hosted"))
            conn.execute(text("DROP ROLE hosted"))


def test_a_transaction_that_falls_silent_is_rolled_back(engine, other):
    with engine.connect() as conn:
        writer_lock(conn)
        end_if_silent(conn, "50ms")
        with other.begin() as waiting:
            writer_lock(waiting)
        with pytest.raises(StoreUnavailable):
            conn.commit()


def test_lanes_of_a_process_that_stands_still_are_freed(engine, other, monkeypatch):
    one, two = (LockedLanes(each, "mailchimp:0123:slot", 1) for each in (engine, other))
    assert one.take(0) == 0
    assert two.take(0) is None
    monkeypatch.setattr(lanes, "SILENT_S", 0.0)
    assert two.take(0) is None
    assert two.take(5) == 0
    one.close()
    two.close()


def test_a_holder_whose_sessions_were_ended_begins_no_transaction(engine, other):
    with other.connect() as conn, alone(engine):
        with engine.connect() as working:
            process = process_of(working)
        end_all_of(conn, process)
        with pytest.raises(LockLost), engine.begin():
            pytest.fail("began a transaction without the lock")
        with pytest.raises(LockLost), engine.begin():
            pytest.fail("and another one")
        with alone(other):
            pass
    with alone(engine), engine.begin() as again:
        assert process_of(again) == process


def test_one_lost_session_alone_costs_nothing(engine, other):
    with other.connect() as conn, alone(engine):
        with engine.begin() as working:
            pid = working.scalar(text("SELECT pg_backend_pid()"))
        conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with engine.begin() as working:
            assert working.scalar(text("SELECT pg_backend_pid()")) != pid
        with pytest.raises(Busy), alone(other):
            pass


def test_all_sessions_of_a_process_that_stands_still_are_ended(holder, other):
    holder.send_signal(signal.SIGSTOP)
    with other.connect() as conn:
        (process,) = end_silent(conn, ["steps"], 0)
        assert f":{holder.pid}:" in process
        with alone(other, patience_s=5), other.begin() as working:
            writer_lock(working)  # its transaction was rolled back with its session
        assert sessions(conn, process) == 0
    holder.send_signal(signal.SIGCONT)
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "StoreUnavailable\n"
    assert holder.stdout.readline() == "works\n", "it begins anew"


def test_a_process_of_an_older_version_is_never_ended(database, other):
    with psycopg.connect(database.replace("+psycopg", "", 1), application_name="trellis") as old:
        old.execute("SELECT pg_advisory_lock(%s, hashtext('steps'))", [session_lock.LOCK_SPACE])
        old.commit()
        with other.connect() as conn:
            assert end_silent(conn, ["steps"], 0) == ()
