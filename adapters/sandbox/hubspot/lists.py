"""Lists (segments) of the pretend portal and their members (facts/hubspot.md §5 D, §11.16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.sandbox.hubspot.errors import invalid, missing
from adapters.sandbox.hubspot.record import Record
from adapters.sandbox.hubspot.values import iso

if TYPE_CHECKING:
    from adapters.sandbox.hubspot.portal import Portal

PROCESSING_TYPES = ("MANUAL", "SNAPSHOT", "DYNAMIC")


@dataclass
class ContactList:
    """One list; `members` maps record id to the time of joining in ms, in order of joining.

    The members of a DYNAMIC list are the sandbox's own business: its rules are not evaluated, life moves people.
    """

    id: str
    name: str
    processing_type: str
    object_type_id: str
    created: str
    updated: str
    members: dict[int, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {
            "listId": self.id,
            "listVersion": 1,
            "name": self.name,
            "objectTypeId": self.object_type_id,
            "processingType": self.processing_type,
            "processingStatus": "COMPLETE",
            "createdAt": self.created,
            "updatedAt": self.updated,
            "filtersUpdatedAt": self.created,
            "size": len(self.members),
            "additionalProperties": {"hs_list_size": str(len(self.members))},
        }


class Lists:
    """All lists; not thread-safe, the portal's lock protects it."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._by_id: dict[str, ContactList] = {}
        self._made = 0

    def __iter__(self) -> Iterator[ContactList]:
        return iter(self._by_id.values())

    def create(self, name: str, processing_type: str = "MANUAL", object_type_id: str = "0-1") -> ContactList:
        """Make an empty list; names are unique without case."""
        if processing_type not in PROCESSING_TYPES:
            raise invalid(f"processingType {processing_type} is not one of {', '.join(PROCESSING_TYPES)}")
        if not name:
            raise invalid("List name is required.")
        if self.named(name, object_type_id) is not None:
            raise invalid(f"A list named '{name}' already exists.", subCategory="ILS.DUPLICATE_LIST_NAMES")
        now = self._portal.now_iso()
        self._made += 1
        made = ContactList(str(self._made), name, processing_type, object_type_id, now, now)
        self._by_id[made.id] = made
        return made

    def named(self, name: str, object_type_id: str = "0-1") -> ContactList | None:
        """The list of that name, without case."""
        wanted = name.lower()
        return next((x for x in self if x.name.lower() == wanted and x.object_type_id == object_type_id), None)

    def get(self, list_id: str) -> ContactList:
        """By id; 404 where there is none."""
        found = self._by_id.get(list_id)
        if found is None:
            raise missing(f"List does not exist with ID {list_id}.", subCategory="ILS.LIST_NOT_FOUND")
        return found

    def remove(self, list_id: str) -> None:
        """Delete a list; its members are left as they are."""
        del self._by_id[self.get(list_id).id]

    def has_member(self, list_id: str, record_id: int) -> bool:
        """Whether the record is on the list; an unknown list has no members."""
        found = self._by_id.get(list_id)
        return found is not None and record_id in found.members

    def of_member(self, record_id: int) -> list[ContactList]:
        """The lists that a record is on."""
        return [x for x in self if record_id in x.members]

    def join(self, to: ContactList, record: Record) -> bool:
        """Add a record; False if it is already there."""
        if record.id in to.members:
            return False
        to.members[record.id] = self._portal.now_ms()
        to.updated = iso(self._portal.now_ms())
        self._portal.workflows.list_joined(record, to.id, to.name)
        return True

    def leave(self, of: ContactList, record: Record) -> bool:
        """Remove a record; False if it is not there."""
        if of.members.pop(record.id, None) is None:
            return False
        of.updated = iso(self._portal.now_ms())
        self._portal.workflows.list_left(record, of.id, of.name)
        return True

    def forget(self, record: Record) -> None:
        """The record is archived or gone: it is on no list any more."""
        for each in self:
            each.members.pop(record.id, None)

    def change(self, list_id: str, add: Iterable[str], remove: Iterable[str]) -> dict[str, list[str]]:
        """`memberships/add-and-remove` and its halves; the keys are spelled as HubSpot spells them."""
        target = self.get(list_id)
        if target.processing_type == "DYNAMIC":
            raise invalid(
                f"List {list_id} has processing type DYNAMIC; memberships can only be changed for MANUAL and SNAPSHOT.",
                subCategory="ILS.INVALID_LIST_PROCESSING_TYPE",
            )
        shelf = self._portal.shelf_of_type(target.object_type_id)
        added: list[str] = []
        removed: list[str] = []
        unknown: list[str] = []
        for keys, act, done in ((add, self.join, added), (remove, self.leave, removed)):
            for key in dict.fromkeys(keys):
                record = shelf.find(key)
                if record is None:
                    unknown.append(key)
                elif act(target, record):
                    done.append(key)
        return {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": unknown}
