"""The long-running parts: the worker that answers the bell, and the clock that presses it."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import procrastinate
from apscheduler.schedulers.blocking import BlockingScheduler
from procrastinate.job_context import JobContext
from sqlalchemy import Engine

from adapters.ports import PlatformError
from connector.logs import log
from connector.steps.bell import QUEUE, SYNC, WORK, carrier, ring
from connector.steps.parts import Parts, now_utc
from connector.steps.portal import PortalMismatch
from connector.steps.sync import Busy, sync, work
from connector.store import state

#: The clock's ticks. A sweep finds within this time what no bell rang for.
WORK_EVERY = timedelta(seconds=30)
SYNC_EVERY = timedelta(minutes=5)

_GRACE_S = 20


def run_worker(url: str, make_parts: Callable[[], Parts | None]) -> None:
    """Answer the bell until SIGTERM; then stop claiming, finish the short step at hand, and leave.

    `make_parts` gives the parts for one job with the rulebook that is active then, or None while there is none.
    """
    stopping = threading.Event()
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name=WORK, queue=QUEUE)
    def do_work() -> None:
        _guarded(WORK, make_parts, lambda parts: work(parts, stopping.is_set))

    @app.task(name=SYNC, queue=QUEUE)
    def do_sync() -> None:
        _guarded(SYNC, make_parts, lambda parts: sync(parts, stop=stopping.is_set))

    # A killed worker leaves its job "doing"; our rows are the truth, so the job may simply run again.
    @app.periodic(cron="* * * * *")
    @app.task(name="retry_stalled", queue=QUEUE, queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 — Procrastinate's signature
        for job in await context.app.job_manager.get_stalled_jobs():
            await context.app.job_manager.retry_job(job)

    @app.periodic(cron="17 * * * *")
    @app.task(name="clean_jobs", queue=QUEUE, queueing_lock="clean_jobs", pass_context=True)
    async def clean_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 — Procrastinate's signature
        await context.app.job_manager.delete_old_jobs(nb_hours=24, include_failed=True)

    async def answer() -> None:
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=1,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=_GRACE_S,
                    delete_jobs="successful",
                )
            )

            def stop() -> None:
                stopping.set()
                worker.cancel()

            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, stop)
            with suppress(asyncio.CancelledError):
                await worker

    asyncio.run(answer())


def run_clock(url: str, engine: Engine) -> None:
    """Press the bell at each tick until SIGTERM. A tick is a row of its own, so two clocks press once."""
    app = carrier(url)

    def tick(job: str, every: timedelta) -> None:
        slot = int(now_utc().timestamp() // every.total_seconds())
        with engine.begin() as conn:
            first = state.tick_once(conn, job, slot)
        if first:
            ring(app, job)

    scheduler = BlockingScheduler(timezone="UTC")
    for job, every in ((WORK, WORK_EVERY), (SYNC, SYNC_EVERY)):
        scheduler.add_job(
            tick, "interval", args=(job, every), seconds=every.total_seconds(), next_run_time=now_utc(), coalesce=True
        )
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: scheduler.shutdown(wait=False))
    scheduler.start()


def _guarded(job: str, make_parts: Callable[[], Parts | None], run: Callable[[Parts], object]) -> None:
    """One job: what fails for a foreseen reason is logged and left for the next ring; nothing is lost by it."""
    try:
        parts = make_parts()
        if parts is None:
            log("nothing to do", job=job, reason="no active rulebook: run `trellis sync` once")
            return
        run(parts)
        log("done", job=job)
    except Busy:
        log("skipped", job=job, reason="another process is at work")
    except PortalMismatch as error:
        log("stopped", level="ERROR", job=job, findings=list(error.findings))
    except PlatformError as error:
        log("failed", level="WARNING", job=job, platform=error.platform, kind=type(error).__name__, error=error.message)
