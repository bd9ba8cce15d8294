"""One supervised process of `trellis serve`: started, started again when it dies, asked to stop, and at last killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from connector.logs import log
from connector.orphans import die_with_parent

#: Who dies so soon after its start is started again after a pause, which doubles each time.
_FAST_DEATH_S = 5.0
_FIRST_PAUSE_S, _MAX_PAUSE_S = 1.0, 30.0


class Child:
    """A `trellis <name> <words>` of our own, in a session of its own: Ctrl-C is for the supervisor, which stops it in order.

    Its first start waits for `after_s` seconds. On Linux it is interrupted when the supervisor is killed, so that nobody
    works unsupervised.
    """

    def __init__(
        self,
        name: str,
        environ: Mapping[str, str],
        *,
        words: Sequence[str] = (),
        descriptors: Sequence[int] = (),
        after_s: float = 0.0,
    ) -> None:
        self.name = name
        self._words = words
        self._environ = environ
        self._descriptors = descriptors
        self._process: subprocess.Popen[bytes] | None = None
        self._since = time.monotonic()
        self._pause = after_s

    def mind(self) -> None:
        """Start it, or start it again if it has died and its pause is over. Never waits."""
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            fast = now - self._since < _FAST_DEATH_S
            self._pause = min(max(self._pause * 2, _FIRST_PAUSE_S), _MAX_PAUSE_S) if fast else 0.0
            log("died", level="WARNING", child=self.name, pid=self._process.pid, code=code, again_in_s=self._pause)
            self._process, self._since = None, now
        if now - self._since >= self._pause:
            self._start(now)

    def _start(self, now: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 — our own interpreter and fixed words
            [sys.executable, "-m", "connector", self.name, *self._words],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            pass_fds=self._descriptors,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 — one prctl call, prepared before the fork
        )
        self._since = now
        log("started", child=self.name, pid=self._process.pid)

    def terminate(self) -> None:
        """Ask it to stop; does not wait."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end until that monotonic time, then kill it. What it had not finished is taken up by the next start."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, until - time.monotonic()))
        if self._process.poll() is None:
            log("killed", level="WARNING", child=self.name, pid=self._process.pid)
            self._process.kill()
            self._process.wait()
        self._process = None
