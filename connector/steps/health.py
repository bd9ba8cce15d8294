"""When each platform last worked, and what is the matter with it since; shared by all processes through the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from adapters.ports import PlatformError
from connector.steps.circuit import Heard, Kind, LeftAlone, Trouble, after_failure, left_alone_until
from connector.steps.parts import Parts
from connector.store import state

_PREFIX = "health:"
_LAST = "last pass:"
_EVER_S = 10 * 366 * 86400


@dataclass(frozen=True, slots=True)
class Health:
    """`worked_at`: the end of the last pass that went well with this platform; `trouble` since then."""

    worked_at: datetime | None = None
    trouble: Trouble | None = None


def worked(parts: Parts, platform: str) -> None:
    """Remember a success; an earlier failure is cured by it."""
    with parts.engine.begin() as conn:
        _keep(conn, platform, Health(parts.now()), parts.now())


def failed(parts: Parts, error: PlatformError, heard: Heard) -> None:
    """Remember what a platform said; the time of its last success stays."""
    account = parts.accounts.get(error.platform, "")
    with parts.engine.begin() as conn:
        before = health_of(conn, error.platform, parts.now())
        trouble = after_failure(before.trouble, error, heard, account, parts.now())
        _keep(conn, error.platform, Health(before.worked_at, trouble), parts.now())


def left_alone(parts: Parts) -> list[PlatformError]:
    """The platforms that are not to be asked now, as the failures that they are for this pass. Read-only."""
    alone: list[PlatformError] = []
    with parts.engine.connect() as conn:
        for platform in sorted({source.partition(":")[0] for source in parts.platforms}):
            trouble = health_of(conn, platform, parts.now()).trouble
            until = left_alone_until(trouble, parts.accounts.get(platform, ""), parts.now())
            if trouble is not None and until is not None:
                alone.append(LeftAlone(platform, f"not asked before {until:%H:%M:%S} UTC: {trouble.message}"))
    return alone


def health_of(conn: Connection, platform: str, now: datetime) -> Health:
    """How a platform fares; all empty if it was never asked. Read-only."""
    kept = state.cached(conn, _PREFIX + platform, _EVER_S, now)
    if not isinstance(kept, dict):
        return Health()
    return Health(_moment(kept.get("at")), _trouble(kept.get("trouble")))


def passed(parts: Parts, job: str) -> None:
    """Remember that a pass of this kind (``sync``, ``work``) came to its end, however the platforms fared."""
    with parts.engine.begin() as conn:
        state.put_cached(conn, _LAST + job, parts.now().isoformat(), parts.now())


def last_pass(conn: Connection, job: str, now: datetime) -> datetime | None:
    """When a pass of this kind last came to its end. Read-only."""
    return _moment(state.cached(conn, _LAST + job, _EVER_S, now))


def _keep(conn: Connection, platform: str, health: Health, now: datetime) -> None:
    trouble = health.trouble
    told = {
        "at": health.worked_at.isoformat() if health.worked_at else None,
        "trouble": None
        if trouble is None
        else {
            "kind": trouble.kind,
            "message": trouble.message,
            "account": trouble.account,
            "since": trouble.since.isoformat(),
            "in_a_row": trouble.in_a_row,
            "pauses": trouble.pauses,
            "until": trouble.until.isoformat() if trouble.until else None,
        },
    }
    state.put_cached(conn, _PREFIX + platform, told, now)


def _trouble(kept: Any) -> Trouble | None:
    if not isinstance(kept, dict):
        return None
    since = datetime.fromisoformat(kept["since"])
    told = {**kept, "kind": Kind(kept["kind"]), "since": since, "until": _moment(kept["until"])}
    return Trouble(**told)


def _moment(kept: Any) -> datetime | None:
    return datetime.fromisoformat(kept) if isinstance(kept, str) else None
