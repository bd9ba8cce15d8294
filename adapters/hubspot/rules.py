"""Rules that the portal's admin set: a contact may be refused for a property that we do not write.

Date-based API versions enforce them on every write (facts/hubspot.md §4): a contact whose `industry` must be filled in and
is not takes no score. Such a refusal says nothing against our values, so it is told apart, and told in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from adapters.hubspot.answers import PLATFORM
from adapters.ports import Change, PlatformRefused

_WANTS = re.compile(
    r"\b(required|requires|missing|mandatory|must (?:have|be set)|not set|blank|empty)\b", re.IGNORECASE
)
#: Property names within a message: ``"industry"``, ``[industry, country]``.
_QUOTED = re.compile(r"[\"'`]([a-z][a-z0-9_]*)[\"'`]")
_LISTED = re.compile(r"\[([a-z][a-z0-9_]*(?:\s*,\s*[a-z][a-z0-9_]*)*)\]")
_CURE = "or relax the rule in Settings → Objects → Contacts"


class RuleBroken(PlatformRefused):
    """A rule of the portal stands against a contact; `fields` are the properties that it is about, none of them ours."""


def names_ours(error: PlatformRefused, rows: Iterable[Change]) -> bool:
    """Whether the refusal is about a property that one of these rows writes."""
    return any(name in row.values for name in error.fields for row in rows)


def in_words(error: PlatformRefused, rows: Sequence[Change]) -> PlatformRefused:
    """The refusal of these rows as a RuleBroken with its cure, if it is the refusal of a rule; else the same error."""
    if error.status != 400 or names_ours(error, rows):
        return error
    wants = bool(_WANTS.search(error.message))
    fields = error.fields or (_names_in(error.message) if wants else ())
    if any(name in row.values for name in fields for row in rows) or not (fields or wants):
        return error
    named = ", ".join(f"`{name}`" for name in fields)
    if not fields:
        text = f"a rule of the portal wants a property filled in that HubSpot does not name: fill it in, {_CURE}"
    elif wants:
        text = f"a rule of the portal wants {named} filled in: fill it in, {_CURE}"
    else:
        text = f"a rule of the portal stands against {named} as it is: correct it, {_CURE}"
    return RuleBroken(PLATFORM, text, status=error.status, category=error.category, fields=fields)


def _names_in(message: str) -> tuple[str, ...]:
    listed = (name.strip() for found in _LISTED.findall(message) for name in found.split(","))
    return tuple(dict.fromkeys((*listed, *_QUOTED.findall(message))))
