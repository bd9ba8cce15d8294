"""A named lock that one database session holds: its holder beats, learns when it has lost it, and works no more then.

The lock dies with its session, so a killed process blocks nobody. One that is stopped (SIGSTOP, a paused machine) keeps
its session; it does not beat any more, and whoever needs the lock ends all its sessions (`end_silent`). When it goes on,
it finds out before its next transaction. Only what it does without the store is beyond this: deadlines limit that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from math import inf
from threading import Event, Lock, Thread

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from connector.store.engine import LOCK_SPACE, PROCESS, fenced, lock_within, unlock
from connector.store.errors import LockLost, StoreUnavailable

BEAT_S = 5.0
#: Who holds a lock and has said nothing for so long stands still: its threads would have beaten six times.
SILENT_S = 30.0
#: Before a transaction, a beat that is older is not believed.
_FRESH_S = 2 * BEAT_S


class NotPermitted(Exception):
    """Our role may not end the sessions of a process that stands still; the message says what a person can do."""


class SessionLock:
    """The lock `name`, on a session of its own. Use it from one thread; `held` guards every thread of the engine."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._conn = engine.connect()
        self._using = Lock()
        self._done = Event()
        self._beaten_at = -inf
        self._taken = self._lost = False

    def take(self, seconds: float) -> bool:
        """Take the lock, waiting for its present holder at most so long. Raises StoreUnavailable."""
        self._taken = lock_within(self._conn, self._name, seconds)
        self._conn.commit()
        return self._taken

    def end_silent_holder(self) -> tuple[str, ...]:
        """See `end_silent`."""
        return end_silent(self._conn, [self._name], SILENT_S)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Beat while the block runs. Within it, no transaction of this engine begins once the lock is lost: LockLost."""
        self._beat()
        beating = Thread(target=self._beat_on, name=f"beat {self._name}", daemon=True)
        beating.start()
        try:
            with fenced(self._engine, self):
                yield
        finally:
            self._done.set()
            beating.join()

    def close(self) -> None:
        """Give back the lock, if it was taken, and the session."""
        try:
            if self._taken and not self._lost:
                unlock(self._conn, self._name)
                self._conn.commit()
                self._taken = False
        except (StoreUnavailable, DBAPIError):
            self._lost = True
        if self._taken:
            self._conn.invalidate()  # a session that goes back to the pool would keep the lock
        self._conn.close()

    def _beat_on(self) -> None:
        while not self._done.wait(BEAT_S):
            with suppress(LockLost):  # whoever begins a transaction will hear of it
                self._beat()

    def _beat(self) -> None:
        """Say something on the session that holds the lock: while it lives, so does the lock. Raises LockLost."""
        with self._using:
            began = time.monotonic()
            try:
                if not self._lost:
                    self._conn.execute(text("SELECT 1"))
                    self._conn.commit()
            except (StoreUnavailable, DBAPIError):
                self._lost = True
            if self._lost:
                raise LockLost("this process stood still, or lost the database, and others may have its work by now")
            self._beaten_at = began

    def session_made(self) -> None:
        """Perhaps because the others were ended: the next transaction makes sure."""
        self._beaten_at = -inf

    def about_to_begin(self, conn: Connection) -> None:
        """Raises LockLost."""
        if conn is not self._conn and (self._lost or time.monotonic() - self._beaten_at > _FRESH_S):
            self._beat()


def end_silent(conn: Connection, names: Sequence[str], seconds: float) -> tuple[str, ...]:
    """End every session of the processes that hold one of these locks and have said nothing there for so many seconds.

    Returns the processes (``trellis:<host>:<pid>:<random>``). Raises NotPermitted where our role may not end them.
    """
    # Materialized, or the planner might ask for the end of sessions before it has looked whose they are.
    statement = text(
        "WITH silent AS MATERIALIZED ("
        " SELECT DISTINCT holder.application_name AS process FROM pg_locks JOIN pg_stat_activity AS holder USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = :space"
        "  AND objid::bigint IN (SELECT hashtext(name)::bigint & 4294967295 FROM unnest(CAST(:names AS text[])) AS name)"
        "  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        "  AND holder.state <> 'active' AND holder.state_change < clock_timestamp() - make_interval(secs => :seconds)"
        "  AND holder.application_name LIKE :ours"
        "), theirs AS MATERIALIZED ("
        " SELECT pid, process FROM silent JOIN pg_stat_activity ON application_name = process"
        "  AND datname = current_database() AND pid <> pg_backend_pid()"
        ") SELECT process, pg_terminate_backend(pid) FROM theirs"
    )
    values = {"space": LOCK_SPACE, "names": list(names), "seconds": seconds, "ours": f"{PROCESS}:%"}
    try:
        ended = tuple(dict.fromkeys(conn.scalars(statement, values)))
        conn.commit()
    except ProgrammingError as error:
        conn.rollback()
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        raise NotPermitted(
            "another process holds the work, stands still, and our role may not end its sessions: end that process"
        ) from error
    return ended
