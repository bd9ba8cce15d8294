"""Merging two contacts (facts/hubspot.md §11.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sandbox.hubspot.record import COUNTERS, Record, Source

if TYPE_CHECKING:
    from adapters.sandbox.hubspot.portal import Portal

_OWN = frozenset({"hs_object_id", "createdate", "lastmodifieddate", "hs_merged_object_ids"})


def merge_contacts(portal: Portal, primary: Record, other: Record, source: Source) -> Record:
    """Merge two contacts: a new record, or the primary one where the portal keeps primary ids.

    The result has the primary's values, filled up from the other's; the ids that are gone stand in
    `hs_merged_object_ids`. Counters follow `Settings.merge_counters`, histories the values that stay. Lists,
    associations and additional addresses are united; workflows are left.
    """
    contacts = portal.contacts
    old = (primary, other)
    ids = {record.id for record in old}
    moved = {name: value for name, value in other.values.items() if value and not primary.values.get(name)}
    values = {name: value for name, value in {**primary.values, **moved}.items() if name not in _OWN}
    history = {name: record.past(name)[::-1] for record in old for name in (moved if record is other else values)}
    counted = _counted(portal, primary, other)
    swallowed = {part for record in old for part in record.values.get("hs_merged_object_ids", "").split(";") if part}
    addresses = [address for address, id_ in contacts.by_email.items() if id_ in ids]
    lists = [each for each in portal.lists if ids & each.members.keys()]
    flows = [each for each in portal.workflows if ids & each.ever]
    links = [
        (kind, to) for kind in portal.shelves for r in old for to in portal.associations.of("contacts", r.id, kind)
    ]

    gone = (other,) if portal.settings.merge_keeps_primary_id else old
    for record in gone:
        portal.leave_everything(record, "contact merged")
        portal.associations.drop("contacts", record.id)
        contacts.remove(record)
        contacts.merged[record.id] = primary.id
        swallowed.add(str(record.id))
    result = primary
    if primary in gone:
        result = contacts.add({}, min(primary.created, other.created), source)
        contacts.merged |= {record.id: result.id for record in old}
    portal.hide_from_search(contacts, result, new=primary in gone)

    result.values |= values
    result.history = history
    for name, total in counted.items():
        result.remember(name, total, portal.now_ms(), source)
    result.values |= counted
    result.values["hs_merged_object_ids"] = ";".join(sorted(swallowed, key=int))
    for address in addresses:
        contacts.by_email[address] = result.id
    extra = sorted(address for address in addresses if address != values.get("email"))
    if extra:
        result.values["hs_additional_emails"] = ";".join(extra)
    for each in lists:
        each.members.setdefault(result.id, portal.now_ms())
    for flow in flows:
        flow.ever.add(result.id)
    for kind, to_id in links:
        portal.associations.link("contacts", result.id, kind, to_id)
    portal.touch("contacts", result)
    portal.emit(
        "merge",
        contacts,
        primary,
        source,
        primaryObjectId=primary.id,
        mergedObjectIds=[other.id],
        newObjectId=result.id,
        numberOfPropertiesMoved=len(moved),
    )
    return result


def _counted(portal: Portal, primary: Record, other: Record) -> dict[str, str]:
    """The lifetime totals that differ from the primary's after the merge."""
    flavor = portal.settings.merge_counters
    if flavor == "primary":
        return {}
    totals = {}
    for name in sorted(COUNTERS):
        one, two = (int(record.values.get(name) or 0) for record in (primary, other))
        total = one + two if flavor == "sum" else max(one, two)
        if total != one:
            totals[name] = str(total)
    return totals
