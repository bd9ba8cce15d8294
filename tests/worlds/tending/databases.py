"""A PostgreSQL server for the length of a campaign, and a fresh database with the present schema for each world."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from connector.store.engine import connect
from connector.store.migrate import migrate
from connector.store.postgres import Server

_TEMPLATE = "worlds_template"


@contextmanager
def databases() -> Iterator[Callable[[], str]]:
    """Gives the URL of one more database at each call; all are gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix="trellis-worlds-"))
    folder.chmod(0o711)  # the server's account must get in
    server = Server(folder)
    url = server.start()
    try:
        make = fresh_databases(url)
        yield make
    finally:
        server.stop()
        shutil.rmtree(folder)


def fresh_databases(url: str) -> Callable[[], str]:
    """Makes databases on a running server, whose URL this is."""
    _execute(url, f"CREATE DATABASE {_TEMPLATE}")
    _execute(url, f"ALTER DATABASE {_TEMPLATE} SET synchronous_commit = off")
    engine = connect(_on(url, _TEMPLATE))
    migrate(engine)
    engine.dispose()
    numbers = count(1)

    def make() -> str:
        name = f"world_{next(numbers)}"
        _execute(url, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        _execute(url, f"ALTER DATABASE {name} SET synchronous_commit = off")  # nobody pulls the plug here
        return _on(url, name)

    return make


def _on(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(statement.encode())
