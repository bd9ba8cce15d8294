"""What there is at all among what is known of everybody: which values, which acts. Not of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from connector.rulebook.mapping import COMPANY, HUBSPOT

_RECORDS = "FROM record WHERE source = :source AND NOT archived"
_COMPANIES = "FROM company WHERE id <> ''"
_ACTS = text(
    "SELECT word.text, coalesce(asset.text, '') FROM (SELECT DISTINCT kind, asset FROM event) AS act"
    " JOIN word ON word.id = act.kind LEFT JOIN asset ON asset.id = act.asset"
)


class TooLong(Exception):
    """It was given up: the store holds more than can be looked over in that time."""


@dataclass(frozen=True, slots=True)
class Occurring:
    """The distinct raw values by source and raw name (a company's under ``company.``), the distinct assets by kind of act."""

    values: Mapping[tuple[str, str], frozenset[str]]
    assets: Mapping[str, frozenset[str]]


def occurring(conn: Connection, names: Mapping[str, Sequence[str]], seconds: float) -> Occurring:
    """What occurs under these raw names by source, and which acts; no statement takes longer than `seconds`.

    Read-only. Raises TooLong.
    """
    conn.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{int(seconds * 1000)}ms"})
    values: dict[tuple[str, str], frozenset[str]] = {}
    assets: dict[str, set[str]] = {}
    try:
        for source, wanted in names.items():
            firms = [name for name in wanted if source == HUBSPOT and name.startswith(COMPANY)]
            own = [name for name in wanted if name not in firms]
            of_firms = _distinct(conn, [name.removeprefix(COMPANY) for name in firms], _COMPANIES, source)
            told = [*_distinct(conn, own, _RECORDS, source), *of_firms]
            values |= {(source, name): found for name, found in zip([*own, *firms], told, strict=True)}
        for kind, asset in conn.execute(_ACTS):
            assets.setdefault(kind, set()).add(asset)
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.QueryCanceled):
            raise TooLong from error
        raise
    return Occurring(values, {kind: frozenset(those) for kind, those in assets.items()})


def _distinct(conn: Connection, keys: Sequence[str], rows: str, source: str) -> Sequence[frozenset[str]]:
    """The distinct texts under each of these keys, in one pass over the rows."""
    if not keys:
        return ()
    columns = [f"v{place}" for place in range(len(keys))]
    held = ", ".join(f"raw ->> CAST(:{column} AS text) AS {column}" for column in columns)
    each = ", ".join(f"({column})" for column in columns)
    query = f"SELECT {', '.join(columns)} FROM (SELECT {held} {rows}) AS held GROUP BY GROUPING SETS ({each})"  # noqa: S608
    found: list[set[str]] = [set() for _ in keys]
    for row in conn.execute(text(query), {**dict(zip(columns, keys, strict=True)), "source": source}):
        for place, value in enumerate(row):
            if value:
                found[place].add(value)
    return [frozenset(texts) for texts in found]
