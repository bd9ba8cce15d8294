"""Everything is killed in the middle of a storm: how soon does the receiver take deliveries again, and is any of them lost?

    PYTHONPATH=benchmarks/platform python benchmarks/storm/restart.py [--events N] [--times N]

`trellis serve` as shipped, with its own PostgreSQL, and a HubSpot that is away, so that what comes goes on waiting. Once so
many events wait, and while more are sent, every process is killed (SIGKILL) and `trellis serve` started again. The times
count from that start, the imports included; a supervisor's own pause comes on top. Only the receiver is killed, too. In the
end each delivery that was acknowledged must be in the inbox. Linux only.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from deliveries import EVENTS, FIRST_EVENT
from processes import MAPPINGS, Environ, lean_portal, load, run, started
from receiver import STORM, free_port, listening, sender, sending, wait_for

from connector.assembly import bundled_url
from connector.store.engine import connect
from connector.store.migrate import migrate

#: Before the kill, the load has lasted so long.
_UNDER_LOAD_S = 3.0
#: What dies sooner after its start is started again after a pause.
_SETTLED_S = 6.0
_REDO = re.compile(r"redo (?:starts|done) at ([0-9A-F]+)/([0-9A-F]+)")
_IDS = (
    f"SELECT (substring(convert_from(substring(body, 1, 32), 'SQL_ASCII') from '[0-9]+')::bigint - {FIRST_EVENT})"
    f" / {EVENTS} FROM delivery"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--log", type=int, default=120, help="MiB that PostgreSQL's own log has to replay, once")
    given = parser.parse_args()
    with installation() as (folder, environ):
        url, journal = f"{environ['PUBLIC_URL']}/webhooks/hubspot", folder / "journal"
        with serving(environ, folder):
            wait_for(environ["PUBLIC_URL"], "/readyz")
            *_, told = sending(url, deliveries=given.events // EVENTS, journal=journal)
            print(
                f"{given.events:,} events stored: {told['answers']} in {told['seconds']:.1f} s   load {load()}",
                flush=True,
            )
        sent = given.events // EVENTS
        for log_mib in (*(0 for _ in range(given.times)), given.log):
            sent = _kill_everything(environ, folder, journal, sent, log_mib)
        with serving(environ, folder):
            wait_for(environ["PUBLIC_URL"], "/readyz")
            time.sleep(_SETTLED_S)
            _kill_receiver(environ)
        _compare(folder, journal)


def _kill_everything(environ: Environ, folder: Path, journal: Path, sent: int, log_mib: int) -> int:
    """Under load, with at least so much in PostgreSQL's own log; what was sent by then."""
    with serving(environ, folder) as serve:
        wait_for(environ["PUBLIC_URL"], "/readyz")
        with sender(f"{environ['PUBLIC_URL']}/webhooks/hubspot", deliveries=10**6, first=sent, journal=journal):
            time.sleep(_UNDER_LOAD_S)
            _grow_log(folder, log_mib)
            for one in _everything(serve, folder):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            serve.wait()
    sent = 1 + max(map(int, journal.read_text().split()))
    log = folder / "var/postgres/postgres.log"
    said = log.stat().st_size
    with serving(environ, folder):
        began = time.monotonic()
        wait_for(environ["PUBLIC_URL"], "/healthz")
        healthy = time.monotonic() - began
        wait_for(environ["PUBLIC_URL"], "/readyz")
        ready = time.monotonic() - began
    print(
        f"all killed with {sent * EVENTS:,} events: /healthz {healthy:.2f} s, /readyz {ready:.2f} s,"
        f" log replayed {_replayed_mib(log, said):.0f} MiB   load {load()}",
        flush=True,
    )
    return sent


def _grow_log(folder: Path, mib: int) -> None:
    """A checkpoint, and then so much of other writing, to be replayed."""
    if not mib:
        return
    with (
        bundled_url(folder / "var") as url,
        psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection,
    ):
        connection.execute("CHECKPOINT")
        connection.execute("CREATE TABLE filler (words text)")
        began = connection.execute("SELECT pg_current_wal_lsn()").fetchone()
        grown = 0
        while grown < mib * 2**20:
            connection.execute(
                "INSERT INTO filler SELECT repeat(md5(random()::text), 4) FROM generate_series(1, 20000)"
            )
            row = connection.execute("SELECT pg_current_wal_lsn() - %s", began).fetchone()
            grown = int(row[0]) if row else 0


def _kill_receiver(environ: Environ) -> None:
    """The gunicorn of a `serve` that goes on."""
    ours = [
        one
        for one in psutil.process_iter(["environ", "cmdline"])
        if "gunicorn" in (one.info["cmdline"] or ())
        and (one.info["environ"] or {}).get("TRELLIS_DATA") == environ["TRELLIS_DATA"]
    ]
    for one in ours:
        one.kill()
    began = time.monotonic()
    wait_for(environ["PUBLIC_URL"], "/healthz")
    print(f"the receiver killed: /healthz {time.monotonic() - began:.2f} s   load {load()}", flush=True)


def _compare(folder: Path, journal: Path) -> None:
    acknowledged = set(map(int, journal.read_text().split()))
    with bundled_url(folder / "var") as url, connect(url).connect() as conn:
        stored = [int(row[0]) for row in conn.exec_driver_sql(_IDS)]
    lost, twice = len(acknowledged - set(stored)), len(stored) - len(set(stored))
    print(
        f"{len(acknowledged):,} deliveries acknowledged, {len(stored):,} stored, {lost} lost; {twice} sent again, unanswered"
    )
    if lost:
        raise SystemExit(1)


@contextmanager
def installation() -> Iterator[tuple[Path, dict[str, str]]]:
    """A data directory in which a rulebook is active, and the environment of an installation whose HubSpot is away."""
    folder = Path(tempfile.mkdtemp(prefix="trellis-bench-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as an account that must be able to enter
    try:
        with lean_portal("--contacts", "1000", "--mappings", str(MAPPINGS)) as portal:
            environ = listening({**portal, "TRELLIS_DATA": str(folder / "var"), "LOG_LEVEL": "ERROR"}, free_port())
            with bundled_url(folder / "var") as url:
                migrate(connect(url))
            run(str(STORM / "known.py"), environ=environ)
        yield folder, environ
    finally:
        shutil.rmtree(folder)


@contextmanager
def serving(environ: Environ, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`trellis serve` while the block runs; what is left of it at the end is stopped."""
    with started("-m", "connector", "serve", environ=environ) as serve:
        yield serve
        serve.terminate()
        serve.wait(60)
    while left := _everything(serve, folder):
        for one in left:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        time.sleep(0.05)


def _everything(serve: subprocess.Popen[str], folder: Path) -> Sequence[int]:
    """Each process of this installation, PostgreSQL's among them."""
    mine, found = os.fsencode(folder), []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (
                int(place.name) == serve.pid
                or mine in (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
            ):
                found.append(int(place.name))
    children = [child.pid for one in found if psutil.pid_exists(one) for child in _children(one)]
    return sorted({*found, *children} - {os.getpid()})


def _children(pid: int) -> Sequence[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return ()


def _replayed_mib(log: Path, said: int) -> float:
    """How much of its own log PostgreSQL has read again, by what it said since."""
    with log.open("rb") as file:
        file.seek(said)
        places = [int(high, 16) * 2**32 + int(low, 16) for high, low in _REDO.findall(file.read().decode())]
    return (places[-1] - places[0]) / 2**20 if places else 0.0


if __name__ == "__main__":
    main()
