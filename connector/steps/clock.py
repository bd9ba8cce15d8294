"""The clock: presses the bell at each tick. It finds within one tick what no bell rang for."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from math import ceil

import psycopg
from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate.exceptions import ConnectorException
from sqlalchemy import Engine

from connector.logs import log
from connector.steps.bell import SYNC, WORK, ring
from connector.steps.parts import now_utc
from connector.store import state
from connector.store.engine import end_if_silent
from connector.store.errors import StoreUnavailable

WORK_EVERY = timedelta(seconds=30)
SYNC_EVERY = timedelta(minutes=5)

_TICKS_KEPT = timedelta(days=2)
#: A clock that is stopped between its tick and the bell keeps the other one from this tick no longer.
_SILENT = "20s"


def run_clock(url: str, engine: Engine) -> None:
    """Tick until SIGTERM: at once, and then at whole multiples of each interval since 1970, wherever it was started."""
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    scheduler = BackgroundScheduler(timezone="UTC")
    for job, every in ((WORK, WORK_EVERY), (SYNC, SYNC_EVERY)):
        press(url, engine, job, every, now_utc())
        scheduler.add_job(
            lambda job=job, every=every: press(url, engine, job, every, now_utc()),
            "interval",
            seconds=every.total_seconds(),
            start_date=_next_slot(every, now_utc()),
            coalesce=True,
            misfire_grace_time=None,  # a machine that slept ticks once when it wakes, and complains of nothing
        )
    scheduler.start()
    stopping.wait()
    scheduler.shutdown(wait=False)


def press(url: str, engine: Engine, job: str, every: timedelta, now: datetime) -> bool:
    """Ring for `job` unless a clock has done so in this slot of `every`; True if it rang.

    The tick is a row of its own, so two clocks ring once; it is kept only if the bell has rung. A database that is away
    is told in one line: the next tick will tell it again, or find everything that waited.
    """
    slot = int(now.timestamp() // every.total_seconds())
    try:
        with engine.begin() as conn:
            end_if_silent(conn, _SILENT)
            first = state.tick_once(conn, job, slot)
            if first:
                state.prune_ticks(conn, _TICKS_KEPT)
                ring(url, job)
    except (StoreUnavailable, ConnectorException, psycopg.Error) as error:
        log("tick failed", level="WARNING", job=job, error=" ".join(str(error).split()))
        return False
    return first


def _next_slot(every: timedelta, now: datetime) -> datetime:
    seconds = every.total_seconds()
    return datetime.fromtimestamp(ceil(now.timestamp() / seconds) * seconds, UTC)
