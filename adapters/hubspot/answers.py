"""What an answer of HubSpot means: its body, or the one kind of error of `adapters.ports` that it is (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from adapters.addresses import without_addresses
from adapters.ports import (
    CredentialsRefused,
    DeadlinePassed,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    ScopeMissing,
)
from adapters.retry_after import read_retry_after

PLATFORM: Final = "hubspot"
#: A wait that HubSpot asks for is kept within these bounds, in seconds.
SHORTEST_WAIT_S, LONGEST_WAIT_S = 1.0, 120.0
#: A locked record: "wait at least two seconds" (facts/hubspot.md §3.2).
LOCKED_WAIT_S = 2.0
#: The daily quota comes back at midnight of the account's time zone, which the answer does not tell: ask again hourly.
QUOTA_WAIT_S = 3600.0
#: An account that is moved between data centres may be away for up to a day.
LONGEST_MOVE_S = 86_400.0
#: The rolling window, where no header tells it.
WINDOW_S = 10.0

_ENDINGS = {401: "credentials", 408: "unreachable", 423: "busy", 429: "busy", 477: "busy"}
_INVALID_VALUES = "Property values were not valid:"
_REQUIRES_ONE_OF = re.compile(r"requires (?:one|all|any) of \[([^\]]*)\]")
_LONGEST_MESSAGE = 300
#: Keys of contexts under which properties, and records of a batch, have been seen or may be expected.
_NAMING_PROPERTIES = ("propertyName", "propertyNames", "properties", "missingProperties", "requiredProperties")
NAMING_RECORDS = ("objectWriteTraceId", "ids", "id")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Complaint:
    """HubSpot's error body, every field of which is optional (facts/hubspot.md §3.2)."""

    message: str = ""
    category: str = ""
    policy: str = ""
    errors: tuple[Mapping[str, Any], ...] = ()
    #: properties named in contexts, such as those that must not be empty
    named: tuple[str, ...] = ()
    #: records named in contexts
    ids: tuple[str, ...] = ()
    #: property name → HubSpot's code (``INVALID_OPTION``), from the JSON text inside the message
    invalid: Mapping[str, str] = field(default_factory=dict)


class ValuesRefused(PlatformRefused):
    """A refusal with HubSpot's code for each property that it named (`codes`) and the records that it named (`ids`)."""

    def __init__(self, text: str, status: int, complaint: Complaint) -> None:
        fields = dict.fromkeys((*complaint.invalid, *complaint.named))
        super().__init__(PLATFORM, text, status=status, category=complaint.category, fields=tuple(fields))
        self.codes = dict(complaint.invalid)
        self.ids = complaint.ids


class Stumbled(PlatformUnreachable):
    """HubSpot answered 500: an error of its own, perhaps about something in the request."""


