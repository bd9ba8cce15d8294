"""What platforms hold of a range of contacts, as codes into the distinct texts of each property."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL, Composable, Literal
from sqlalchemy import Connection

from connector.rulebook.mapping import COMPANY
from connector.store.bulk.copy import NULL, read_texts, unescaped
from connector.store.bulk.slice import NONE, TextColumn, Wanted, rows_of

ASSOCIATED_COMPANY = "associatedcompanyid"

_RECORDS = SQL("SELECT contact, {} FROM record WHERE source = {} AND NOT archived AND contact BETWEEN {} AND {}")
_COMPANIES = SQL("SELECT 0, id, {} FROM company WHERE id <> ''")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Companies:
    """The companies' ids, and by property what they hold, one code for each company."""

    ids: tuple[str, ...] = ()
    properties: Mapping[str, TextColumn] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Values:
    """What the records of one source hold of a range of contacts: see `bulk.slice.Slice`."""

    present: NDArray[np.bool_]
    email: TextColumn
    raw: Mapping[str, TextColumn]
    changed: Mapping[str, NDArray[np.int64]]


def read_companies(conn: Connection, names: Iterable[str]) -> Companies:
    """Every company, by those of these raw names that are a company's."""
    properties = [name for name in names if name.startswith(COMPANY)]
    if not properties:
        return Companies()
    asked = SQL(", ").join(_of("raw", name.removeprefix(COMPANY)) for name in properties)
    _, (ids, *held) = _read(conn, _COMPANIES.format(asked), len(properties) + 1)
    return Companies(ids.texts, dict(zip(properties, held, strict=True)))


def read_values(conn: Connection, ids: NDArray[np.int64], source: str, wanted: Wanted, companies: Companies) -> Values:
    """What records of `source` hold of contacts `ids` (ascending, all of their range). `companies` are theirs."""
    own = [name for name in wanted.names[source] if name not in companies.properties]
    changed = sorted(name for its, name in wanted.changed if its == source)
    asked = [
        SQL("email"),
        _of("raw", ASSOCIATED_COMPANY),
        *(_of("raw", name) for name in own),
        *(_of("changed_on", name) for name in changed),
    ]
    query = _RECORDS.format(SQL(", ").join(asked), Literal(source), Literal(int(ids[0])), Literal(int(ids[-1])))
    contacts, columns = _read(conn, query, len(asked))
    rows = rows_of(contacts, ids)
    present = np.zeros(len(ids), np.bool_)
    present[rows] = True
    email, associated, *held = (_spread(column, rows, len(ids)) for column in columns)
    return Values(
        present=present,
        email=email,
        raw=dict(zip(own, held, strict=False)) | _of_contacts(companies, associated),
        changed={name: _moments(column) for name, column in zip(changed, held[len(own) :], strict=True)},
    )


class _Codes(dict[str, int]):
    """The code of each text, given at first sight."""

    def __init__(self) -> None:
        super().__init__({NULL: NONE, "": NONE})

    def __missing__(self, text: str) -> int:
        self[text] = code = len(self) - 2
        return code

    def texts(self) -> tuple[str, ...]:
        """The texts, each at the place of its code."""
        return tuple(unescaped(text) for text, code in self.items() if code != NONE)


def _read(conn: Connection, query: Composable, width: int) -> tuple[NDArray[np.int64], tuple[TextColumn, ...]]:
    """The numbers in the first column of `query`, and the `width` texts that follow."""
    numbers: list[NDArray[np.int64]] = []
    parts: list[list[NDArray[np.int32]]] = [[] for _ in range(width)]
    codes = [_Codes() for _ in range(width)]
    for fields in read_texts(conn, query):
        numbers.append(np.fromiter(map(int, fields[:: width + 1]), np.int64))
        for place in range(width):
            column = fields[place + 1 :: width + 1]
            parts[place].append(np.fromiter(map(codes[place].__getitem__, column), np.int32, len(column)))
    return (
        np.concatenate([np.empty(0, np.int64), *numbers]),
        tuple(
            TextColumn(np.concatenate([np.empty(0, np.int32), *part]), known.texts())
            for part, known in zip(parts, codes, strict=True)
        ),
    )


def _of(column: str, name: str) -> Composable:
    return SQL("{} ->> {}").format(SQL(column), Literal(name))


def _spread(column: TextColumn, rows: NDArray[np.intp], people: int) -> TextColumn:
    """The column with one code for each contact."""
    codes = np.full(people, NONE, np.int32)
    codes[rows] = column.codes
    return TextColumn(codes, column.texts)


def _of_contacts(companies: Companies, associated: TextColumn) -> dict[str, TextColumn]:
    """What the companies hold, with one code for each contact."""
    place_of = {one: place for place, one in enumerate(companies.ids)}
    place = _looked_up(np.array([place_of.get(one, NONE) for one in associated.texts], np.int32), associated.codes)
    return {
        name: TextColumn(_looked_up(column.codes, place), column.texts) for name, column in companies.properties.items()
    }


def _looked_up(table: NDArray[np.int32], codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """`table` at each code, NONE where there is none."""
    return np.append(table, np.int32(NONE))[codes]


def _moments(column: TextColumn) -> NDArray[np.int64]:
    moments = [(datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1) for text in column.texts]
    return np.array([*moments, 0], np.int64)[column.codes]
