"""Bringing a database to this version's schema, and refusing one that is not there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from connector.store.engine import LOCK_SPACE
from connector.store.errors import SchemaTooNew, SchemaTooOld, StoreUnavailable
from connector.store.migrations import REVISIONS, VERSION_TABLE

_CURE = "run `trellis release` (or `trellis serve`, which does it)"


def migrate(engine: Engine) -> None:
    """Make or upgrade every table, Procrastinate's included; in one transaction, one process at a time, repeatable.

    Raises SchemaTooNew for a database that a newer Trellis has migrated.
    """
    with engine.begin() as conn:
        conn.execute(text("SELECT pg_advisory_xact_lock(:space, hashtext('migrate'))"), {"space": LOCK_SPACE})
        if schema_version(conn) not in (None, *REVISIONS):
            raise _too_new(conn)
        _upgrade(conn)
        _ensure_procrastinate(conn)


def check_schema(conn: Connection) -> None:
    """Return only if the database has exactly this version's schema. Raises SchemaTooOld or SchemaTooNew. Read-only."""
    version = schema_version(conn)
    if version is None:
        raise SchemaTooOld(f"the database is empty: {_CURE}")
    if version not in REVISIONS:
        raise _too_new(conn)
    if version != REVISIONS[-1]:
        raise SchemaTooOld(f"the database is at schema {version}, this Trellis needs {REVISIONS[-1]}: {_CURE}")


def schema_version(conn: Connection) -> str | None:
    """The revision that the database is at; None if Trellis has never been there. Read-only."""
    if conn.scalar(text("SELECT to_regclass(:table)"), {"table": VERSION_TABLE}) is None:
        return None
    version: str | None = conn.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 -- our own constant
    return version


def _too_new(conn: Connection) -> StoreUnavailable:
    return SchemaTooNew(
        f"the database is at schema {schema_version(conn)}, newer than this Trellis knows ({REVISIONS[-1]}):"
        " install the version that made it, or restore a backup"
    )


def _upgrade(conn: Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- slow to import, needed by `release` only
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _ensure_procrastinate(conn: Connection) -> None:
    """Apply Procrastinate's schema where it is not. Its SQL has many statements: only the bare driver takes that."""
    if conn.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is not None:
        return
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 -- 0.3 s

    driver = conn.connection.driver_connection
    if driver is None:
        raise StoreUnavailable("the database went away while it was migrated: try again")
    driver.execute(SchemaManager.get_schema())
