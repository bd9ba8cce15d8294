"""What both platforms' signatures share: a reason for each refusal, the time window, compares in constant time."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

#: Older or newer than this is refused, both ways: HubSpot and Mailchimp name five minutes, a clock may lag as well.
WINDOW = timedelta(seconds=300)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"[0-9]{1,16}")


class Unverified(Exception):
    """The request is not proven to come from the platform. The text is a plain word for logs and answers."""


def check_window(timestamp: str, unit: timedelta, now: datetime) -> None:
    """Raise Unverified unless `timestamp` (a count of `unit` since 1970) lies within WINDOW of `now`, ends included."""
    if not timestamp:
        raise Unverified("no timestamp")
    if not _DIGITS.fullmatch(timestamp):
        raise Unverified("unreadable timestamp")
    age = (now - _EPOCH) // timedelta(milliseconds=1) - int(timestamp) * (unit // timedelta(milliseconds=1))
    limit = WINDOW // timedelta(milliseconds=1)
    if age > limit:
        raise Unverified("timestamp too old")
    if age < -limit:
        raise Unverified("timestamp in the future")


def equals_any(given: str, expected: Iterable[str]) -> bool:
    """Tell whether `given` is one of `expected`, in a time that does not tell how much of it was right, or of which."""
    # WSGI hands headers over as latin-1 and paths as UTF-8 text: any text must compare, none may raise.
    raw = given.encode("utf-8", "surrogatepass")
    found = False
    for one in expected:
        found |= hmac.compare_digest(raw, one.encode("utf-8"))
    return found
