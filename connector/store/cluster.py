"""One PostgreSQL data directory and its server: make it, start it, wait patiently while it recovers, stop it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import psycopg

from connector.orphans import die_with_parent
from connector.store.binaries import MAJOR
from connector.store.errors import StoreUnavailable
from connector.store.place import Place
from connector.store.postmaster import Postmaster, disown_reused_pid, find_postmaster

#: How long a server may take to replay its log after a crash; 0.5–0.9 GB took 8 s, and `max_wal_size` bounds it.
PATIENCE_S = 300.0
DATABASE = "trellis"

#: How long a killed server may take to leave the process table.
_LAST_BREATH_S = 10.0
_POLL_S = 0.02
_SAY_EVERY_S = 5.0
_LOG_KEPT_BYTES = 1 << 20
#: A killed server's children need a moment to notice; until then PostgreSQL refuses to start over them.
_PASSING = "is still in use"

#: `log`: errors of single statements stay out of the log, since their texts may hold an e-mail address (promise 9).
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
#: Nothing of our environment (PGDATA, PGPORT, a locale that is not there) reaches the programs.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


class Cluster:
    """The server of one `Place`. Callers hold the gate (see server.py) around `start` and `stop`."""

    def __init__(self, place: Place, programs: Path, say: Callable[[str], None]) -> None:
        self.place = place
        self._programs = programs
        self._say = say
        self._child: subprocess.Popen[bytes] | None = None

    def running(self) -> Postmaster | None:
        """The live server, started by whomever. Read-only."""
        if self._child is not None:
            self._child.poll()  # a dead child of ours is a zombie until somebody asks
        return find_postmaster(self.place.data)

    def start(self, *, dies_with_us: bool) -> str:
        """Make sure that the server answers, and return its URL. Finds a running one; waits for one that recovers.

        With `dies_with_us` (Linux only) a server started here stops when the calling *thread* ends, killed or not;
        elsewhere, an orphan is found by the next start. Raises StoreUnavailable with the server's own reason.
        """
        self._make_data()
        ends = time.monotonic() + PATIENCE_S
        patience = _Patience(self._say)
        while time.monotonic() < ends:
            found = self.running()
            if found is None:
                self._launch(dies_with_us=dies_with_us)
            elif found.status == "ready":
                url = _url(found.socket_folder, "postgres")
                if _answers(url):
                    _ensure_database(url)
                    return _url(found.socket_folder, DATABASE)
            else:
                patience.waiting(f"the database is {found.status}")
            time.sleep(_POLL_S)
        raise StoreUnavailable(f"the database did not answer within {PATIENCE_S:.0f} s: see {self.place.log}")

    def stop(self) -> None:
        """Stop the server cleanly and wait for its end. Raises StoreUnavailable if it does not go."""
        ends = time.monotonic() + PATIENCE_S
        patience = _Patience(self._say)
        found = self.running()
        if found is not None:
            found.stop()
        elif self._child is not None:  # launched a moment ago: its pid file is not there yet
            self._child.send_signal(signal.SIGINT)
        while (found := self.running()) is not None:
            if time.monotonic() >= ends:
                raise StoreUnavailable(f"the database (pid {found.pid}) does not stop: see {self.place.log}")
            patience.waiting("the database is stopping")
            time.sleep(_POLL_S)
        if self._child is not None:
            self._child.wait()
            self._child = None
        self.place.clear_socket_folder()

    def leave(self) -> None:
        """Let the server go on without us; while this process lives, it still reaps a child of its own."""
        if self._child is not None:
            Thread(target=self._child.wait, name="reap-postgres", daemon=True).start()
            self._child = None

    def _make_data(self) -> None:
        """Run initdb once; a killed initdb leaves nothing that a later start could mistake for a database."""
        data = self.place.data
        if data.exists():
            self._check_major()
            return
        unfinished = self.place.cluster / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        made = subprocess.run(  # noqa: S603 -- our own program and arguments
            [
                self._programs / "initdb",
                "-D",
                unfinished,
                "-U",
                "postgres",
                "--auth=trust",
                "-E",
                "UTF8",
                "--no-locale",
            ],
            **self._surroundings(),
            capture_output=True,
            check=False,
        )
        if made.returncode:
            lines = made.stderr.decode(errors="replace").strip().splitlines()
            reason = next((line for line in lines if "error" in line.lower() or "could not" in line), "no reason given")
            raise StoreUnavailable(f"the database could not be made in {self.place.cluster}: {reason}")
        unfinished.rename(data)

    def _check_major(self) -> None:
        version = (self.place.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != str(MAJOR):
            raise StoreUnavailable(
                f"{self.place.data} was made by PostgreSQL {version}, and this Trellis brings {MAJOR}:"
                " dump it with the older Trellis and restore it with this one"
            )

    def _launch(self, *, dies_with_us: bool) -> None:
        """Start postgres and return when its pid file shows it alive. Raises StoreUnavailable with its last words."""
        self._bury()
        socket_folder = self.place.socket_folder()
        disown_reused_pid(self.place.data, socket_folder)
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        _cut_short(self.place.log)
        with self.place.log.open("ab") as log:
            said_before = log.tell()
            self._child = subprocess.Popen(  # noqa: S603 -- our own program and arguments
                [self._programs / "postgres", "-D", self.place.data, "-k", socket_folder, *settings],
                **self._surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop the server after our own work
                preexec_fn=die_with_parent(signal.SIGINT) if dies_with_us else None,  # noqa: PLW1509 -- one prctl call, prepared before the fork
            )
        while self._child.poll() is None:
            if find_postmaster(self.place.data) is not None:
                return
            time.sleep(_POLL_S)
        last_words = _reason(self.place.log, said_before)
        if _PASSING not in last_words:
            raise StoreUnavailable(f"the database does not start: {last_words} (see {self.place.log})")

    def _bury(self) -> None:
        """Wait for the end of a killed child: it has no face any more some moments before it can be reaped."""
        if self._child is None:
            return
        try:
            self._child.wait(_LAST_BREATH_S)
        except subprocess.TimeoutExpired:
            pid = self._child.pid
            raise StoreUnavailable(
                f"the database (pid {pid}) runs without its pid file: stop it, then start again"
            ) from None

    def _surroundings(self) -> dict[str, Any]:
        return {"cwd": "/", "env": _ENVIRONMENT, **self.place.account.popen()}


class _Patience:
    """Says what we wait for, at once after the first moments and then now and again."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._began = time.monotonic()
        self._next = self._began + 1.0

    def waiting(self, what: str) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._say(f"{what}; waiting ({now - self._began:.0f} s)")
            self._next = now + _SAY_EVERY_S


def _url(socket_folder: Path, database: str) -> str:
    return f"postgresql+psycopg://postgres@/{database}?host={quote(str(socket_folder), safe='')}&port=5432"


def _connection_text(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql", 1)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(_connection_text(url), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(url: str) -> None:
    try:
        with psycopg.connect(_connection_text(url), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as error:
        raise StoreUnavailable(f"the database cannot be prepared: {str(error).splitlines()[0]}") from error


def _cut_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_KEPT_BYTES:
        log.write_bytes(b"")


def _reason(log: Path, offset: int) -> str:
    """The last FATAL or PANIC line that PostgreSQL wrote, or its very last line."""
    with log.open("rb") as file:
        file.seek(offset)
        lines = file.read().decode(errors="replace").strip().splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines or ["it says nothing"]
    return telling[-1].strip()
