"""What a new fields.yaml asks for that was never read, and what it costs to read it. Read-only."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import ceil

from sqlalchemy import Connection

from connector.rulebook.mapping import COMPANY, company_properties, field_properties, hubspot_properties
from connector.rulebook.types import FieldsFile, Rulebook
from connector.steps.finding import Finding
from connector.store import companies, ledger

#: Contacts of a page, and companies of a batch, in one call (facts/hubspot.md §3).
_A_CALL = 100


@dataclass(frozen=True, slots=True)
class NewlyMapped:
    """Properties that no record here holds yet, and the calls that a reading of everybody takes."""

    names: tuple[str, ...]
    contacts: int
    calls: int

    @property
    def finding(self) -> Finding:
        """What a person should know before she makes such files the rulebook."""
        return Finding(
            "advice",
            f"{', '.join(self.names)} {'was' if len(self.names) == 1 else 'were'} never read from HubSpot; values come with"
            " each contact's next change",
            f"`trellis sync --full` reads all {self.contacts:,} contacts at once, in about {self.calls:,} call{_s(self.calls)}",
            code="never-read",
        )


def newly_mapped(conn: Connection, before: Rulebook, after: Rulebook) -> NewlyMapped | None:
    """What `after` reads of HubSpot and `before` did not; None if that is nothing, or if nobody is known yet.

    What was read under another name of ours is not new: raw values are kept under the platform's own names. Nor is what
    Trellis alone fills in, as no rule waits for it.
    """
    contacts = ledger.count_contacts(conn)
    own = set(hubspot_properties(after.fields, after.tracks)) - set(hubspot_properties(before.fields, before.tracks))
    own -= _filled_in_by_us(after.fields)
    firms = set(company_properties(after.fields)) - set(company_properties(before.fields))
    if not contacts or not (own or firms):
        return None
    calls = ceil(contacts / _A_CALL) + (ceil(companies.count(conn) / _A_CALL) if firms else 0)
    return NewlyMapped((*sorted(own), *(f"{COMPANY}{name}" for name in sorted(firms))), contacts, calls)


def _filled_in_by_us(fields: FieldsFile) -> AbstractSet[str]:
    """What is written and of which nothing is asked: neither by a rule, nor whether somebody may be enrolled."""
    asked = {*field_properties(fields), *(name for _, name in fields.turns)}
    targets = fields.write.targets.items()
    return {target.hubspot for key, target in targets if key not in ("exclude", "enrolled")} - asked


def _s(count: int) -> str:
    return "" if count == 1 else "s"
