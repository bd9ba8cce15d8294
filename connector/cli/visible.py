"""What others told, on a terminal: it could move the cursor, hide lines or turn text around, so what steers is spelled out."""

from __future__ import annotations

import unicodedata

#: Control characters, those that turn or hide text, and halves of pairs that no terminal takes.
_STEERING = frozenset({"Cc", "Cf", "Cs"})


def visible(text: str) -> str:
    """`text` in one line; what steers a terminal stands there as Python would write it, backslash and number."""
    return "".join(_spelled(one) if unicodedata.category(one) in _STEERING else one for one in text)


def _spelled(one: str) -> str:
    return one.encode("unicode_escape").decode()
