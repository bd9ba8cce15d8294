"""Connections to the store, and the locks that span them."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import orjson
import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError

from connector.store.errors import StoreUnavailable

#: Keeps our advisory locks apart from other users of the same database ("TREL").
LOCK_SPACE = 0x5452454C
#: Every session tells its process: ``trellis:<host>:<pid>:<random>``, as PostgreSQL's `application_name`.
PROCESS = "trellis"
_WRITER = "writer"

#: Nothing of ours computes for so long between two statements of a transaction.
_IDLE_IN_TRANSACTION = "10min"
#: Where others wait meanwhile, even less.
_WRITER_SILENT = "60s"
_END_IF_SILENT = "set_config('idle_in_transaction_session_timeout', :limit, true)"
#: How both sides find out within a minute or so that the other machine has vanished; none of it touches a socket file.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
_SETTINGS = {
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION,
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

#: SQLSTATE classes and codes that say the server is away, out of room, or done with us, whatever the statement was.
_AWAY = ("08", "25P03", "53", "57P01", "57P02", "57P03", "57P05", "58")


def connect(url: str, *, statements_take: str = "") -> Engine:
    """An engine with a small pool for a PostgreSQL URL (``postgres://``, ``postgresql://``, ``postgresql+psycopg://``).

    Nothing is opened yet. Using it raises StoreUnavailable when the server is away, refuses us, or has no room left, and
    QueryCanceled of a statement that takes longer than `statements_take` (``4s``), if that is given.
    Statements' parameters never appear in errors (they hold personal data).
    """
    settings = {**_SETTINGS, "statement_timeout": statements_take} if statements_take else _SETTINGS
    engine = create_engine(
        _with_driver(url),
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_json_text,
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": 5,
            "application_name": _process_name(),
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            **_KEEPALIVE,
        },
    )
    event.listen(engine, "handle_error", _name_what_is_away)
    event.listen(engine, "connect", lambda *_: _told(engine, lambda fence: fence.session_made()))
    event.listen(engine, "begin", lambda conn: _told(engine, lambda fence: fence.about_to_begin(conn)))
    return engine


class Fence(Protocol):
    """Keeps transactions of an engine from beginning while they must not."""

    def session_made(self) -> None:
        """A new database session was opened."""

    def about_to_begin(self, conn: Connection) -> None:
        """A transaction is about to begin; what is raised here keeps it from it."""


@contextmanager
def fenced(engine: Engine, fence: Fence) -> Iterator[None]:
    """While the block runs, `fence` is asked before any thread begins a transaction on the engine; one fence at a time."""
    assert engine not in _fences
    _fences[engine] = fence
    try:
        yield
    finally:
        del _fences[engine]


def writer_lock(conn: Connection) -> None:
    """Become the one writer of the ledger until the transaction ends; waits for the one before.

    Positions are given under this lock only, so they become visible in their order. A writer that falls silent in the
    middle (its process is stopped) is rolled back by the database after a minute.
    """
    values = {"space": LOCK_SPACE, "name": _WRITER, "limit": _WRITER_SILENT}
    conn.execute(text(f"SELECT pg_advisory_xact_lock(:space, hashtext(:name)), {_END_IF_SILENT}"), values)


def end_if_silent(conn: Connection, limit: str) -> None:
    """Let the database roll this transaction back if we fall silent within it for so long (``20s``): others wait for it."""
    conn.execute(text(f"SELECT {_END_IF_SILENT}"), {"limit": limit})


def try_lock(conn: Connection, name: str) -> bool:
    """Take the named lock for this database session, or say False at once. Held until `unlock` or disconnection.

    Use a connection of its own: one that goes back to the pool keeps the lock.
    """
    return bool(
        conn.scalar(text("SELECT pg_try_advisory_lock(:space, hashtext(:name))"), {"space": LOCK_SPACE, "name": name})
    )


def lock_within(conn: Connection, name: str, seconds: float) -> bool:
    """Take the named lock as `try_lock` does, waiting for its present holder at most so long."""
    if seconds <= 0:
        return try_lock(conn, name)
    conn.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{int(seconds * 1000)}ms"})
    try:
        conn.execute(text("SELECT pg_advisory_lock(:space, hashtext(:name))"), {"space": LOCK_SPACE, "name": name})
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
        conn.rollback()
        return False
    return True


def unlock(conn: Connection, name: str) -> None:
    """Give back what `try_lock` took on this session."""
    conn.execute(text("SELECT pg_advisory_unlock(:space, hashtext(:name))"), {"space": LOCK_SPACE, "name": name})


def _with_driver(url: str) -> URL:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise StoreUnavailable("DATABASE_URL is not a URL: write postgresql://user:password@host/database") from None
    if parsed.get_backend_name() != "postgresql":
        raise StoreUnavailable(f"DATABASE_URL names {parsed.get_backend_name()}: only PostgreSQL is supported")
    return parsed.set(drivername="postgresql+psycopg")


_FAULTS = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)
_fences: WeakKeyDictionary[Engine, Fence] = WeakKeyDictionary()


def _told(engine: Engine, tell: Callable[[Fence], None]) -> None:
    fence = _fences.get(engine)
    if fence is not None:
        tell(fence)


def _process_name() -> str:
    """At most 63 bytes, or PostgreSQL would cut it."""
    return f"{PROCESS}:{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _name_what_is_away(context: ExceptionContext) -> StoreUnavailable | None:
    """Replace the driver's error by StoreUnavailable where the server, not the statement, is at fault."""
    error = context.original_exception
    if context.is_pre_ping or not isinstance(error, _FAULTS):
        return None  # a ping that fails makes the pool connect anew: that attempt will tell
    connecting = context.connection is None
    if not (connecting or context.is_disconnect or (error.sqlstate or "").startswith(_AWAY)):
        return None
    reason = next(iter(str(error).strip().splitlines()), "no reason given")
    return StoreUnavailable(f"the database is not usable: {reason}; see that it runs and that DATABASE_URL is right")
