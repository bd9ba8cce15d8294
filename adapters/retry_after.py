"""The Retry-After header: a number of seconds, or a date (RFC 9110 §10.2.3)."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime


def read_retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait, negative for a date that is over; None where the header is absent or makes no sense.

    Callers keep it within what they find sane: it may be anything up to infinity.
    """
    header = header.strip()
    if re.fullmatch(r"\d+(\.\d+)?", header, re.ASCII):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return (moment - now).total_seconds() if moment.tzinfo else None
