"""The nearest right spelling, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """`did you mean job_title?`, or an empty text where nothing is near."""
    near = get_close_matches(wrong, sorted(right), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""
