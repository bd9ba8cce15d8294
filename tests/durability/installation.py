"""One team's installation under test: `trellis serve` as a real process, what runs under it, and its own PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from connector.store.postmaster import find_postmaster

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/shared"))
from ports import free_port  # noqa: E402

CLIENT_SECRET = "durability-client-secret"
MAILCHIMP_TOKEN = "durability-webhook-token-0123456789"

_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
_ONE_COMMAND_S = 240
#: How long anything may take to be there again, or gone, on a machine that has other things to do.
READY_S = 180.0
_PARTS = ("web", "worker", "clock")


class Broken(Exception):
    """The campaign cannot go on: what should run does not."""


class Installation:
    """What runs on one machine of a team: a data directory, mappings, an environment, `serve` and its children."""

    def __init__(self, folder: Path, hubspot_url: str, mailchimp_url: str) -> None:
        folder.chmod(0o711)  # the account that runs PostgreSQL for root must pass
        open_mappings(folder)
        self.folder, self.data, self.port = folder, folder / "var", free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "TRELLIS_DATA": str(self.data),
            "MAPPINGS_DIR": str(folder / "mappings"),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
            "HUBSPOT_ACCESS_TOKEN": "sandbox-token",
            "HUBSPOT_BASE_URL": hubspot_url,
            "MAILCHIMP_API_KEY": "sandbox-us19",
            "MAILCHIMP_BASE_URL": mailchimp_url,
            "MAILCHIMP_WEBHOOK_TOKEN": MAILCHIMP_TOKEN,
        }
        self._log = folder / "trellis.log"
        self._log.touch()
        self._read_to = self.ended = 0
        self._started: dict[str, int] = {}
        self._serve: subprocess.Popen[bytes] | None = None
        self._commands: list[subprocess.Popen[bytes]] = []

    # ------------------------------------------------------------ processes

    def trellis(self, *words: str, expect: Sequence[int] = (0,), **environ: str) -> str:
        """One command to its end; what it printed. Raises Broken if it ends in another way than expected."""
        done = subprocess.run(
            [sys.executable, "-m", "connector", *words],
            cwd=ROOT,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=_ONE_COMMAND_S,
            check=False,
        )
        if done.returncode not in expect:
            raise Broken(f"trellis {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """One command that goes on; what it says is appended to the log."""
        with self._log.open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "connector", *words],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._commands.append(started)
        return started

    def serve(self) -> None:
        """Start everything; comes back at once. What runs under another `serve`, about to end, counts no more."""
        self._read_log()
        self._started.clear()
        self._serve = self.start("serve")

    def mind(self) -> bool:
        """What an init system does: start `serve` again where it has ended by itself. True if it runs."""
        if self._serve is not None and self._serve.poll() is not None:
            self.ended += 1
            self.serve()
            return False
        return True

    def stop(self) -> None:
        """Ask everything to end, and wait for it."""
        if self._serve is not None:
            self._serve.terminate()
            self._serve.wait(60)
            self._serve = None

    def pids(self, name: str) -> list[int]:
        """The live processes of that name: serve, web (the master), gunicorn (its workers), worker, clock, postgres."""
        if name == "serve":
            return [self._serve.pid] if self._serve and self._serve.poll() is None else []
        if name == "postgres":
            found = find_postmaster(self._cluster)
            return [found.pid] if found else []
        if name == "gunicorn":
            return [child for master in self.pids("web") for child in _children(master)]
        self._read_log()
        pid = self._started.get(name)
        return [pid] if pid is not None and _runs(pid) else []

    def kill(self, name: str) -> bool:
        """SIGKILL of everybody of that name, and their end; False where there is nobody."""
        found = self.pids(name)
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if name == "serve" and self._serve is not None:
            self._serve.wait()
        until(lambda: not any(map(_runs, found)), READY_S, f"{name} is dead")
        return bool(found)

    def kill_all(self) -> None:
        """End whatever belongs to this installation, PostgreSQL included."""
        while left := self._remains():
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for command in self._commands:
                command.poll()
            time.sleep(0.05)

    def _remains(self) -> list[int]:
        mine, found = os.fsencode(self.data), []
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (place / "cmdline").read_bytes()
                if command and (mine in command or mine in (place / "environ").read_bytes()):
                    found.append(int(place.name))
        return found

    def is_ready(self) -> bool:
        """Whether the receiver answers and everything else runs."""
        if not self.mind():
            return False
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
            return all(self.pids(name) for name in _PARTS)
        return False

    # ------------------------------------------------------------ what was said

    @property
    def log(self) -> str:
        return self._log.read_text()

    def _read_log(self) -> None:
        with self._log.open("rb") as log:
            log.seek(self._read_to)
            news = log.read()
        whole = news[: news.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            if b'"started"' in line and line.startswith(b"{"):
                told = json.loads(line)
                if told["event"] == "started" and "child" in told:
                    self._started[told["child"]] = told["pid"]

    # ------------------------------------------------------------ the store

    @property
    def _cluster(self) -> Path:
        return (self.data / "postgres/cluster/data").resolve()

    @property
    def database(self) -> str:
        """The URL of the live database. Raises psycopg.OperationalError while there is none."""
        found = find_postmaster(self._cluster)
        if found is None or found.status != "ready":
            raise psycopg.OperationalError("the database is away")
        return f"postgresql://postgres@/trellis?host={quote(str(found.socket_folder), safe='')}&port=5432"

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A session of its own, each statement a transaction."""
        with psycopg.connect(
            self.database, autocommit=True, connect_timeout=5, options="-c statement_timeout=20s"
        ) as connection:
            yield connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of the live database. Raises psycopg.OperationalError while there is none."""
        with self.connected() as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def let_an_hour_pass(self) -> None:
        """For what was interrupted: leases run on the database's clock, which no test can turn. Call it while nobody works."""
        past = "clock_timestamp() - interval '1 s'"
        self.rows(f"UPDATE delivery SET lease_until = {past} WHERE lease_until IS NOT NULL")
        self.rows(
            f"UPDATE intent SET lease_until = {past}, sending_at = sending_at - interval '1 h'"
            " WHERE state IN ('pending', 'sending', 'unknown')"
        )


def until(holds: Callable[[], Any], seconds: float, what: str) -> Any:
    """What `holds` gives as soon as it is true; a database that is away counts as not yet. Raises Broken."""
    ends = time.monotonic() + seconds
    while True:
        with suppress(psycopg.OperationalError):
            if found := holds():
                return found
        if time.monotonic() > ends:
            raise Broken(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)


def open_mappings(folder: Path) -> None:
    """The shipped mappings, but open at every hour, enrolling at once and by the thousand: processes run on the real clock."""
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    tracks = folder / "mappings" / "tracks.yaml"
    text, calendars = re.subn(r"(?m)^calendar:.*$", "calendar: {}", tracks.read_text(encoding="utf-8"))
    text, waits = re.subn("hold_after_rise: [0-9]+d", "hold_after_rise: 0d", text)
    text, guards = re.subn(
        r"(?m)^guard:.*$", "guard: {stage_moves: {share: 100%, count: 50000}, enrollments: 50000}", text
    )
    if (calendars, waits, guards) != (1, 1, 1):
        raise Broken("the shipped tracks.yaml is not the one that the campaign knows")
    tracks.write_text(text, encoding="utf-8")


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
