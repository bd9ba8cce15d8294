"""COPY, as numpy wants it: rows of one fixed size in PostgreSQL's binary format, or plain texts, a block at a time.

A row of the binary format is a count of fields (2 bytes), then each field's size (4 bytes, -1 for null) and content, all
big endian. Where every field is there and of fixed width, all rows are alike, and a block of them is an array as it
stands (postgresql.org/docs/18/sql-copy.html, "Binary Format"). All of it happens in the caller's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer, PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.sql import SQL, Composable, Composed, Identifier
from psycopg.waiting import Wait
from sqlalchemy import Connection

from connector.store.errors import StoreUnavailable

#: Numpy's codes of SQL types, big endian. A date is sent as days since 2000, a timestamptz as microseconds since then.
BIGINT, INTEGER, SMALLINT, BOOLEAN = ">i8", ">i4", ">i2", "?"

#: How the text format shows null.
NULL = r"\N"

_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # no flags, no extension
_TRAILER = b"\xff\xff"
_ARRAY = np.dtype(
    [("size", ">i4"), ("dimensions", ">i4"), ("nulls", ">i4"), ("type", ">u4"), ("count", ">i4"), ("from", ">i4")]
)

#: Rows written, and bytes read, at once: so few that the processor's cache holds them and what is made of them.
_BLOCK = 1 << 11
_BLOCK_BYTES = 1 << 17
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_HIDDEN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
#: SQLSTATE classes that say the server stops or is out of room, whatever the statement was.
_AWAY = ("53", "57P", "58")


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows to be added: `fixed` are type and values by column (an array, or one value for all; at least one array), `varying`
    the columns whose fields differ in size or may be null, each field `encoded`.
    """

    fixed: Mapping[str, tuple[str, NDArray[Any] | int]]
    varying: Mapping[str, Sequence[bytes]] = field(default_factory=lambda: MappingProxyType({}))


