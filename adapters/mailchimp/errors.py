"""Sort what the SDK hands over into the error tree of `adapters.ports` (facts/mailchimp.md §1.3, §2).

Nobody outside this package looks at a status code, and no text made here names a person: Mailchimp likes to quote the
e-mail address in its `detail`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import requests
import urllib3

from adapters.addresses import without_addresses
from adapters.causes import causes, why_silent
from adapters.ports import (
    CredentialsRefused,
    Outcome,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)
from adapters.tls import Untrusted, mistrust

CROWDED_S = 2.0  # more than ten calls at once: the first of them ends soon
FLOODED_S = 15.0  # a 429 or 403 without a JSON body: the edge in front of the API has had enough
#: Mailchimp is not known to tell a wait (facts/mailchimp.md §2); should it, it is kept within these bounds.
SHORTEST_WAIT_S, LONGEST_WAIT_S = 1.0, 120.0
NETWORK_BACKOFF_S = 0.5
ATTEMPTS = 4


class TooMuchAtOnce(PlatformUnreachable):
    """Cut off on the way: 502 or 504 from the edge, or no end in time. A shorter page may come through."""


def next_wait(error: BaseException, attempt: int, *, writes: bool) -> float | None:
    """Seconds to wait before another attempt, or None to give up; `attempt` counts from 1.

    A busy platform has not applied anything, so everything may be tried again; what may have been applied may not:
    a call that timed out here can go on there for two minutes (facts/mailchimp.md §2).
    """
    if attempt >= ATTEMPTS or isinstance(error, Untrusted):
        return None
    if isinstance(error, PlatformBusy):
        return error.retry_after * 2.0 ** (attempt - 1)
    if isinstance(error, PlatformUnreachable) and not (writes and error.maybe_applied):
        return NETWORK_BACKOFF_S * 2.0 ** (attempt - 1)
    return None


def from_answer(status: int, body: object, *, writes: bool, retry_after: float | None = None) -> PlatformError:
    """The error that an answer of 400 or more means; `body` is a dict, text (JSON or HTML), or None where empty.

    `retry_after` is the wait that it asked for, in seconds.
    """
    problem = _problem(body)
    title = str(problem.get("title") or "")
    fields = tuple(_fields(problem))
    message = _message(status, title, str(problem.get("detail") or ""), fields, str(problem.get("instance") or ""))
    if status == 429:
        return PlatformBusy("mailchimp", message, retry_after=_wait(retry_after, CROWDED_S if problem else FLOODED_S))
    if status == 403 and not problem:
        return PlatformBusy("mailchimp", message, retry_after=_wait(retry_after, FLOODED_S))
    if status == 401 or (status == 403 and title == "User Disabled"):
        return CredentialsRefused("mailchimp", message, status=status, category=title)
    if status == 403:
        return ScopeMissing("mailchimp", message)
    if status < 500 and (problem or status != 404):  # a 404 without JSON is a page of somebody in between
        return PlatformRefused("mailchimp", message, status=status, category=title, fields=fields)
    kind = TooMuchAtOnce if status in (502, 504) else PlatformUnreachable
    return kind("mailchimp", message, maybe_applied=writes)


def from_exception(error: BaseException, *, writes: bool) -> PlatformError:
    """The error that a failure of `requests` means: was the request sent, and may it have been applied?"""
    if (reason := mistrust(error)) is not None:
        return Untrusted("mailchimp", reason)
    behind = tuple(causes(error))
    text = f"no usable answer from Mailchimp ({why_silent(error)})"
    never_sent = _never_sent(behind)
    slow = not never_sent and any(isinstance(cause, requests.ReadTimeout | TimeoutError) for cause in behind)
    kind = TooMuchAtOnce if slow else PlatformUnreachable
    return kind("mailchimp", text, maybe_applied=writes and not never_sent)


def row_outcome(row: str, error: PlatformError) -> RowOutcome:
    """How a row ends whose write raised `error`. A bad key is no fault of the row: it may go once the key is right."""
    if isinstance(error, PlatformRefused) and not isinstance(error, CredentialsRefused | ScopeMissing):
        return RowOutcome(row, Outcome.REFUSED, error)
    if isinstance(error, PlatformUnreachable) and error.maybe_applied:
        return RowOutcome(row, Outcome.UNKNOWN, error)
    return RowOutcome(row, Outcome.LATER, error)


#: Failures before the first byte of a request: no connection, or no proxy.
_BEFORE_SENDING = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
)


def _never_sent(behind: Iterable[BaseException]) -> bool:
    return any(isinstance(cause, _BEFORE_SENDING) for cause in behind)


def _wait(told: float | None, otherwise: float) -> float:
    return otherwise if told is None else min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, told))


def _problem(body: object) -> Mapping[str, Any]:
    """A problem+json body as a mapping; empty where there is none. The SDK gives it as dict or as text."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return {}
    return body if isinstance(body, Mapping) else {}


def _fields(problem: Mapping[str, Any]) -> Iterator[str]:
    errors = problem.get("errors")
    for entry in errors if isinstance(errors, list) else ():
        if isinstance(entry, Mapping) and entry.get("field"):
            yield str(entry["field"])


def _message(status: int, title: str, detail: str, fields: tuple[str, ...], instance: str) -> str:
    """In one line, without addresses, which may stand anywhere; taken out before anything is cut short."""
    parts = [f"{status} {without_addresses(title)[:100]}".strip(), without_addresses(detail)[:300]]
    parts += [f"fields: {without_addresses(', '.join(fields))}"] if fields else []
    parts += [f"request {instance}"] if instance else []
    return "; ".join(part for part in parts if part)
