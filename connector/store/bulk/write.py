"""What judging a million people came to, into the store: columns by COPY, some ten thousand rows at a time.

The caller holds the writer lock. What belongs to a judgement (flips, track memory) is written only for those whose verdict
was. All raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import Connection, text

from connector.store.bulk.copy import BIGINT, read_all, write_rows
from connector.store.bulk.rows import (
    BelongingRows,
    FlipRows,
    TrackRows,
    VerdictRows,
    belonging_fields,
    due_fields,
    flip_fields,
    track_fields,
    verdict_fields,
)
from connector.store.schema import verdict

__all__ = [
    "BelongingRows",
    "FlipRows",
    "TrackRows",
    "VerdictRows",
    "lower_dues",
    "write_belonging",
    "write_flips",
    "write_track_memory",
    "write_verdicts",
]

#: Rows of one statement: what it changes lies close together and is logged once, and memory stays small.
_BATCH = 50_000

#: Contacts of a range that are still there and that nobody has judged.
_FREE = SQL(
    "SELECT id FROM contact WHERE id BETWEEN {} AND {} AND NOT EXISTS (SELECT FROM verdict WHERE verdict.contact = id)"
)
_REPLACE = SQL(
    "UPDATE verdict SET {} FROM told WHERE verdict.contact = told.contact"
    " AND verdict.revision = told.revision - 1 AND verdict.contact BETWEEN {} AND {} RETURNING verdict.contact"
)
_REPLACED = SQL(", ").join(
    SQL("{0} = told.{0}").format(Identifier(column.name)) for column in verdict.columns if column.name != "contact"
)
_LOWER = text(
    "UPDATE verdict SET due = told.due FROM told WHERE verdict.contact = told.contact"
    " AND (verdict.due IS NULL OR verdict.due > told.due)"
)


def write_verdicts(conn: Connection, rows: VerdictRows, at: datetime) -> NDArray[np.bool_]:
    """Keep verdicts in the place of older ones. Returns which rows were written: the others' contacts are gone, or were
    judged since they were read.
    """
    written = np.zeros(len(rows), np.bool_)
    with _told(conn, "LIKE verdict"):
        for begin in range(0, len(rows), _BATCH):
            batch = np.arange(begin, min(begin + _BATCH, len(rows)))
            first = rows.revision[batch] == 0
            written[batch[first]] = _insert(conn, rows, batch[first], at)
            written[batch[~first]] = _replace(conn, rows, batch[~first], at)
    return written


def lower_dues(conn: Connection, contacts: NDArray[np.int64], dues: NDArray[np.int32]) -> None:
    """Let the verdicts of contacts be looked at anew on these days (ordinals), unless they are due earlier anyway."""
    with _told(conn, "contact bigint, due date"):
        write_rows(conn, "told", due_fields(contacts, dues))
        conn.execute(_LOWER)


def write_flips(conn: Connection, rows: FlipRows, at: datetime) -> None:
    """Keep moves, decided at that moment."""
    write_rows(conn, "flip", flip_fields(rows, at))


def write_track_memory(conn: Connection, rows: TrackRows) -> None:
    """Keep which tracks contacts match who have no such memory yet."""
    write_rows(conn, "track_state", track_fields(rows))


def write_belonging(conn: Connection, rows: BelongingRows) -> None:
    """Keep that contacts belong on a list or tag of whom nothing is known there yet."""
    write_rows(conn, "membership", belonging_fields(rows))


@contextmanager
def _told(conn: Connection, columns: str) -> Iterator[None]:
    """A temporary table `told`, for rows that change others."""
    conn.execute(text(f"CREATE TEMPORARY TABLE told ({columns})"))
    yield
    conn.execute(text("DROP TABLE told"))


def _insert(conn: Connection, rows: VerdictRows, which: NDArray[np.intp], at: datetime) -> NDArray[np.bool_]:
    """Add verdicts of contacts that had none; returns which were added."""
    contacts = rows.contact[which]
    if not len(contacts):
        return np.zeros(0, np.bool_)
    free = np.isin(contacts, read_all(conn, _FREE.format(*_range(contacts)), {"id": BIGINT})["id"])
    write_rows(conn, "verdict", verdict_fields(rows, which[free], at))
    return free


def _replace(conn: Connection, rows: VerdictRows, which: NDArray[np.intp], at: datetime) -> NDArray[np.bool_]:
    """Put verdicts in the place of those that were read; returns which got it."""
    contacts = rows.contact[which]
    if not len(contacts):
        return np.zeros(0, np.bool_)
    write_rows(conn, "told", verdict_fields(rows, which, at))
    replaced = read_all(conn, _REPLACE.format(_REPLACED, *_range(contacts)), {"contact": BIGINT})
    conn.execute(text("TRUNCATE told"))
    return np.isin(contacts, replaced["contact"])


def _range(contacts: NDArray[np.int64]) -> tuple[Literal, Literal]:
    return Literal(int(contacts.min())), Literal(int(contacts.max()))