def read_rows(conn: Connection, query: Composable, columns: Mapping[str, str]) -> Iterator[NDArray[Any]]:
    """The rows of `query`, a block at a time, as arrays with named fields.

    `columns` are names and types of all that the query gives, in its order; none of it may be null. The connection is
    free again when the last block was taken. Raises StoreUnavailable.
    """
    shape, begin = _row_type(columns), len(_HEADER)
    for block in _blocks(conn, SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)):
        yield np.frombuffer(block, shape, (len(block) - begin) // shape.itemsize, begin)
        begin = 0


def read_all(conn: Connection, query: Composable, columns: Mapping[str, str]) -> NDArray[Any]:
    """All rows of `query` as one array; else as `read_rows`."""
    return np.concatenate(list(read_rows(conn, query, columns)))


def read_arrays(
    conn: Connection, query: Composable, columns: Mapping[str, str]
) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The rows of `query`, one at a time, of which each field is an array (`array_agg`), as arrays by name.

    Receiving a row takes a microsecond, an element a few nanoseconds: a million short rows come far faster as a few long
    ones. `columns` are names and types of elements, else as `read_rows`; no array may be null, empty, or have null in it.
    """
    begin = len(_HEADER)
    shapes = {name: np.dtype([("size", ">i4"), ("element", code)]) for name, code in columns.items()}
    for block in _blocks(conn, SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)):
        while not block.startswith(_TRAILER, begin) and begin < len(block):
            begin += 2  # the count of fields
            row = {}
            for name, shape in shapes.items():
                head = np.frombuffer(block, _ARRAY, 1, begin)[0]
                row[name] = np.frombuffer(block, shape, head["count"], begin + _ARRAY.itemsize)["element"]
                begin += 4 + int(head["size"])
            yield row
        begin = 0


def read_texts(conn: Connection, query: Composable) -> Iterator[list[str]]:
    """The fields of `query`, one row after the other, many rows at a time, as COPY's text format has them: null is `NULL`,
    and odd characters hide behind a backslash (`unescaped`). The connection is free again when the last block was taken.

    Raises StoreUnavailable.
    """
    for block in _blocks(conn, SQL("COPY ({}) TO STDOUT (ENCODING 'UTF8')").format(query)):
        fields = block.decode().replace("\n", "\t").split("\t")
        fields.pop()  # behind the end of the last line
        yield fields


def unescaped(field: str) -> str:
    """What a field of the text format means that is not null."""
    return _ESCAPED.sub(lambda found: _HIDDEN.get(found[1], found[1]), field) if "\\" in field else field


def write_rows(conn: Connection, table: str, columns: Columns) -> None:
    """Add rows to `table`. Raises StoreUnavailable, and psycopg.IntegrityError where such a row is there already."""
    write_parts(conn, table, [columns])


def write_parts(conn: Connection, table: str, parts: Iterable[Columns]) -> None:
    """Add rows to `table`, part after part, at least one, all of the same columns; else as `write_rows`.

    PostgreSQL takes one part in while the next is made: what `parts` computes costs little time of its own.
    """
    rest = iter(parts)
    first = next(rest)
    names = SQL(", ").join(map(Identifier, (*first.fixed, *first.varying)))
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(Identifier(table), names)
    with _driver(conn) as driver, driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for columns in chain([first], rest):
            rows = _packed(columns)
            for begin in range(0, len(rows), _BLOCK):
                part = slice(begin, begin + _BLOCK)
                copy.write(_joined(rows[part], [fields[part] for fields in columns.varying.values()]))
        copy.write(_TRAILER)


def micros(at: datetime) -> int:
    """A moment as a timestamptz is sent: microseconds since 2000."""
    return (at - _EPOCH) // _MICROSECOND


def encoded(content: bytes | None) -> bytes:
    """One varying field: its size and content, or null."""
    return (-1).to_bytes(4, signed=True) if content is None else len(content).to_bytes(4) + content


@contextmanager
def _driver(conn: Connection) -> Iterator[psycopg.Connection[Any]]:
    """The driver's own connection; where the server is at fault, StoreUnavailable takes the place of its error."""
    if not conn.in_transaction():
        conn.begin()  # as any other statement would
    driver: psycopg.Connection[Any] | None = conn.connection.driver_connection
    if driver is None:
        raise StoreUnavailable("the database went away: try again")
    try:
        yield driver
    except psycopg.OperationalError as error:
        if driver.broken:
            conn.invalidate()  # else giving it back would fail again
        elif not (error.sqlstate or "").startswith(_AWAY):
            raise
        reason = next(iter(str(error).strip().splitlines()), "no reason given")
        raise StoreUnavailable(f"the database is not usable: {reason}; see that it runs and has room") from error


def _row_type(columns: Mapping[str, str]) -> np.dtype[Any]:
    """One row: its count of fields, then size and content of each fixed one."""
    sized = ((part, kind) for name, code in columns.items() for part, kind in ((f"{name} size", ">i4"), (name, code)))
    return np.dtype([("fields", ">i2"), *sized])


def _packed(columns: Columns) -> NDArray[Any]:
    """The fixed fields of the rows, as they are sent."""
    shape = _row_type({name: code for name, (code, _) in columns.fixed.items()})
    rows = np.empty(np.broadcast(*(values for _, values in columns.fixed.values())).shape, shape)
    rows["fields"] = len(columns.fixed) + len(columns.varying)
    for name, (code, values) in columns.fixed.items():
        rows[f"{name} size"] = np.dtype(code).itemsize
        rows[name] = values
    return rows


def _joined(rows: NDArray[Any], varying: Sequence[Sequence[bytes]]) -> bytes:
    """The rows as bytes, each followed by its varying fields."""
    packed, width = rows.tobytes(), rows.itemsize
    heads = [packed[at : at + width] for at in range(0, len(packed), width)]
    return b"".join(chain.from_iterable(zip(heads, *varying, strict=True)))


def _blocks(conn: Connection, statement: Composed) -> Iterator[bytes]:
    """What `statement` copies out, some whole rows at a time."""
    with _driver(conn) as driver, driver.cursor() as cursor, cursor.copy(statement):
        more = True
        while more:
            block, more = driver.wait(_arriving(driver.pgconn))
            if block:
                yield block


def _arriving(server: PGconn) -> PQGen[tuple[bytes, bool]]:
    """The next rows, and whether others may follow. Psycopg's own `Copy.read` costs each row twice as much."""
    messages: list[Buffer] = []
    held = 0
    while held < _BLOCK_BYTES:
        size, message = server.get_copy_data(1)
        if size > 0:
            messages.append(message)
            held += size
        elif size == 0:
            while not (yield Wait.R):
                pass
            server.consume_input()
        else:
            _end(server)
            return b"".join(messages), False
    return b"".join(messages), True


def _end(server: PGconn) -> None:
    """Take what follows the last row, which frees the connection, and raise if it is an error."""
    results = list(iter(server.get_result, None))
    for result in results:
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
