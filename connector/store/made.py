"""What we made on the platforms, where they have no word for whose a thing is; and the rulebooks that asked for it.

A list or merge field that was there before us stays when Trellis goes: only what is kept here was made by us.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, select

from connector.store import state
from connector.store.schema import portal_cache, rulebook

Kind = Literal["list", "property", "merge field"]


def keep_made(conn: Connection, place: str, kind: Kind, key: str, name: str, at: datetime) -> None:
    """Remember that we made something at `place` (``hubspot``, or an audience's list id); `key` finds it there."""
    state.put_cached(conn, f"{_prefix(place, kind)}{key}", name, at)


def made(conn: Connection, place: str, kind: Kind) -> Mapping[str, str]:
    """Names by key of what we made of one kind at one place, and have not taken away. Read-only."""
    prefix = _prefix(place, kind)
    found = conn.execute(select(portal_cache).where(portal_cache.c.key.startswith(prefix, autoescape=True)))
    return {row.key.removeprefix(prefix): row.value for row in found}


def forget_made(conn: Connection, place: str, kind: str, key: str) -> None:
    """It is not there any more; nothing of other kinds is remembered."""
    conn.execute(delete(portal_cache).where(portal_cache.c.key == f"{_prefix(place, kind)}{key}"))


def sources_kept(conn: Connection) -> Mapping[str, Mapping[str, Any]]:
    """Every rulebook that was ever active, whole, by hash; the newest last. Read-only."""
    rows = conn.execute(select(rulebook.c.hash, rulebook.c.source).order_by(rulebook.c.at))
    return {row.hash: row.source for row in rows}


def _prefix(place: str, kind: str) -> str:
    return f"made:{place}:{kind}:"
