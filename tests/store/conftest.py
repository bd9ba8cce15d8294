"""What every test of the store uses: an engine on a fresh database, and connections in a transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from connector.store.engine import connect


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = connect(database)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """One connection; each test commits where it wants others to see."""
    with engine.connect() as connection:
        yield connection
