"""The worker: answers the bell with one coarse job at a time, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from psycopg import Error
from psycopg_pool import AsyncNullConnectionPool

from adapters.ports import PlatformError
from connector.logs import log
from connector.rulebook.problems import RulebookError
from connector.steps.bell import QUEUE, SYNC, WORK
from connector.steps.circuit import LeftAlone
from connector.steps.parts import Parts
from connector.steps.portal import PortalMismatch
from connector.steps.sync import Busy, Summary, sync, work
from connector.store.errors import StoreUnavailable

#: Less than a supervisor grants (connector/cli/serve.py). A platform may let a call wait for longer.
_GRACE_S = 18.0
_CONNECT_S = 5

#: Counts of what there is, not of what a pass did.
_STANDING = frozenset({"contacts", "read", "still to be written", "waiting to enter"})


def run_worker(url: str, make_parts: Callable[[], Parts | None]) -> None:
    """Answer the bell until SIGTERM; then stop claiming, finish the short step at hand, and leave.

    A step that is not finished after 18 s is left as a kill would leave it, and taken up when its leases end.
    `make_parts` gives the parts for one job with the rulebook that is active then, or None while there is none.
    Raises StoreUnavailable when the database goes away: whoever supervises starts the worker again.
    """
    stopping = threading.Event()
    app = procrastinate.App(connector=procrastinate.PsycopgConnector())

    @app.task(name=WORK, queue=QUEUE)
    def do_work() -> None:
        _do(WORK, make_parts, lambda parts: work(parts, stopping.is_set))

    @app.task(name=SYNC, queue=QUEUE)
    def do_sync() -> None:
        _do(SYNC, make_parts, lambda parts: sync(parts, stop=stopping.is_set))

    @app.periodic(cron="* * * * *")
    @app.task(name="retry_stalled", queue=QUEUE, queueing_lock="retry_stalled", pass_context=True)
    async def do_retry_stalled(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 — Procrastinate's signature
        await retry_stalled(context.app.job_manager)

    @app.periodic(cron="17 * * * *")
    @app.task(name="clean_jobs", queue=QUEUE, queueing_lock="clean_jobs", pass_context=True)
    async def do_clean_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 — Procrastinate's signature
        await context.app.job_manager.delete_old_jobs(nb_hours=24, include_failed=True)

    try:
        asyncio.run(_answer(app, url, stopping))
    except (ConnectorException, Error) as error:
        raise StoreUnavailable("the worker lost the database: it must be started again") from error


async def retry_stalled(jobs: JobManager) -> None:
    """Put the jobs of killed workers back into the queue; those whose bell has rung again since are dropped.

    Our rows are the truth, so a job may simply run again, and need not run twice.
    """
    for job in await jobs.get_stalled_jobs():
        try:
            await jobs.retry_job(job)
        except UniqueViolation:
            await jobs.finish_job(job, Status.FAILED, delete_job=True)


async def _answer(app: procrastinate.App, url: str, stopping: threading.Event) -> None:
    # A connection for each query, a few a minute: none is stale after the database was away, none waits for a pool.
    pool = AsyncNullConnectionPool(url, kwargs={"connect_timeout": _CONNECT_S}, open=False)
    async with pool, app.open_async(pool):
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=1,
                install_signal_handlers=False,
                delete_jobs="successful",
            )
        )

        def stop() -> None:
            if not stopping.is_set():
                stopping.set()
                worker.cancel()
                leaving = threading.Timer(_GRACE_S, _leave)
                leaving.daemon = True
                leaving.start()

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_tell_unended)
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop)
        with suppress(asyncio.CancelledError):
            await worker
    if not stopping.is_set():
        raise StoreUnavailable("the worker lost the database: it must be started again")


def _tell_unended(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A job whose end the queue would not take: while this process stood still, it was given to another one."""
    if isinstance(error := context.get("exception"), ConnectorException):
        why = str(error.__cause__).partition("\n")[0]
        log("failed", level="WARNING", error=f"the end of a job could not be noted: {why}")
    else:
        loop.default_exception_handler(context)


def _leave() -> None:
    """End the process with what it has under way: Python waits for a thread, however long its call takes."""
    log("left", level="WARNING", reason=f"the step at hand took more than {_GRACE_S:.0f} s; it will be taken up again")
    logging.shutdown()
    os._exit(0)


def _do(job: str, make_parts: Callable[[], Parts | None], run: Callable[[Parts], Summary]) -> None:
    """One job: what fails for a foreseen reason is logged and left for the next ring; nothing is lost by it."""
    try:
        parts = make_parts()
        if parts is None:
            log("nothing to do", job=job, reason="no active rulebook: run `trellis sync` once")
            return
        _tell(job, run(parts))
    except Busy:
        log("skipped", job=job, reason="another process is at work")
    except PortalMismatch as error:
        log("stopped", level="ERROR", job=job, findings=list(error.findings))
    except RulebookError as error:
        log("stopped", level="ERROR", job=job, findings=[str(problem) for problem in error.problems])
    except PlatformError as error:
        _tell_refusal(job, error)
    except StoreUnavailable as error:
        log("failed", level="WARNING", job=job, error=str(error))


def _tell(job: str, summary: Summary) -> None:
    """What a pass did; one that did nothing is of interest only to somebody who looks for faults."""
    did = {name: count for name, count in summary.tally.items() if count and name not in _STANDING}
    log("done", level="INFO" if did else "DEBUG", job=job, baseline=summary.baseline, did=did)
    for error in summary.errors:
        _tell_refusal(job, error)


def _tell_refusal(job: str, error: PlatformError) -> None:
    level = (
        "DEBUG" if isinstance(error, LeftAlone) else "WARNING"
    )  # why it is left alone was told when it was found out
    log("failed", level=level, job=job, platform=error.platform, kind=type(error).__name__, error=error.message)
