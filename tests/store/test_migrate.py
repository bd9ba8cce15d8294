"""The schema: what migrations make is what the code expects, and a database from another time is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import connector.store.migrations
from connector.store.engine import connect
from connector.store.errors import SchemaTooNew, SchemaTooOld, StoreUnavailable
from connector.store.migrate import check_schema, migrate, schema_version
from connector.store.migrations import REVISIONS, VERSION_TABLE
from connector.store.schema import metadata


def ours(_object: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:
    return "procrastinate" not in (name or "")


def test_migrated_and_declared_schema_are_the_same(conn: Connection) -> None:
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "version_table": VERSION_TABLE,
        "include_object": ours,
    }
    assert compare_metadata(MigrationContext.configure(conn, opts=options), metadata) == []


def test_the_list_of_revisions_is_alembics() -> None:
    folder = Path(connector.store.migrations.__file__).parent
    script = ScriptDirectory(str(folder))
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == REVISIONS


def test_a_migrated_database_is_accepted_and_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as conn:
        check_schema(conn)
        assert schema_version(conn) == REVISIONS[-1]
        assert conn.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is not None


def test_an_empty_database_is_too_old_and_says_what_to_run(postgres_url: str) -> None:
    engine = connect(postgres_url)
    with engine.connect() as conn, pytest.raises(SchemaTooOld, match="trellis release"):
        check_schema(conn)
    engine.dispose()


def test_a_newer_schema_is_refused_by_check_and_by_migrate(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with engine.connect() as conn, pytest.raises(SchemaTooNew, match="9999"):
        check_schema(conn)
    with pytest.raises(SchemaTooNew):
        migrate(engine)


def test_two_that_migrate_at_once_do_it_once(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(migrate, engine), pool.submit(migrate, engine)]:
            done.result()
    with engine.connect() as conn:
        check_schema(conn)


def test_a_server_that_is_away_is_one_line_with_a_cure() -> None:
    engine = connect("postgresql://trellis:s3cret@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable, match="DATABASE_URL") as refused:
        engine.connect()
    assert "\n" not in str(refused.value)
    assert "s3cret" not in str(refused.value)
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "not a url"])
def test_another_kind_of_url_is_refused(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="DATABASE_URL"):
        connect(url)
