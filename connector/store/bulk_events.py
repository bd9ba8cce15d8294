"""The events of a range of contacts: read in whatever order the store has them, sorted in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL, Literal
from sqlalchemy import Connection

from connector.store.bulk_copy import BIGINT, read_rows
from connector.store.bulk_slice import EventColumns, rows_of

#: PostgreSQL counts microseconds from 2000-01-01 UTC, everybody else from 1970.
EPOCH_2000 = 946_684_800_000_000

#: Four small columns in one number: a field costs more than its bytes. Words take 15 bits each, trust two.
_QUERY = SQL(
    "SELECT contact, key, happened_at, known_at,"
    " (asset::bigint << 32) | (kind::bigint << 17) | (channel::bigint << 2) | trust"
    " FROM event WHERE contact BETWEEN {} AND {}"
)
_COLUMNS = {"contact": BIGINT, "key": BIGINT, "at": BIGINT, "known_at": BIGINT, "told": BIGINT}


def read_events(conn: Connection, ids: NDArray[np.int64], count: int) -> EventColumns:
    """The events of contacts `ids` (ascending, all that there are in their range), of which there are `count`."""
    columns = {name: np.empty(count, np.int64) for name in _COLUMNS}
    filled = 0
    for block in read_rows(conn, _QUERY.format(Literal(int(ids[0])), Literal(int(ids[-1]))), _COLUMNS):
        for name, column in columns.items():
            column[filled : filled + len(block)] = block[name]
        filled += len(block)
    contact, key, at = columns.pop("contact"), columns.pop("key"), columns.pop("at")
    order = newest_first(contact, at, key)
    told = columns.pop("told")[order]
    return EventColumns(
        row=_rows(contact[order], ids),
        kind=(told >> 17 & 0x7FFF).astype(np.int16),
        channel=(told >> 2 & 0x7FFF).astype(np.int16),
        asset=(told >> 32).astype(np.int32),
        at=at[order] + EPOCH_2000,
        known_at=columns.pop("known_at")[order] + EPOCH_2000,
        trust=(told & 3).astype(np.int8),
        key=key[order],
    )


def newest_first(contact: NDArray[np.int64], at: NDArray[np.int64], key: NDArray[np.int64]) -> NDArray[np.intp]:
    """The order by contact ascending, then `at` and `key` descending.

    One sort of single numbers is six times as fast as one by three columns: contact and time share 64 bits, the time cut
    to what fits; then the few are sorted out who look alike.
    """
    if not len(contact):
        return np.empty(0, np.intp)
    contacts, span = contact - contact.min(), at.max() - at
    time_bits = 63 - int(contacts.max()).bit_length()
    cut = max(int(span.max()).bit_length() - time_bits, 0)
    rough = contacts << time_bits | span >> cut
    order = np.argsort(rough)
    rough = rough[order]
    same = rough[1:] == rough[:-1]
    alike = np.flatnonzero(np.append(same, False) | np.append(False, same))
    which = order[alike]
    order[alike] = which[np.lexsort((~key[which], ~at[which], rough[alike]))]
    return order


def _rows(contacts: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int32]:
    """The place in `ids` of each of these contacts, who are sorted."""
    first = np.flatnonzero(np.append(True, contacts[1:] != contacts[:-1])) if len(contacts) else np.empty(0, np.intp)
    times = np.diff(np.append(first, len(contacts)))
    return np.repeat(rows_of(contacts[first], ids).astype(np.int32), times)
