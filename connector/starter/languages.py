"""The languages that receipts speak, and which of them a team most likely reads: that of its own forms, pages and lists."""

from __future__ import annotations

from typing import Literal, get_args

from connector.starter.interests import ASKING, COMPARING, holding
from connector.starter.seen import Seen

Language = Literal["en", "es", "ca"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def proposed_language(seen: Seen) -> Language:
    """The language in which most of these names speak of prices, offers and guides; English where none does."""
    named = (*(seen.forms or ()), *(one.name for one in seen.lists or ()), *seen.values("hs_analytics_last_url"))
    return max(LANGUAGES, key=lambda one: sum(len(holding({one: words[one]}, named)) for words in (ASKING, COMPARING)))
