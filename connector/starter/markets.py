"""The countries that a team sells to, as its contacts show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from connector.starter.countries import country_code

#: Countries that together hold so much of those with a country; each at least `_WORTH` of it.
_TOGETHER = 0.8
_WORTH = 0.1


def proposed_markets(countries: Sequence[str]) -> tuple[str, ...]:
    """The codes of the few countries where most of these people are, the most common first; none where none is known."""
    codes = Counter(code for country in countries if (code := country_code(country)) is not None)
    total, chosen, held = codes.total(), [], 0
    for code, count in codes.most_common():
        if held >= _TOGETHER * total or count < _WORTH * total:
            break
        chosen.append(code)
        held += count
    return tuple(chosen)
