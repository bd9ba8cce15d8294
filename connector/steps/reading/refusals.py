"""Streams that a platform refuses, for lack of a scope or for another reason: that is noted, and costs the others nothing."""

from __future__ import annotations

from collections.abc import Callable

from adapters.ports import CredentialsRefused, PlatformRefused, ScopeMissing
from connector.steps.checkup.looks import HUBSPOT as PORTAL
from connector.steps.checkup.looks import MAILCHIMP, said
from connector.steps.parts import HUBSPOT, Parts
from connector.store import failures

#: The step under which failures name streams.
READ = "read"

#: What asks for these streams in fields.yaml.
_ASKED_BY = {"deals": "deals", "forms": "submissions", "lists": "lists"}


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
    note_readable(parts, stream, source)
    return count


def note_refusal(parts: Parts, stream: str, refused: PlatformRefused, source: str = HUBSPOT) -> None:
    """Put it where a person finds it, with its cure."""
    reason = f"{_why(refused)}: {_cure(stream, refused, source)}"
    with parts.engine.begin() as conn:
        failures.record_failure(
            conn, step=READ, source=source, platform_id=stream, contact=None, reason=reason, at=parts.now()
        )


def note_readable(parts: Parts, stream: str, source: str = HUBSPOT) -> None:
    """Close what was noted of a stream: it was read."""
    with parts.engine.begin() as conn:
        failures.resolve_failures(conn, step=READ, source=source, platform_ids=[stream], at=parts.now())


def is_refused(parts: Parts, stream: str, source: str = HUBSPOT) -> bool:
    """Whether the last try to read a stream was refused. Read-only."""
    with parts.engine.connect() as conn:
        return stream in failures.open_among(conn, [stream], step=READ, source=source)


def _why(refused: PlatformRefused) -> str:
    scopes = ", ".join(refused.scopes) if isinstance(refused, ScopeMissing) else ""
    return f"the token lacks the scope {scopes}" if scopes else said(refused)


def _cure(stream: str, refused: PlatformRefused, source: str) -> str:
    if not isinstance(refused, ScopeMissing):
        return "`trellis check` looks for the cause"
    cure = (PORTAL if source == HUBSPOT else MAILCHIMP).cure
    key = _ASKED_BY.get(stream)
    return f"{cure[:1].lower()}{cure[1:]}{f', or take `{key}` out of fields.yaml' if key else ''}"
