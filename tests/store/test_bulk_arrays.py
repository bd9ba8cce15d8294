"""Rows of arrays out of the store: each as it was put together, whatever the length, and none where there is none."""

from __future__ import annotations

import pytest
from psycopg.sql import SQL
from sqlalchemy import Connection

from connector.store.bulk.copy import BIGINT, SMALLINT, read_arrays

_QUERY = SQL(
    "SELECT array_agg(n ORDER BY n), array_agg((n % 7)::smallint ORDER BY n)"
    " FROM generate_series(1, {}) AS n GROUP BY n % 3 ORDER BY n % 3"
)


@pytest.mark.parametrize("count", [0, 1, 5, 200_000])
def test_rows_of_arrays_come_as_they_were_put_together(conn: Connection, count: int) -> None:
    query = _QUERY.format(SQL("{}::bigint").format(count))
    told = [
        (row["number"].tolist(), row["rest"].tolist())
        for row in read_arrays(conn, query, {"number": BIGINT, "rest": SMALLINT})
    ]
    numbers = [[n for n in range(1, count + 1) if n % 3 == third] for third in range(3)]
    assert told == [(some, [n % 7 for n in some]) for some in numbers if some]
