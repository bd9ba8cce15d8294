"""Who stands on a list or tag, of a range of contacts, and who waits before she is put there; in columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL, Literal
from sqlalchemy import Connection, text

from connector.store.bulk.copy import BIGINT, SMALLINT, read_all
from connector.store.bulk.slice import rows_of

Bools = NDArray[np.bool_]

_ROWS = SQL(
    "SELECT contact, (there::int + 2 * held::int + 4 * (approved_at IS NOT NULL)::int"
    " + 8 * coalesce(again_at > {}, false)::int)::smallint"
    " FROM membership WHERE contact BETWEEN {} AND {} AND key = {}"
)
_FORMER = text(
    "SELECT key, source, count(*) AS people FROM membership WHERE there AND key <> ALL(:keys)"
    " AND (again_at IS NULL OR again_at <= :now) GROUP BY key, source"
)


@dataclass(frozen=True, slots=True)
class ListedColumns:
    """Of each contact: whether we have put her `there`, whether she is `held`, was `approved`, or is left as she is for a
    while after a refusal (`later`).
    """

    there: Bools
    held: Bools
    approved: Bools
    later: Bools


def read_listed(conn: Connection, ids: NDArray[np.int64], key: str, now: datetime) -> ListedColumns:
    """What is kept of contacts `ids` (ascending, all of their range) and one list or tag."""
    query = _ROWS.format(Literal(now), Literal(int(ids[0])), Literal(int(ids[-1])), Literal(key))
    told = read_all(conn, query, {"contact": BIGINT, "flags": SMALLINT})
    flags = np.zeros(len(ids), np.int16)
    flags[rows_of(told["contact"], ids)] = told["flags"]
    there, held, approved, later = ((flags & bit) > 0 for bit in (1, 2, 4, 8))
    return ListedColumns(there, held, approved, later)


def former_lists(conn: Connection, keys: Collection[str], now: datetime) -> dict[tuple[str, str], int]:
    """How many people stand on lists and tags other than these, where we have put them, by (key, source). Read-only."""
    rows = conn.execute(_FORMER, {"keys": list(keys), "now": now})
    return {(row.key, row.source): int(row.people) for row in rows}
