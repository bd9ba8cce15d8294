"""Streams that a token may not be allowed to read: that is noted, and costs the others nothing."""

from __future__ import annotations

from collections.abc import Callable

from adapters.ports import ScopeMissing
from connector.steps.parts import HUBSPOT, Parts
from connector.store import failures

_STEP = "read"


def where_allowed(parts: Parts, stream: str, read: Callable[[], int]) -> int:
    """What `read` returns; 0 where HubSpot says that a scope is missing: `trellis failures` names it until it is there.

    Raises every other PlatformError.
    """
    try:
        count = read()
    except ScopeMissing as missing:
        reason = f"lacks the scope {', '.join(missing.scopes)}" if missing.scopes else missing.message
        with parts.engine.begin() as conn:
            failures.record_failure(
                conn, step=_STEP, source=HUBSPOT, platform_id=stream, contact=None, reason=reason, at=parts.now()
            )
        return 0
    with parts.engine.begin() as conn:
        failures.resolve_failures(conn, step=_STEP, source=HUBSPOT, platform_ids=[stream], at=parts.now())
    return count
