"""Who was met by a full read, and who was not, in portals of any size."""

from __future__ import annotations

from sqlalchemy import text

from connector.store.listing import not_listed

MANY = 40_000


def test_a_crowd_costs_no_more_than_a_look_at_each(conn):
    """With every id compared to every other, a portal of a million would take days."""
    conn.execute(
        text(
            "INSERT INTO record SELECT id, 'hubspot', id::text, NULL, NULL, NULL, '{}', now(), false, '{}', now(), '{}'"
            " FROM generate_series(1, :many) AS id"
        ),
        {"many": MANY},
    )
    conn.execute(
        text("INSERT INTO listed SELECT 'hubspot', id::text FROM generate_series(2, :many) AS id"), {"many": MANY}
    )
    conn.execute(text("ANALYZE record, listed"))
    conn.execute(text("SET LOCAL work_mem = '64kB'"))  # as little for these as the usual 4 MB are for a million
    conn.execute(text("SET LOCAL statement_timeout = '10s'"))
    assert list(not_listed(conn, "hubspot")) == ["1"]
