"""The nearest right spelling, for messages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """`did you mean job_title?`, or an empty text where nothing is near; the beginning of one name alone is near it."""
    names = sorted(right)
    near = get_close_matches(wrong, names, n=1, cutoff=0.6)
    if not near and len(begun := [name for name in names if wrong and name.startswith(wrong)]) == 1:
        near = begun
    return f"did you mean {near[0]}?{_unlike(wrong, near[0])}" if near else ""


def _unlike(wrong: str, right: str) -> str:
    """What cannot be seen: a blank of no width, a Cyrillic "а" among Latin letters."""
    odd = next((sign for sign in wrong if not sign.isascii() and sign not in right), None)
    return f" (yours holds a {unicodedata.name(odd, 'sign nobody sees').lower()})" if odd else ""
