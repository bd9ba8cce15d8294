"""A portal that was not asked: what every HubSpot portal has (facts/hubspot.md §7, §8), and nobody in it."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.ports import Definition, Option
from connector.starter.acts import COUNTERS
from connector.starter.lifecycle import LIFECYCLE
from connector.starter.seen import Seen

_TEXTS = ("email", "firstname", "jobtitle", "company", "phone", "industry", "country")
_COMPANY_TEXTS = ("company.name", "company.industry", "company.country")
_NUMBERS = ("company.numberofemployees",)
_SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)


def standard() -> Seen:
    """A starter without platforms is written for this."""
    return Seen(hubspot=True, properties={one.name: one for one in _definitions()}, lists=())


def _definitions() -> Iterator[Definition]:
    yield from (Definition(name, name, "string") for name in (*_TEXTS, *_COMPANY_TEXTS))
    yield from (Definition(name, name, "number") for name in _NUMBERS)
    yield Definition("numemployees", "numemployees", "enumeration", options=_options(_SIZES))
    yield Definition(LIFECYCLE, "Lifecycle Stage", "enumeration", options=_options(_STAGES))
    for counter in COUNTERS:
        yield Definition(counter.count, counter.count, "number", read_only=True)
        yield Definition(counter.last, counter.last, "datetime", read_only=True)
        yield Definition(counter.asset, counter.asset, "string", read_only=True)


def _options(values: tuple[str, ...]) -> tuple[Option, ...]:
    return tuple(Option(value, value) for value in values)
