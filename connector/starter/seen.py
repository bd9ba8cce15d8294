"""What was seen of the platforms: what they define, and a sample of real people. Pure data; its repr shows nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.ports import Definition, ListInfo, Record

#: How long ago something may be and still show what a week brings.
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """Both platforms as they are now.

    `properties` of HubSpot are under the names that fields.yaml takes (``cargo``, ``company.industry``), `merge_fields`
    of each audience likewise (``merge_fields.CARGO``), by the audience's id. `sample` are people of `source`, with the
    values of their companies; `total` is how many there are, `lately` how many were changed in the last seven days (None: not
    told). `lists` is None where lists may not be read, `workflows`
    is true where they may be, `forms` are the names of the portal's forms (None: may not be read).
    """

    hubspot: bool = False
    mailchimp: bool = False
    properties: Mapping[str, Definition] = field(default_factory=dict)
    audiences: tuple[ListInfo, ...] = ()
    merge_fields: Mapping[str, Mapping[str, Definition]] = field(default_factory=dict)
    source: str = "hubspot"
    sample: tuple[Record, ...] = ()
    total: int = 0
    lately: int | None = None
    lists: tuple[ListInfo, ...] | None = None
    workflows: bool = False
    forms: tuple[str, ...] | None = None
    timezone: str = ""

    @property
    def sampled(self) -> Mapping[str, Definition]:
        """The definitions of what the sample's values are: HubSpot's, or those of the first audience."""
        if self.hubspot or not self.audiences:
            return self.properties
        return self.merge_fields.get(self.audiences[0].id, {})

    @property
    def acts_seen(self) -> bool:
        """Whether the sample tells what people did: HubSpot's counters do, Mailchimp's members do not."""
        return self.source == "hubspot"

    def values(self, name: str) -> tuple[str, ...]:
        """What `name` holds in the sample, empty ones left out."""
        found = (record.values.get(name) for record in self.sample)
        return tuple(value.strip() for value in found if value is not None and value.strip())

    def samples(self, name: str) -> bool:
        """Whether the sample is asked for `name` at all: that of HubSpot holds no merge fields."""
        return name in self.sampled

    def filled(self, name: str) -> float:
        """The share of the sample for whom `name` holds anything; 0 without a sample."""
        return len(self.values(name)) / len(self.sample) if self.sample else 0.0
