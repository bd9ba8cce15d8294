"""When each platform last worked, and what it last said against us; `/readyz` and `check` read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.ports import PlatformError
from connector.steps.parts import Parts
from connector.store import state

_PREFIX = "health:"
_EVER_S = 10 * 366 * 86400


def worked(parts: Parts, platform: str) -> None:
    """Remember a success; an earlier failure is cured by it."""
    with parts.engine.begin() as conn:
        state.put_cached(conn, _PREFIX + platform, {"at": parts.now().isoformat(), "error": None}, parts.now())


def failed(parts: Parts, error: PlatformError) -> None:
    """Remember what a platform said; the time of its last success stays."""
    with parts.engine.begin() as conn:
        before = last(conn, error.platform, parts.now())
        told = {"at": before.get("at"), "error": f"{type(error).__name__}: {error.message}"}
        state.put_cached(conn, _PREFIX + error.platform, told, parts.now())


def last(conn: Connection, platform: str, now: datetime) -> dict[str, str | None]:
    """``at`` of the last success and ``error`` of the last failure after it; empty if never asked. Read-only."""
    kept = state.cached(conn, _PREFIX + platform, _EVER_S, now)
    return kept if isinstance(kept, dict) else {}
