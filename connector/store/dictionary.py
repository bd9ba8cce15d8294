"""Texts that repeat in millions of rows, kept once each: `word` (few and short) and `asset` (pages, forms, campaigns).

The empty text is number 0 in both. Numbers are never given twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Executable, text

_WORDS = text("SELECT id, text FROM word")
_SOME_WORDS = text("SELECT id, text FROM word WHERE text = ANY(:texts)")
_ADD_WORDS = text("INSERT INTO word (text) SELECT unnest(CAST(:texts AS text[])) ON CONFLICT DO NOTHING")

_SOME_ASSETS = text(
    "SELECT asset.id, asset.text FROM asset"
    " JOIN unnest(CAST(:texts AS text[])) AS asked (text) ON asset.hash = md5(asked.text)::uuid"
)
_ADD_ASSETS = text("INSERT INTO asset (text) SELECT unnest(CAST(:texts AS text[])) ON CONFLICT DO NOTHING")
_ASSETS = text("SELECT id, text FROM asset WHERE id = ANY(:ids)")


def word_ids(conn: Connection, texts: Collection[str]) -> Mapping[str, int]:
    """The numbers of these words; those that are new are added."""
    return _ids(conn, texts, _SOME_WORDS, _ADD_WORDS)


def word_texts(conn: Connection) -> Mapping[int, str]:
    """All words by their numbers. Read-only."""
    return {row.id: row.text for row in conn.execute(_WORDS)}


def asset_ids(conn: Connection, texts: Collection[str]) -> Mapping[str, int]:
    """The numbers of these assets; those that are new are added."""
    return _ids(conn, texts, _SOME_ASSETS, _ADD_ASSETS)


def asset_texts(conn: Connection, ids: Collection[int]) -> Mapping[int, str]:
    """Assets by their numbers; a number that is not there (any more) is left out. Read-only."""
    return {row.id: row.text for row in conn.execute(_ASSETS, {"ids": sorted(set(ids))})}


def _ids(conn: Connection, texts: Collection[str], find: Executable, add: Executable) -> Mapping[str, int]:
    """Looked up first: an insertion that meets a conflict would use up a number each time.

    Added in the order of the texts, so that two who add the same ones wait for each other instead of both for ever.
    """
    wanted = set(texts)
    if not wanted:
        return {}

    def known() -> dict[str, int]:
        return {row.text: row.id for row in conn.execute(find, {"texts": sorted(wanted)})}

    found = known()
    if missing := sorted(wanted - found.keys()):
        conn.execute(add, {"texts": missing})
        found = known()
    return found
