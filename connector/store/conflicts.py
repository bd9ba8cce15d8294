"""Conflicts of identity: two contacts who may be one person. They are listed once, and end when their cause does.

Each is an open failure of step ``identity``: of a record whose address is another contact's too, under its own contact; or
of a record that a merge left with another contact than `contact`, who has such a record already.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store.failures import Failing, record_failures

_STEP = "identity"

_SETTLE = text(
    "UPDATE failure SET resolved_at = :at WHERE step = :step AND resolved_at IS NULL AND NOT EXISTS ("
    " SELECT FROM record AS one WHERE one.source = failure.source AND one.platform_id = failure.platform_id"
    "  AND NOT one.archived AND ((one.contact <> failure.contact AND EXISTS (SELECT FROM contact WHERE id = failure.contact))"
    "   OR EXISTS (SELECT FROM record AS other WHERE other.email_key = one.email_key AND other.contact <> one.contact"
    "    AND NOT other.archived)))"
)
_STAYING = text(
    "SELECT source, platform_id FROM record WHERE contact = :gone AND source = ANY(:sources) ORDER BY source"
)
_MOVE = text(
    "UPDATE failure SET contact = :keep WHERE step = :step AND contact = :gone AND resolved_at IS NULL AND NOT EXISTS ("
    " SELECT FROM failure AS same WHERE same.step = :step AND same.contact = :keep AND same.resolved_at IS NULL"
    "  AND same.source = failure.source AND same.platform_id = failure.platform_id)"
)


def list_conflict(conn: Connection, source: str, platform_id: str, contact: int, reason: str, at: datetime) -> None:
    """List that the owner of a record, `contact`, may be somebody else as well; `reason` names contacts by number."""
    record_failures(conn, [Failing(platform_id, contact, reason)], step=_STEP, source=source, at=at)


def list_left_by_merge(conn: Connection, keep: int, gone: int, sources: Sequence[str], at: datetime) -> None:
    """List the records of these sources that stay with `gone` though the two were merged; `keep`'s conflicts are `gone`'s
    from before too.
    """
    conn.execute(_MOVE, {"step": _STEP, "keep": keep, "gone": gone})
    reason = f"contacts #{keep} and #{gone} were merged, but are two members there"
    for source, platform_id in conn.execute(_STAYING, {"gone": gone, "sources": list(sources)}).all():
        list_conflict(conn, source, platform_id, keep, reason, at)


def settle_conflicts(conn: Connection, at: datetime) -> int:
    """Close the conflicts whose cause is gone: an address changed, a record was archived, or the two are one by now.

    Returns how many.
    """
    return conn.execute(_SETTLE, {"step": _STEP, "at": at}).rowcount
