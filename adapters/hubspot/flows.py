"""HubSpot's workflows, as far as its flows API shows what they listen to (facts/hubspot.md §5; read-only)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.rows import in_batches, rows_of, walk
from adapters.hubspot.versions import CONTACT_TYPE
from adapters.ports import Flow

PAGE = 100
#: HubSpot's id of the event "a property changed", with filters on the property and its new value.
_PROPERTY_CHANGED = "4-655002"
#: Operators that name the values they wait for; of others we only know the property.
_EQUALS = frozenset({"IS_EQUAL_TO", "IS_ANY_OF", "IS_EXACTLY"})

Raw = Mapping[str, Any]
Listening = tuple[str, str]


def read_flows(client: HubSpotClient) -> tuple[Flow, ...]:
    """Contact workflows and what they listen to. Raises ScopeMissing where the token or the tier may not look."""

    def ask(after: str | None) -> dict[str, Any]:
        query = {"limit": str(PAGE)}
        return client.call("flows", query=query if after is None else {**query, "after": after})

    listed = [row for answer in walk(ask) for row in rows_of(answer) if isinstance(row, dict)]
    ids = [str(row["id"]) for row in listed if row.get("id") and row.get("objectTypeId", CONTACT_TYPE) == CONTACT_TYPE]
    flows = []
    for some in in_batches(ids, PAGE):
        body = {"inputs": [{"type": "FLOW_ID", "flowId": each} for each in some]}
        flows += [_flow(row) for row in rows_of(client.call("flows_read", body=body)) if isinstance(row, dict)]
    return tuple(flows)


def _flow(row: Raw) -> Flow:
    criteria = _dict(row.get("enrollmentCriteria"))
    listening = dict.fromkeys((*_event_triggers(criteria), *_list_triggers(criteria)))
    return Flow(
        id=str(row.get("id")),
        name=str(row.get("name") or ""),
        enabled=bool(row.get("isEnabled")),
        listens_to=tuple(listening),
        re_enrolls=bool(criteria.get("shouldReEnroll")),
        leaves=bool(criteria.get("unEnrollObjectsNotMeetingCriteria")),
    )


def _event_triggers(criteria: Raw) -> Iterator[Listening]:
    """EVENT_BASED: "property changed to value", and joining a list."""
    for branch in _dicts(criteria.get("eventFilterBranches")):
        if branch.get("eventTypeId") == _PROPERTY_CHANGED:
            filters = {str(each.get("property")): each for each in _dicts(branch.get("filters"))}
            for name in _wanted_values(filters.get("hs_name", {})):
                yield from _property_triggers(name, filters.get("hs_value", {}))
    for branch in _dicts(criteria.get("listMembershipFilterBranches")):
        yield from _branch_triggers(branch)


def _list_triggers(criteria: Raw) -> Iterator[Listening]:
    """LIST_BASED: filters on properties and memberships, nested."""
    yield from _branch_triggers(_dict(criteria.get("listFilterBranch")))


def _branch_triggers(branch: Raw) -> Iterator[Listening]:
    for each in _dicts(branch.get("filters")):
        if each.get("filterType") == "IN_LIST" and each.get("listId") is not None:
            yield ("list", str(each["listId"]))
        elif each.get("filterType") == "PROPERTY" and each.get("property"):
            yield from _property_triggers(str(each["property"]), each)
    for inner in _dicts(branch.get("filterBranches")):
        yield from _branch_triggers(inner)


def _property_triggers(name: str, value_filter: Raw) -> Iterator[Listening]:
    values = _wanted_values(value_filter)
    yield from (("property", f"{name}={value}") for value in values)
    if not values:
        yield ("property", name)


def _wanted_values(value_filter: Raw) -> tuple[str, ...]:
    operation = _dict(value_filter.get("operation"))
    if operation.get("operator") not in _EQUALS:
        return ()
    values = operation.get("values")
    return tuple(str(v) for v in (values if isinstance(values, list) else [operation.get("value")]) if v is not None)


def _dict(value: object) -> Raw:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Iterator[Raw]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))
