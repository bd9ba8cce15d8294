"""The bell between processes: rung at most once, rung again for the dead, and never lost for good."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import procrastinate
import psycopg
import pytest
from psycopg_pool import AsyncNullConnectionPool

from connector.steps.bell import SYNC, WORK, Bell, ring
from connector.steps.clock import SYNC_EVERY, WORK_EVERY, press
from connector.steps.loop import retry_stalled
from connector.store.engine import connect

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def url(database):
    return database.replace("+psycopg", "", 1)


@pytest.fixture
def engine(database):
    engine = connect(database)
    yield engine
    engine.dispose()


def rows(url, statement):
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def queue(url):
    return rows(url, "SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")


def test_ringing_twice_is_one_job(url):
    ring(url, WORK)
    ring(url, WORK)
    ring(url, SYNC)
    assert queue(url) == [("work", "todo"), ("sync", "todo")]


def test_two_clocks_ring_once_in_a_slot(url, engine):
    rung = [press(url, engine, WORK, WORK_EVERY, NOON + timedelta(seconds=second)) for second in (0, 10, 29, 30, 31)]
    assert rung == [True, False, False, True, False]
    assert queue(url) == [("work", "todo")]


def test_slots_of_different_jobs_are_their_own(url, engine):
    assert press(url, engine, WORK, WORK_EVERY, NOON)
    assert press(url, engine, SYNC, SYNC_EVERY, NOON)
    assert queue(url) == [("work", "todo"), ("sync", "todo")]


def test_a_tick_that_could_not_ring_is_no_tick(url, engine):
    """The bell hangs on a connection of its own: what it cannot say now, the same slot may still say."""
    assert not press("postgresql:///nowhere?host=/nonexistent", engine, WORK, WORK_EVERY, NOON)
    assert queue(url) == []
    assert press(url, engine, WORK, WORK_EVERY, NOON)
    assert queue(url) == [("work", "todo")]


def test_a_database_that_is_away_costs_the_clock_one_line(caplog):
    away = connect("postgresql:///nowhere?host=/nonexistent")
    assert not press("postgresql:///nowhere?host=/nonexistent", away, WORK, WORK_EVERY, NOON)
    (line,) = caplog.records
    assert line.getMessage() == "tick failed"
    assert "\n" not in line.facts["error"]


def test_the_receivers_bell_rings_at_most_once_a_pause(url, wait_until):
    pauses = []
    bell = Bell(url, pause_s=7.0, sleep=pauses.append)
    bell.press()
    wait_until(lambda: pauses, "it has rung and rests")
    assert pauses == [7.0]
    assert queue(url) == [("work", "todo")]


def test_a_bell_that_failed_rings_the_next_time(url, wait_until, caplog):
    pauses = []
    bell = Bell("postgresql:///nowhere?host=/nonexistent", sleep=pauses.append)
    bell.press()
    wait_until(lambda: pauses, "it has tried")
    assert [line.getMessage() for line in caplog.records] == ["bell failed"]
    bell._url = url
    bell.press()
    wait_until(lambda: queue(url), "it has rung")


async def _with_jobs(url, act):
    pool = AsyncNullConnectionPool(url, open=False)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector())
    async with pool, app.open_async(pool):
        await act(app.job_manager)


async def _start_and_die(jobs):
    worker = await jobs.register_worker()
    assert await jobs.fetch_job(queues=None, worker_id=worker)
    await jobs.unregister_worker(worker)


def test_the_job_of_a_killed_worker_runs_again(url):
    ring(url, WORK)
    asyncio.run(_with_jobs(url, _start_and_die))
    assert queue(url) == [("work", "doing")]
    asyncio.run(_with_jobs(url, retry_stalled))
    assert queue(url) == [("work", "todo")]


def test_but_not_beside_one_that_was_rung_for_since(url):
    ring(url, WORK)
    asyncio.run(_with_jobs(url, _start_and_die))
    ring(url, WORK)
    asyncio.run(_with_jobs(url, retry_stalled))
    assert queue(url) == [("work", "todo")]


_GIVEN_AWAY = """
import os, signal, sys
import psycopg
from connector.logs import set_up_logs
from connector.settings import read_settings
from connector.steps.bell import ring
from connector.steps.loop import run_worker

url, later = sys.argv[1], ["sync"]

def parts():
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("DELETE FROM procrastinate_jobs WHERE status = 'doing'")
    if later:
        ring(url, later.pop())
    else:
        os.kill(os.getpid(), signal.SIGTERM)

set_up_logs(read_settings({}), "worker")
run_worker(url, parts)
"""


def test_a_worker_whose_job_was_given_to_another_one_says_so_and_goes_on(url):
    """As after SIGSTOP and SIGCONT. Left to asyncio it would be an ERROR with the insides of a task."""
    ring(url, WORK)
    done = subprocess.run(
        [sys.executable, "-c", _GIVEN_AWAY, url], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["job"] for line in lines if line["event"] == "nothing to do"] == [WORK, SYNC]
    ends = [line for line in lines if line["event"] != "nothing to do"]
    assert {(line["event"], line["level"]) for line in ends} == {("failed", "WARNING")}
    assert all(line["error"].startswith("the end of a job could not be noted: Job was not found") for line in ends)
