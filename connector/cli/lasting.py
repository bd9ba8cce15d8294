"""How long something takes, as a person says it."""

from __future__ import annotations


def lasting(seconds: float) -> str:
    """``1 s``, ``40 s``, ``1 min 15 s``; no less than a second."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    return f"{minutes:,} min {rest:02} s" if minutes else f"{rest} s"
