"""The enrollment criteria of a workflow, in the ports' words (facts/hubspot.md §5; pure).

The shapes are those of a beta, and real ones are richer: a branch or an operator that is not known here makes what it says
unclear, and nothing is left out because it is not understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product
from math import prod
from typing import Any

from adapters.flows import Meets, Trigger

#: HubSpot's id of the event "a property changed", with filters on the property and its new value.
_PROPERTY_CHANGED = "4-655002"
_OPERATORS = {
    "IS_EQUAL_TO": Meets.AMONG,
    "IS_ANY_OF": Meets.AMONG,
    "IS_EXACTLY": Meets.AMONG,
    "HAS_EVER_BEEN_EQUAL_TO": Meets.AMONG,
    "HAS_EVER_BEEN_ANY_OF": Meets.AMONG,
    "IS_NOT_EQUAL_TO": Meets.NOT_AMONG,
    "IS_NONE_OF": Meets.NOT_AMONG,
    "IS_KNOWN": Meets.ANY,
    "IS_GREATER_THAN": Meets.ABOVE,
    "IS_GREATER_THAN_OR_EQUAL_TO": Meets.AT_LEAST,
    "IS_LESS_THAN": Meets.BELOW,
    "IS_LESS_THAN_OR_EQUAL_TO": Meets.AT_MOST,
}
#: A branch over so many alternatives is not taken apart.
_MOST = 64

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Criteria:
    """Who gets in, who gets in once more, and who is taken out; see `adapters.flows.Flow` for what each means."""

    triggers: tuple[Trigger, ...] = ()
    again: tuple[Trigger, ...] | None = None
    opaque: bool = False
    by_events: bool = False
    leaves: bool | None = None


def criteria_of(told: object) -> Criteria:
    """Take `enrollmentCriteria` apart."""
    raw = _dict(told)
    match raw.get("type"):
        case "LIST_BASED":
            return _list_based(raw)
        case "EVENT_BASED":
            return _event_based(raw)
        case "MANUAL":
            return Criteria(again=())
        case _:
            return Criteria(opaque=True)


def _list_based(raw: Raw) -> Criteria:
    """People who meet filters; they enter when they begin to."""
    triggers, opaque = _of_filters(_dict(raw.get("listFilterBranch")))
    leaves = raw.get("unEnrollObjectsNotMeetingCriteria")
    branches = list(_dicts(raw.get("reEnrollmentTriggersFilterBranches")))
    again: tuple[Trigger, ...] | None = None
    if raw.get("shouldReEnroll") is False:
        again = ()
    elif raw.get("shouldReEnroll") is True and branches:
        parts = [_of_filters(branch) for branch in branches]
        again = None if any(unclear for _, unclear in parts) else tuple(one for found, _ in parts for one in found)
    return Criteria(triggers, again, opaque, leaves=leaves if isinstance(leaves, bool) else None)


def _event_based(raw: Raw) -> Criteria:
    """People to whom something happens. Such a workflow does not watch what they are, so it takes nobody out."""
    triggers = list(_events(_dicts(raw.get("eventFilterBranches"))))
    opaque = any(one.name == "" for one in triggers)
    for branch in _dicts(raw.get("listMembershipFilterBranches")):
        joined, unclear = _of_filters(branch)
        triggers += joined
        opaque |= unclear
    refined = bool(raw.get("refinementCriteria"))
    told = tuple(replace(one, alone=one.alone and not refined, everywhere=False) for one in triggers if one.name)
    re_enrolls = raw.get("shouldReEnroll")
    again = {True: told, False: ()}.get(re_enrolls) if isinstance(re_enrolls, bool) else None
    return Criteria(tuple(dict.fromkeys(told)), again, opaque, by_events=True, leaves=False)


def _events(branches: Iterable[Raw]) -> Iterator[Trigger]:
    """Changes of properties; one without a name where it is not told which."""
    for branch in branches:
        if branch.get("eventTypeId") != _PROPERTY_CHANGED:
            continue
        filters = {str(each.get("property")): each for each in _dicts(branch.get("filters"))}
        meets, names = _asked(filters.get("hs_name", {}))
        value = filters.get("hs_value")
        asks, values = (Meets.ANY, ()) if value is None else _asked(value)
        alone = filters.keys() <= {"hs_name", "hs_value"} and not branch.get("filterBranches")
        for name in names if meets is Meets.AMONG else ("",):
            yield Trigger("property", name, asks, values, alone)


def _of_filters(branch: Raw) -> tuple[tuple[Trigger, ...], bool]:
    """The triggers of a tree of filters, and whether there is more that is not understood."""
    alternatives = _alternatives(branch) if branch else []
    leaves = list(_leaves(branch))
    opaque = any(each.get("filterType") == "PROPERTY" and not each.get("property") for each in leaves)
    if alternatives is None:
        return tuple(dict.fromkeys(_unclear(leaves))), opaque
    found = [list(_together(each)) for each in alternatives]
    places = [{(one.kind, one.name) for one in each} for each in found]
    return (
        tuple(
            dict.fromkeys(
                replace(one, everywhere=one.everywhere and all((one.kind, one.name) in place for place in places))
                for each in found
                for one in each
            )
        ),
        opaque,
    )


def _alternatives(branch: Raw) -> list[list[Raw]] | None:
    """The filters of a tree as alternatives of which each asks for all of its own; None where that is not understood.

    A branch about something else than the contact's own values (companies, events, denials) is one condition more.
    """
    own = list(_dicts(branch.get("filters")))
    inner = list(_dicts(branch.get("filterBranches")))
    match branch.get("filterBranchType"):
        case "OR":
            parts = [_alternatives(each) for each in inner]
            if None in parts:
                return None
            return [*([each] for each in own), *(one for part in parts for one in part or ())]
        case "AND":
            parts = [_alternatives(each) for each in inner]
            asked = [part or [[]] for part in parts]  # a branch that asks for nothing
            if None in parts or prod(map(len, asked)) > _MOST:
                return None
            return [[*own, *chain.from_iterable(chosen)] for chosen in product(*asked)]
        case _:
            return [[branch]]


def _together(conditions: Sequence[Raw]) -> Iterator[Trigger]:
    """The triggers of filters that must all be met; two on one property are too much to be clear."""
    found = [one for each in conditions for one in _condition(each)]
    for one in found:
        others = [other for other in found if (other.kind, other.name) == (one.kind, one.name)]
        clear = replace(one, alone=one.alone and len(conditions) == 1)
        yield clear if len(others) == 1 else replace(clear, meets=Meets.UNCLEAR, values=())


def _condition(each: Raw) -> Iterator[Trigger]:
    if "filterBranchType" in each:
        if "ASSOCIATION" not in str(each["filterBranchType"]):
            yield from _unclear(_leaves(each))
    elif each.get("filterType") == "IN_LIST" and each.get("operator", "IN_LIST") == "IN_LIST":
        if each.get("listId") is not None:
            yield Trigger("list", str(each["listId"]))
    elif each.get("filterType") == "PROPERTY" and each.get("property"):
        meets, values = _asked(each)
        was_once = str(_dict(each.get("operation")).get("operator")).startswith("HAS_EVER")
        yield Trigger("property", str(each["property"]), meets, values, everywhere=not was_once)


def _unclear(filters: Iterable[Raw]) -> Iterator[Trigger]:
    for each in filters:
        for one in _condition(each):
            yield replace(one, meets=Meets.UNCLEAR, values=(), alone=False, everywhere=False)


def _leaves(branch: Raw) -> Iterator[Raw]:
    yield from _dicts(branch.get("filters"))
    for inner in _dicts(branch.get("filterBranches")):
        yield from _leaves(inner)


def _asked(value_filter: Raw) -> tuple[Meets, tuple[str, ...]]:
    """What a filter asks of a value."""
    operation = _dict(value_filter.get("operation"))
    meets = _OPERATORS.get(str(operation.get("operator")), Meets.UNCLEAR)
    told = operation.get("values")
    values = tuple(str(v) for v in (told if isinstance(told, list) else [operation.get("value")]) if v is not None)
    if meets is Meets.ANY or values:
        return meets, values
    return Meets.UNCLEAR, ()


def _dict(value: object) -> Raw:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Iterator[Raw]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))
