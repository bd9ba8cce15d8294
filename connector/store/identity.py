"""Who is who: which contact a platform's record belongs to.

By its id; by the ids it has swallowed; else by its e-mail address, when exactly one contact has that address and no id
on this source yet, or only one that is archived: who was deleted and made anew is the same person, whose opt-out elsewhere
counts. Else it is somebody new. What stays ambiguous is a conflict: it is listed and not guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from connector.facts import Record
from connector.store.records import from_row
from connector.store.texts import email_key

# Each is looked for by itself, in an index: whatever is known of a table that is being filled, a plan for all of them at
# once would sooner or later read the whole of it.
_REFERENCES = text(
    "SELECT asked.source, asked.platform_id, found.contact"
    " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS asked (source, platform_id), LATERAL"
    " (SELECT contact FROM identity WHERE source = asked.source AND platform_id = asked.platform_id LIMIT 1) AS found"
)
_NAMESAKES = text(
    "SELECT found.contact FROM unnest(CAST(:emails AS text[])) AS asked (email_key), LATERAL"
    " (SELECT contact FROM record WHERE email_key = asked.email_key OFFSET 0) AS found"
)
_SNAPSHOTS = text(
    "SELECT found.* FROM unnest(CAST(:contacts AS bigint[])) AS asked (contact), LATERAL"
    " (SELECT * FROM record WHERE contact = asked.contact OFFSET 0) AS found"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a record is. `contact` None: somebody new. `also`: contacts that turn out to be the same person.

    `conflict` says why an address that others have was not followed.
    """

    contact: int | None
    also: tuple[int, ...] = ()
    conflict: str = ""


@dataclass(slots=True)
class Registry:
    """What the store knows about the people that some records may belong to; kept up to date as they are placed."""

    contacts: dict[tuple[str, str], int] = field(default_factory=dict)
    snapshots: dict[int, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    holders: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def load(cls, conn: Connection, records: Sequence[Record]) -> Registry:
        """Look up all that these records refer to, in three statements. Read-only."""
        registry = cls()
        asked = {(record.source, one) for record in records for one in (record.id, *record.merged_ids)}
        sources, ids = zip(*sorted(asked), strict=True) if asked else ((), ())
        for row in conn.execute(_REFERENCES, {"sources": list(sources), "ids": list(ids)}):
            registry.contacts[row.source, row.platform_id] = row.contact
        emails = sorted({key for record in records if (key := email_key(record.email))})
        known = sorted({*registry.contacts.values(), *conn.scalars(_NAMESAKES, {"emails": emails})})
        for snapshot in conn.execute(_SNAPSHOTS, {"contacts": known}).mappings():
            registry._show(snapshot["contact"], from_row(snapshot))
        return registry

    def owner(self, record: Record) -> Owner:
        """Find out whose `record` is. Changes nothing."""
        refs = [(record.source, record.id), *((record.source, old) for old in record.merged_ids)]
        named = sorted({self.contacts[ref] for ref in refs if ref in self.contacts} - self._other_owner(record))
        key = email_key(record.email)
        namesakes = self.holders[key] - set(named) if key else set()
        if not named:
            return self._by_email(record.source, namesakes)
        first, *also = named
        if not namesakes or (first in self.holders[key or ""] and not self._comes_back(first, record)):
            return Owner(first, tuple(also))
        if len(namesakes) == 1 and not set.union(*(self._sources(one) for one in named)) & self._sources(*namesakes):
            first, *also = sorted({*named, *namesakes})
            return Owner(first, tuple(also))
        return Owner(first, tuple(also), f"its address is also that of {_contacts(namesakes)}")

    def place(self, contact: int, record: Record) -> Record | None:
        """Note that `record` is `contact`'s snapshot now; return the one before."""
        before = self.snapshots[contact].get(record.source)
        if before is not None and (key := email_key(before.email)) and key != email_key(record.email):
            others = (one for source, one in self.snapshots[contact].items() if source != record.source)
            if key not in {email_key(one.email) for one in others}:
                self.holders[key].discard(contact)
        for one in (record.id, *record.merged_ids):
            self.contacts[record.source, one] = contact
        self._show(contact, record)
        return before

    def _by_email(self, source: str, namesakes: Iterable[int]) -> Owner:
        namesakes = set(namesakes)
        free = [one for one in namesakes if not self._is_there(one, source)]
        if len(free) == 1:
            return Owner(free[0])
        if not namesakes:
            return Owner(None)
        why = "is known here under another id already" if not free else "could be hers as well"
        return Owner(None, conflict=f"{_contacts(free or namesakes)}, with the same address, {why}")

    def _show(self, contact: int, record: Record) -> None:
        self.snapshots[contact][record.source] = record
        if key := email_key(record.email):
            self.holders[key].add(contact)

    def _other_owner(self, record: Record) -> set[int]:
        """Who has this id from before, was made anew under another one, and has that still: this one was restored since."""
        contact = self.contacts.get((record.source, record.id))
        present = self.snapshots[contact].get(record.source) if contact is not None else None
        if contact is None or present is None or record.archived or present.archived:
            return set()
        related = record.id in (present.id, *present.merged_ids) or present.id in record.merged_ids
        return set() if related else {contact}

    def _comes_back(self, contact: int, record: Record) -> bool:
        """Whether a contact's record was archived up to now: whose its address is by now must be asked anew."""
        before = self.snapshots[contact].get(record.source)
        return before is not None and before.archived and not record.archived

    def _is_there(self, contact: int, source: str) -> bool:
        """Whether a contact has an id on a source under which she is not archived."""
        record = self.snapshots[contact].get(source)
        return record is not None and not record.archived

    def _sources(self, contact: int) -> set[str]:
        return set(self.snapshots.get(contact, {}))


def _contacts(numbers: Iterable[int]) -> str:
    return "contact " + ", ".join(f"#{number}" for number in sorted(numbers))
