"""running.md's backup and restore, typed as they stand there, over a database that has gone on being used."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from connector.store.binaries import find_binaries
from connector.store.engine import connect
from connector.store.migrate import check_schema

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "running.md").read_text(encoding="utf-8")


def written(beginning: str) -> str:
    """The one line of a command block that begins so."""
    (line,) = re.findall(rf"^{re.escape(beginning)}.*$", PAGE, re.MULTILINE)
    return line


@pytest.fixture
def shell(database, tmp_path):
    """Types a line where the page's `DATABASE_URL` is set and the programs are in the path."""
    environ = {
        "PATH": f"{find_binaries()}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": database.replace("+psycopg", "", 1),
    }

    def types(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60
        )

    return types


def test_a_dump_goes_back_into_a_database_that_is_in_use_and_again(database, shell):
    plain = database.replace("+psycopg", "", 1)
    dump, empty, restore = (written(begins) for begins in ("pg_dump ", 'psql "$DATABASE_URL" -c "DROP', "pg_restore "))

    def words() -> list[str]:
        with psycopg.connect(plain) as conn:
            return [row[0] for row in conn.execute("SELECT text FROM word ORDER BY text")]

    def keep(word: str) -> None:
        with psycopg.connect(plain) as conn:
            conn.execute("INSERT INTO word (text) VALUES (%s)", (word,))

    keep("before the first dump")
    for round_ in ("first", "second"):
        kept = words()
        assert shell(dump).returncode == 0
        keep(f"after the {round_} dump")
        for line in (empty, restore):
            done = shell(line)
            assert done.returncode == 0, done.stderr
        assert words() == kept
        keep(f"after the {round_} restore")  # its numbers go on, too
    engine = connect(database)
    with engine.connect() as conn:
        check_schema(conn)
    engine.dispose()
