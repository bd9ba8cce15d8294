"""Streams that a platform refuses, for lack of a scope or for another reason: that is noted, and costs the others nothing."""

from __future__ import annotations

from collections.abc import Callable

from adapters.ports import CredentialsRefused, PlatformRefused, ScopeMissing
from connector.steps.parts import HUBSPOT, Parts
from connector.store import failures

_STEP = "read"


def unless_refused(parts: Parts, stream: str, read: Callable[[], int], source: str = HUBSPOT) -> int:
    """What `read` returns; 0 where the source refuses for good: `trellis failures` names the stream until it is read again.

    Raises CredentialsRefused, and every PlatformError that is no refusal.
    """
    try:
        count = read()
    except CredentialsRefused:
        raise
    except PlatformRefused as refused:
        note_refusal(parts, stream, refused, source)
        return 0
    with parts.engine.begin() as conn:
        failures.resolve_failures(conn, step=_STEP, source=source, platform_ids=[stream], at=parts.now())
    return count


def note_refusal(parts: Parts, stream: str, refused: PlatformRefused, source: str = HUBSPOT) -> None:
    """Put it where a person finds it."""
    scopes = refused.scopes if isinstance(refused, ScopeMissing) else ()
    reason = f"lacks the scope {', '.join(scopes)}" if scopes else refused.message
    with parts.engine.begin() as conn:
        failures.record_failure(
            conn, step=_STEP, source=source, platform_id=stream, contact=None, reason=reason, at=parts.now()
        )
