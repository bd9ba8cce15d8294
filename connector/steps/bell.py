"""The doorbell: Procrastinate carries a few coarse jobs between processes. Our rows are the truth; a lost ring is found
by the clock's next tick. It never rings inside the truth's transaction (facts/parts.md, Procrastinate).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued

from connector.logs import log

QUEUE = "trellis"

#: The coarse jobs; each is in the queue at most once.
WORK, SYNC = "work", "sync"

_CONNECT_S = 5


def ring(url: str, job: str) -> None:
    """Put a coarse job into the queue, on a connection of its own; already waiting is success.

    `url` is a plain ``postgresql://`` address. Raises psycopg.Error or procrastinate's ConnectorException.
    """
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())  # never opened: it has no pool to lose
    with psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_S) as connection:
        bell = app.configure_task(name=job, queue=QUEUE, queueing_lock=job, allow_unknown=True, connection=connection)
        try:
            bell.defer()
        except AlreadyEnqueued:
            return


class Bell:
    """Rings for the receiver: at most once a second, from a thread of its own, best effort."""

    def __init__(self, url: str, *, pause_s: float = 1.0, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._pause_s = pause_s
        self._sleep = sleep
        self._pressed = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def press(self) -> None:
        """Return at once; the job is in the queue soon after."""
        self._pressed.set()
        with self._lock:  # started after gunicorn's fork, by the first request
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._pressed.wait()
            self._pressed.clear()
            try:
                ring(self._url, WORK)
            except Exception as error:  # noqa: BLE001 — best effort: the clock's tick finds what was not rung for
                log("bell failed", level="WARNING", error=type(error).__name__)
            self._sleep(self._pause_s)
