"""What the store keeps of earlier judgements of a range of contacts, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, LiteralString, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL, Composed, Literal
from sqlalchemy import Connection, text

from connector.store.bulk.copy import BIGINT, BOOLEAN, INTEGER, SMALLINT, read_all
from connector.store.bulk.events import EPOCH_2000
from connector.store.bulk.slice import NO_MEMORY, NONE, KeptColumns, rows_of

#: Less this date, a date is an ordinal.
_DAY_ZERO = "(date '0001-01-01' - 1)"


class _Column(NamedTuple):
    """How a column of `verdict` is read, its type, and what stands where there is no verdict."""

    expression: LiteralString
    code: str
    absent: int = 0


_VERDICT = {
    "judged": _Column("judged", BIGINT, NONE),
    "digest": _Column("digest", BIGINT),
    "exact": _Column("exact", INTEGER),
    "rulebook": _Column("rulebook", INTEGER),
    "day": _Column(f"day - {_DAY_ZERO}", INTEGER),
    "since": _Column(f"since - {_DAY_ZERO}", INTEGER),
    "due": _Column(f"coalesce(due - {_DAY_ZERO}, 0)", INTEGER),
    "revision": _Column("revision", INTEGER),
    "score": _Column("coalesce(score, -1::smallint)", SMALLINT, NONE),
    "model": _Column("model", SMALLINT),
    "stage": _Column("stage", SMALLINT),
    "persona": _Column("persona", SMALLINT),
    "phase": _Column("phase", SMALLINT),
    "handed_over": _Column("handed_over", BOOLEAN),
}
_VERDICTS = SQL("SELECT contact, {} FROM verdict WHERE contact BETWEEN {} AND {}")
_WRITTEN = SQL("SELECT contact, at FROM written WHERE contact BETWEEN {} AND {} AND source = {} AND name = {}")
#: Who has been on a track, is remembered to match one, or to belong on a list, that is none any more, has a record in the
#: bin, or something under way that is not a mere write.
_ALONE = SQL(
    "SELECT contact FROM episode WHERE contact BETWEEN {first} AND {last}"
    " UNION SELECT contact FROM track_state WHERE contact BETWEEN {first} AND {last} AND track <> ALL({tracks})"
    "  AND NOT (matched AND at_baseline)"
    " UNION SELECT contact FROM membership WHERE contact BETWEEN {first} AND {last} AND wanted AND key <> ALL({keys})"
    " UNION SELECT contact FROM record WHERE contact BETWEEN {first} AND {last} AND archived"
    " UNION SELECT contact FROM intent WHERE contact BETWEEN {first} AND {last}"
    " AND kind IN ('enroll', 'leave', 'handover') AND state IN ('pending', 'held', 'sending', 'unknown', 'parked')"
)

_MEMORY = SQL(
    "SELECT contact, CASE WHEN NOT matched THEN 1 WHEN at_baseline THEN 2 ELSE 3 END::smallint FROM track_state"
    " WHERE contact BETWEEN {} AND {} AND track = {}"
)
_BELONGING = SQL("SELECT contact FROM membership WHERE contact BETWEEN {} AND {} AND key = {} AND wanted")
#: Who came to her stage since the baseline, or of whom we wrote the value before.
_FOLLOWED = text(
    "SELECT id FROM unnest(CAST(:ids AS bigint[])) AS asked (id) WHERE EXISTS (SELECT FROM written"
    "  WHERE contact = id AND source = :source AND name = :name)"
    " OR (SELECT NOT baseline FROM flip WHERE contact = asked.id AND undone_by IS NULL"
    "  ORDER BY flip.id DESC LIMIT 1)"
)
_RISES = SQL(
    "SELECT contact FROM flip WHERE contact BETWEEN {} AND {} AND day >= {} AND rise AND NOT baseline"
    " AND undone_by IS NULL"
)


def read_kept(conn: Connection, ids: NDArray[np.int64], changed: NDArray[np.int64]) -> KeptColumns:
    """The newest verdicts of contacts `ids` (ascending, all of their range); `changed` is passed on."""
    asked = SQL(", ").join(SQL(column.expression) for column in _VERDICT.values())
    query = _VERDICTS.format(asked, *_range(ids))
    told = read_all(conn, query, {"contact": BIGINT, **{name: column.code for name, column in _VERDICT.items()}})
    rows = rows_of(told["contact"], ids)
    columns: dict[str, NDArray[Any]] = {}
    for name, column in _VERDICT.items():
        columns[name] = np.full(len(ids), column.absent, np.dtype(column.code).newbyteorder("="))
        columns[name][rows] = told[name]
    return KeptColumns(changed=changed, **columns)


def read_score_written(conn: Connection, ids: NDArray[np.int64], source: str, name: str) -> NDArray[np.int64]:
    """When the value `name` was last written to `source`, in microseconds since 1970; 0 for never."""
    query = _WRITTEN.format(*_range(ids), Literal(source), Literal(name))
    told = read_all(conn, query, {"contact": BIGINT, "at": BIGINT})
    at = np.zeros(len(ids), np.int64)
    at[rows_of(told["contact"], ids)] = told["at"] + EPOCH_2000
    return at


def read_alone(
    conn: Connection, ids: NDArray[np.int64], tracks: Sequence[str], keys: Sequence[str]
) -> NDArray[np.bool_]:
    """Who of contacts `ids` must be judged singly: see `bulk.slice.Slice`."""
    first, last = _range(ids)
    query = _ALONE.format(first=first, last=last, tracks=Literal(list(tracks)), keys=Literal(list(keys)))
    return _among(conn, ids, query)


def read_belonging(conn: Connection, ids: NDArray[np.int64], key: str) -> NDArray[np.bool_]:
    """Who of contacts `ids` belongs on the list or tag of this key, as kept."""
    return _among(conn, ids, _BELONGING.format(*_range(ids), Literal(key)))


def read_rises(conn: Connection, ids: NDArray[np.int64], since: date | None) -> NDArray[np.bool_]:
    """Who of contacts `ids` came up to another stage on that day or later, but for the baseline; None: nobody is asked."""
    if since is None:
        return np.zeros(len(ids), np.bool_)
    return _among(conn, ids, _RISES.format(*_range(ids), Literal(since)))


def read_followed(conn: Connection, ids: NDArray[np.int64], source: str, name: str) -> NDArray[np.bool_]:
    """Of which of these contacts (any, ascending) a value that follows the stage, `name` at `source`, may have to be written
    though they do not move: their last move was no baseline's, or we wrote the value before.
    """
    told = np.fromiter(conn.scalars(_FOLLOWED, {"ids": ids.tolist(), "source": source, "name": name}), np.int64)
    return np.isin(ids, told)


def _among(conn: Connection, ids: NDArray[np.int64], query: Composed) -> NDArray[np.bool_]:
    """Which of `ids` a query of contacts gives."""
    told = read_all(conn, query, {"contact": BIGINT})
    found = np.zeros(len(ids), np.bool_)
    found[rows_of(told["contact"], ids)] = True
    return found


def read_memory(conn: Connection, ids: NDArray[np.int64], track: str) -> NDArray[np.int8]:
    """What is remembered of contacts `ids` and one track, by the codes of `bulk.slice`."""
    told = read_all(conn, _MEMORY.format(*_range(ids), Literal(track)), {"contact": BIGINT, "memory": SMALLINT})
    memory = np.full(len(ids), NO_MEMORY, np.int8)
    memory[rows_of(told["contact"], ids)] = told["memory"]
    return memory


def _range(ids: NDArray[np.int64]) -> tuple[Literal, Literal]:
    return Literal(int(ids[0])), Literal(int(ids[-1]))
