"""Portals that nobody has looked at yet: as data, and as a pretend one with other names, another language and no workflows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from adapters.ports import Definition, Option, Record
from connector.starter.seen import Seen
from connector.starter.standard import standard

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def portal() -> Callable[..., Seen]:
    """Makes a portal: HubSpot's own properties, these besides (name → label, or a whole definition), these people."""

    def make(
        properties: Mapping[str, str | Definition] | None = None,
        people: Sequence[Mapping[str, str]] = (),
        stages: Mapping[str, str] | None = None,
        **others: object,
    ) -> Seen:
        usual = standard()
        own = {
            name: one if isinstance(one, Definition) else Definition(name, one, "string")
            for name, one in (properties or {}).items()
        }
        defined = {**usual.properties, **own}
        if stages is not None:
            options = tuple(Option(value, label) for value, label in stages.items())
            defined["lifecyclestage"] = Definition("lifecyclestage", "Lifecycle Stage", "enumeration", options=options)
        sample = tuple(Record("hubspot", str(number), None, values, NOW) for number, values in enumerate(people, 1))
        told = {"hubspot": True, "lists": (), "properties": defined, "sample": sample, "total": len(sample)}
        return Seen(**{**told, **others})  # type: ignore[arg-type]

    return make
