"""`trellis serve`: one machine. A supervisor of the same processes that the Procfile names, and of the bundled PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import click

from connector.logs import log, set_up_logs

#: A supervisor gives its children this long to finish or release what they hold.
GRACE_S = 25.0
_FAST_DEATH_S = 5.0
_MAX_PAUSE_S = 30.0


@dataclass(slots=True)
class Child:
    """One supervised process: started again when it dies, with a growing pause when it dies at once."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    environ: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 — our own interpreter and a fixed name
            [sys.executable, "-m", "connector", self.name],
            env={**os.environ, **self.environ},
            preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 — one prctl, before any thread
        )
        self.started = time.monotonic()
        log("started", process=self.name, pid=self.process.pid)

    def mind(self, now: float) -> None:
        """Start it again if it has died and its pause is over."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            short = now - self.started < _FAST_DEATH_S
            self.pause = min(max(self.pause * 2, 1.0), _MAX_PAUSE_S) if short else 0.0
            log("died", level="WARNING", process=self.name, code=code, again_in=self.pause)
            self.process, self.started = None, now
        if now - self.started >= self.pause:
            self.start()


def die_with_parent() -> None:
    """On Linux a child of a killed supervisor gets SIGTERM, so that nobody works unsupervised."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@click.command()
def serve() -> None:
    """Run everything on this machine until stopped: PostgreSQL (unless DATABASE_URL is set), web, worker and clock.

    Example: trellis serve
    """
    from connector.assembly import open_store, settings
    from connector.store.migrate import migrate

    set_up_logs(settings().log_level)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with open_store(settings(), own=True) as store:
        migrate(store.engine)
        children = [Child(name, environ={"DATABASE_URL": store.url}) for name in ("web", "worker", "clock")]
        try:
            while not stopping:
                now = time.monotonic()
                for child in children:
                    child.mind(now)
                store.mind()
                time.sleep(0.2)
        finally:
            _stop([child.process for child in children if child.process is not None])


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    ends = time.monotonic() + GRACE_S
    for process in processes:
        try:
            process.wait(max(0.1, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            log("killed", level="WARNING", pid=process.pid)
            process.kill()
            process.wait()
