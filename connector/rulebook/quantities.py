"""Numbers, ranges and days as platforms write them. Pure readers: text in, value or None out, never a guess."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from connector.facts import Range

#: A HubSpot number is digits with one period (facts/hubspot.md §9); large ones may come with an exponent.
_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,2})?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH_MS = re.compile(r"-?\d{9,15}", re.ASCII)

_GROUPED = r"\d{1,3}(?:[., ]\d{3})+|\d+(?:[.,]\d+)?"
_RANGE = re.compile(rf"({_GROUPED})\s*(?:-|–|—|to|a)\s*({_GROUPED})", re.ASCII | re.IGNORECASE)
_OPEN_RANGE = re.compile(rf"({_GROUPED})\s*\+", re.ASCII)
_THOUSANDS = re.compile(r"[., ](?=\d{3}(?:\D|$))", re.ASCII)


def parse_number(text: str) -> int | float | None:
    """`"50"` → 50, `"2.5"` → 2.5; None for anything that is not plainly a number (`"1,000"`, `"nan"`, `"about 5"`)."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return int(number) if number.is_integer() else number


def parse_range(text: str) -> Range | None:
    """`"100-500"`, `"51 - 200"`, `"1,001 to 5,000"`, `"1000+"` → Range; None for anything else or a range upside down."""
    text = text.strip()
    if found := _OPEN_RANGE.fullmatch(text):
        return Range(_grouped(found[1]), None)
    if found := _RANGE.fullmatch(text):
        low, high = _grouped(found[1]), _grouped(found[2])
        return Range(low, high) if low <= high else None
    return None


def _grouped(text: str) -> float:
    """A number of a range's label: "1.001" and "1,001" are a thousand and one there, "0.5" and "0,5" a half."""
    return float(_THOUSANDS.sub("", text).replace(",", "."))


def parse_day(text: str) -> date | None:
    """`"2027-05-01"` → that day; None for anything else."""
    text = text.strip()
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_moment(text: str) -> datetime | None:
    """A platform's time → aware UTC datetime: milliseconds, ISO 8601 with a zone, or a bare day (its midnight in UTC).

    HubSpot sends either form, and means midnight UTC by a date (facts/hubspot.md §9). A time of day without a zone is
    None: which zone was meant cannot be known.
    """
    text = text.strip()
    try:
        if _EPOCH_MS.fullmatch(text):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
