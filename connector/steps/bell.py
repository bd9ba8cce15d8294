"""The doorbell: Procrastinate carries a few coarse jobs between processes. Our rows are the truth; a lost ring is found
by the clock's next tick. It never rings inside the truth's transaction (facts/parts.md, Procrastinate).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued

from connector.logs import log

QUEUE = "trellis"

#: The coarse jobs; each is in the queue at most once.
WORK, SYNC = "work", "sync"


def carrier(url: str) -> procrastinate.App:
    """An app that can only ring. `url` is a plain ``postgresql://`` address."""
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    app.open()
    return app


def ring(app: procrastinate.App, job: str) -> None:
    """Put a coarse job into the queue; already waiting is success."""
    try:
        app.configure_task(name=job, queue=QUEUE, queueing_lock=job, allow_unknown=True).defer()
    except AlreadyEnqueued:
        return


class Bell:
    """Rings for the receiver: at most once a second, from a thread and a connection of its own, best effort."""

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
        app: procrastinate.App | None = None
        while True:
            self._pressed.wait()
            self._pressed.clear()
            try:
                app = app or carrier(self._url)
                ring(app, WORK)
            except Exception as error:  # noqa: BLE001 — best effort: the clock's tick finds what was not rung for
                log("bell failed", level="WARNING", error=type(error).__name__)
                app = None
            self._sleep(self._pause_s)
