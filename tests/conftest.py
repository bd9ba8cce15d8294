"""Fixtures for everybody: a real PostgreSQL for the whole run, and a fresh migrated database for each test that asks.

Under xdist each worker process has a server of its own. The bundled server stops with its process, whatever ends it.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import make_url

from connector.store.engine import connect
from connector.store.migrate import migrate
from connector.store.postgres import Server

sys.path.append(str(Path(__file__).parent / "shared"))  # what tests of several folders have in common

# A shared machine is no clock. The same examples every time; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("steady")

#: Folders of the tests that take long.
_LONG = frozenset({"durability", "lives", "process", "statemachine", "trip", "worlds"})

_TEMPLATE = "trellis_template"
#: Nothing outlives this server, so it waits for no disk. Whoever kills a database has one of her own.
_NOT_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_numbers = itertools.count(1)

#: Linux's file system in memory. A server's data and log stay under 0.5 GiB, and each worker of xdist has a server.
_MEMORY = Path("/dev/shm")
_PLENTY = 4 << 30
#: The folder's name goes on with the pid of who made it.
_DATA = "trellis-test-data-"

#: Whatever looks like one, in a line of ours: the platforms' people have such.
_ADDRESS = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.\w")


def pytest_sessionstart() -> None:
    """What collecting makes stays to the end: a tenth of the time would go into looking for garbage among it."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first: at the end no worker is to wait for another."""
    items.sort(key=lambda item: _LONG.isdisjoint(item.path.parts))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def no_address_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Our own log calls name nobody; that addresses are taken out of every line is the last line of defense, not the first."""
    yield
    ours = [record for record in caplog.get_records("call") if record.name.startswith("trellis")]
    said = [f"{record.getMessage()} {record.__dict__.get('facts')}" for record in ours]
    assert [line for line in said if _ADDRESS.search(line)] == []


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """A directory that the server's account can enter (pytest's own are closed to others, and root lends an account).

    In memory where there is plenty: a new database for a test then takes a fifth of the time.
    """
    place = None
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _PLENTY:
        place = _MEMORY
        for left in _MEMORY.glob(f"{_DATA}*"):
            if not Path("/proc", left.name.removeprefix(_DATA).partition("-")[0]).exists():  # its run was killed
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_DATA}{os.getpid()}-", dir=place))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url(data_folder: Path) -> Iterator[str]:
    """URL of a running bundled server; its template database is migrated."""
    server = Server(data_folder)
    url = server.start()
    try:
        for setting in _NOT_DURABLE:
            _execute(url, f"ALTER SYSTEM SET {setting} = off")
        _execute(url, "SELECT pg_reload_conf()")
        _execute(url, f"CREATE DATABASE {_TEMPLATE}")
        engine = connect(_on(url, _TEMPLATE))
        migrate(engine)
        engine.dispose()
        yield url
    finally:
        server.stop()


@pytest.fixture
def new_database(postgres_url: str) -> Iterator[Callable[..., str]]:
    """Gives the URL of one more fresh database at each call: with the present schema, or like the one of the URL that it is
    given, which nobody uses. All are dropped afterwards.
    """
    yield from _databases(postgres_url)


@pytest.fixture(scope="session")
def new_lasting_database(postgres_url: str) -> Iterator[Callable[..., str]]:
    """The same, for what many tests begin with."""
    yield from _databases(postgres_url)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """URL of a fresh database with the present schema, dropped afterwards."""
    return new_database()


def _databases(server: str) -> Iterator[Callable[..., str]]:
    made = []

    def make(like: str = _TEMPLATE) -> str:
        made.append(f"test_{next(_numbers)}")
        template = make_url(like).database if like != _TEMPLATE else like
        _execute(server, f"CREATE DATABASE {made[-1]} TEMPLATE {template} STRATEGY FILE_COPY")
        return _on(server, made[-1])

    yield make
    for name in made:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _on(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(statement)
