"""Addresses in what platforms say: their messages end up in logs and lists, which name no person."""

from __future__ import annotations

import re

_LOCAL = r"[^\s\"'<>(),:;=&?/\[\]]"
#: Begins where a run of such characters does: begun anywhere in it, a long one would take a time that grows with its square.
_ADDRESS = re.compile(rf"(?<!{_LOCAL}){_LOCAL}+(?:@|%(?:25)*40)[^\s\"'<>(),:;&?/\[\]]+", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """`text` with every e-mail address taken out, percent-encoded ones included."""
    return _ADDRESS.sub("<address>", text)