def read_json(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None where it is anything else (HTML, cut off, empty)."""
    try:
        value = orjson.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read_bare(body: bytes) -> dict[str, Any] | None:
    """The same of an old endpoint: nothing at all is an empty object, and an array is one with `results`."""
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except ValueError:
        return None
    return {"results": value} if isinstance(value, list) else read_json(body)


def read_complaint(body: Mapping[str, Any]) -> Complaint:
    """Read an error body, or one entry of a 207's `errors`; what is absent or of another type reads as empty."""
    raw = _text(body.get("message"))
    listed = body.get("errors")
    errors = tuple(e for e in listed if isinstance(e, dict)) if isinstance(listed, list) else ()
    return Complaint(
        message=without_addresses(raw),
        category=_text(body.get("category")) or _text(body.get("errorType")),
        policy=_text(body.get("policyName")),
        errors=errors,
        named=tuple(n for each in (body, *errors) for n in context_values(each, *_NAMING_PROPERTIES)),
        ids=tuple(i for each in (body, *errors) for i in context_values(each, *NAMING_RECORDS)),
        invalid=_invalid_values(raw),
    )


def sort_error(call: str, answer: Answer, *, writes: bool, now: datetime) -> PlatformError:
    """The error that an answer without a usable body is. `call` is the endpoint's name, for the message."""
    body = read_json(answer.body)
    complaint = read_complaint(body or {})
    status = answer.status
    text = f"HubSpot answered {status} to {call}: {complaint.message or '(no message)'}"[:_LONGEST_MESSAGE]
    if status == 401:
        return CredentialsRefused(PLATFORM, text, status=status, category=complaint.category)
    if (busy := _wait(answer, complaint, now)) is not None:
        return PlatformBusy(PLATFORM, text, retry_after=busy, daily=complaint.policy.upper() == "DAILY")
    if status == 403 and body is not None:
        return ScopeMissing(PLATFORM, text, scopes=_scopes(complaint))
    if 400 <= status < 500 and status != 408 and (body is not None or status in {404, 414}):
        # A real 404 of HubSpot can be an HTML page; any other page is somebody's in between.
        return ValuesRefused(text, status, complaint)
    if body is None:
        text = f"HubSpot answered {status} to {call} without JSON"
    kind = Stumbled if status == 500 else PlatformUnreachable
    return kind(PLATFORM, text, maybe_applied=writes)


def outcome_of_call(counted: str) -> str:
    """How a call that the client counted under an HTTP status, or under the name of an error, ended, in a word.

    ``ok``, ``refused``, ``credentials``, ``busy``, ``unreachable``, or ``not sent``.
    """
    status = whole_number(counted)
    if status is None:
        return "not sent" if counted == DeadlinePassed.__name__ else "unreachable"
    if status in _ENDINGS:
        return _ENDINGS[status]
    return {2: "ok", 4: "refused"}.get(status // 100, "unreachable")


def whole_number(raw: str) -> int | None:
    """A header that is a whole number of a size that there is; None for any other text."""
    return int(raw) if re.fullmatch(r"\d{1,15}", raw, re.ASCII) else None


def _wait(answer: Answer, complaint: Complaint, now: datetime) -> float | None:
    """Seconds to wait if HubSpot is busy, else None."""
    if answer.status == 423:
        return min(LONGEST_WAIT_S, max(LOCKED_WAIT_S, _retry_after(answer, now) or 0.0))
    if answer.status == 477:
        return min(LONGEST_MOVE_S, max(SHORTEST_WAIT_S, _retry_after(answer, now) or LONGEST_WAIT_S))
    if answer.status != 429:
        return None
    if complaint.policy.upper() == "DAILY":
        return QUOTA_WAIT_S
    wait = _retry_after(answer, now)
    if wait is None:
        interval_ms = whole_number(answer.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", ""))
        wait = WINDOW_S if interval_ms is None else interval_ms / 1000
        if complaint.policy.upper() == "SECONDLY":  # search's own bucket
            wait = SHORTEST_WAIT_S
    return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, wait))


def _retry_after(answer: Answer, now: datetime) -> float | None:
    return read_retry_after(answer.headers.get("Retry-After", ""), now)


def _invalid_values(message: str) -> dict[str, str]:
    """Property name → code, from ``Property values were not valid: [{"name": …, "error": …}]``."""
    _, found, listing = message.partition(_INVALID_VALUES)
    if not found:
        return {}
    try:
        entries = json.loads(listing)
    except ValueError:  # the text was cut off: the names are still worth having
        return dict.fromkeys(re.findall(r'"name"\s*:\s*"([^"]+)"', listing), "")
    if not isinstance(entries, list):
        return {}
    return {_text(e.get("name")): _text(e.get("error")) for e in entries if isinstance(e, dict) and e.get("name")}


def _scopes(complaint: Complaint) -> tuple[str, ...]:
    """Both shapes of a 403: scopes in `errors[].context`, or within the message."""
    named = [s for error in complaint.errors for s in context_values(error, "requiredGranularScopes")]
    if not named and (found := _REQUIRES_ONE_OF.search(complaint.message)):
        named = [scope.strip() for scope in found[1].split(",") if scope.strip()]
    return tuple(dict.fromkeys(named))


def context_values(error: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    """The texts under `context.<key>` of one error entry."""
    context = error.get("context")
    if not isinstance(context, dict):
        return ()
    found: list[str] = []
    for key in keys:
        values = context.get(key)
        found += [str(v) for v in (values if isinstance(values, list) else [values]) if v is not None]
    return tuple(found)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
