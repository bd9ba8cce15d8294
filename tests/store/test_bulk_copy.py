"""COPY in blocks: whole whatever their number, and an error in the middle is the server's own."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.sql import SQL, Literal
from sqlalchemy import Connection, text

from connector.store.bulk.copy import BIGINT, BOOLEAN, INTEGER, SMALLINT, read_all, read_rows, read_texts

_NUMBERS = SQL("SELECT i::bigint, -i::integer, (i % 3)::smallint, i % 2 = 0 FROM generate_series(1, {}) AS i")
_COLUMNS = {"big": BIGINT, "middle": INTEGER, "small": SMALLINT, "even": BOOLEAN}


@pytest.mark.parametrize("count", [0, 1, 2047, 2048, 2049, 4096, 10_000])
def test_every_row_comes_once_whatever_the_blocks(conn: Connection, count: int) -> None:
    rows = read_all(conn, _NUMBERS.format(Literal(count)), _COLUMNS)
    assert rows["big"].tolist() == list(range(1, count + 1))
    assert rows["middle"].tolist() == [-i for i in range(1, count + 1)]
    assert rows["small"].tolist() == [i % 3 for i in range(1, count + 1)]
    assert rows["even"].tolist() == [i % 2 == 0 for i in range(1, count + 1)]


@pytest.mark.parametrize("count", [0, 1, 2048, 5000])
def test_every_text_comes_once_whatever_the_blocks(conn: Connection, count: int) -> None:
    query = SQL("SELECT i, NULL, '' FROM generate_series(1, {}) AS i").format(Literal(count))
    fields = [field for block in read_texts(conn, query) for field in block]
    assert fields == [field for i in range(1, count + 1) for field in (str(i), r"\N", "")]


def test_an_error_in_the_middle_is_the_servers_own_and_frees_the_connection(conn: Connection) -> None:
    query = SQL("SELECT (1 / (5000 - i))::bigint FROM generate_series(1, 9000) AS i")
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(read_rows(conn, query, {"quotient": BIGINT}))
    conn.rollback()
    assert conn.scalar(text("SELECT 1")) == 1
