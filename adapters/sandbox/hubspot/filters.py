"""Filters of search: each operator as a test of one record's values, and what of the index a test can spare."""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from math import ceil, floor
from typing import Any

from adapters.sandbox.hubspot.definitions import Definition, Definitions
from adapters.sandbox.hubspot.errors import invalid
from adapters.sandbox.hubspot.index import SearchIndex
from adapters.sandbox.hubspot.kinds import Kind
from adapters.sandbox.hubspot.values import BadValue, iso, parse_ms, stored

_MOST_GROUPS, _MOST_IN_GROUP, _MOST_FILTERS = 5, 6, 18
_WORD = re.compile(r"[^\w.*]+")
ID = "hs_object_id"

Values = Mapping[str, str]
Test = Callable[[Values], bool]
Key = float | str


def compile_filters(definitions: Definitions, groups: Sequence[Mapping[str, Any]]) -> Test:
    """One test for the whole of `filterGroups`: OR between groups, AND within; 400 where HubSpot would refuse."""
    filters = [group.get("filters") or () for group in groups]
    if (
        len(filters) > _MOST_GROUPS
        or any(len(group) > _MOST_IN_GROUP for group in filters)
        or sum(map(len, filters)) > _MOST_FILTERS
    ):
        raise invalid(
            f"Too many filters: at most {_MOST_GROUPS} groups, {_MOST_IN_GROUP} filters in a group, {_MOST_FILTERS} in all."
        )
    tests = [[_compile(definitions, each) for each in group] for group in filters]
    if not tests:
        return lambda _values: True
    if len(tests) == 1 and len(tests[0]) == 1:
        return tests[0][0]
    return lambda values: any(all(test(values) for test in group) for group in tests)


def _compile(definitions: Definitions, each: Mapping[str, Any]) -> Test:
    definition = definitions.find(str(each.get("propertyName", "")).lower())
    if definition is None:
        raise invalid(f"There was a problem with the request. Property {each.get('propertyName')} does not exist.")
    make = _OPERATORS.get(str(each.get("operator")))
    if make is None:
        raise invalid(f"Invalid input JSON: operator {each.get('operator')} is unknown.")
    return make(definition, each)


def key_of(definition: Definition) -> Callable[[str], Key | None]:
    """How two stored values of a property compare: as numbers, or as text without case.

    Dates are stored in one ISO form, so their text sorts by time.
    """
    if definition.type == "number":
        return _number
    return str if definition.type in ("date", "datetime") else str.lower


def _number(text: str) -> float | None:
    try:
        return _exact(text)
    except ValueError:
        return None


def _exact(value: object) -> float:
    """A number as it is written: ids above 2^53 are told apart, as floats they would not be."""
    text = str(value)
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


def _wanted(definition: Definition, each: Mapping[str, Any], name: str = "value") -> Any:
    """A filter's value in the form that stored values compare with."""
    value = each.get(name)
    try:
        text = "" if value is None else stored(definition, value, lambda _owner: True)
    except BadValue:
        text = str(value) if definition.type not in ("number", "date", "datetime") else ""
    key = key_of(definition)(text) if text else None
    if key is None:
        raise invalid(f"{value} is not a valid {name} for {definition.name} with operator {each['operator']}.")
    return key


def _compared(compare: Callable[[Any, Any], bool], *, otherwise: bool = False) -> Callable[..., Test]:
    def make(definition: Definition, each: Mapping[str, Any]) -> Test:
        name, wanted, key = definition.name, _wanted(definition, each), key_of(definition)

        def test(values: Values) -> bool:
            held = values.get(name)
            present = key(held) if held else None
            return otherwise if present is None else compare(present, wanted)

        return test

    return make


def _between(definition: Definition, each: Mapping[str, Any]) -> Test:
    name, key = definition.name, key_of(definition)
    low, high = _wanted(definition, each), _wanted(definition, each, "highValue")

    def test(values: Values) -> bool:
        held = values.get(name)
        present: Any = key(held) if held else None
        return present is not None and low <= present <= high

    return test


def _in(definition: Definition, each: Mapping[str, Any]) -> Test:
    """Text is indexed in lower case and the values are taken as they are: `IN ["NEW"]` finds nothing."""
    name = definition.name
    wanted = set(map(str, each.get("values") or ()))
    if not wanted:
        raise invalid("values must not be empty for operator IN and NOT_IN.")
    return lambda values: values.get(name, "").lower() in wanted


def _not_in(definition: Definition, each: Mapping[str, Any]) -> Test:
    inside, name = _in(definition, each), definition.name
    return lambda values: bool(values.get(name)) and not inside(values)


def _has(definition: Definition, _each: Mapping[str, Any]) -> Test:
    name = definition.name
    return lambda values: bool(values.get(name))


def _has_not(definition: Definition, _each: Mapping[str, Any]) -> Test:
    name = definition.name
    return lambda values: not values.get(name)


def _token(definition: Definition, each: Mapping[str, Any]) -> Test:
    name = definition.name
    wanted = [word for word in _WORD.split(str(each.get("value", "")).lower()) if word]

    def test(values: Values) -> bool:
        words = _WORD.split(values.get(name, "").lower())
        return all(any(fnmatchcase(word, pattern) for word in words) for pattern in wanted)

    return test


def _not_token(definition: Definition, each: Mapping[str, Any]) -> Test:
    contains = _token(definition, each)
    return lambda values: not contains(values)


_OPERATORS: dict[str, Callable[[Definition, Mapping[str, Any]], Test]] = {
    "EQ": _compared(lambda present, wanted: present == wanted),
    "NEQ": _compared(lambda present, wanted: present != wanted, otherwise=True),
    "LT": _compared(lambda present, wanted: present < wanted),
    "LTE": _compared(lambda present, wanted: present <= wanted),
    "GT": _compared(lambda present, wanted: present > wanted),
    "GTE": _compared(lambda present, wanted: present >= wanted),
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _not_in,
    "HAS_PROPERTY": _has,
    "NOT_HAS_PROPERTY": _has_not,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _not_token,
}


def narrowed(index: SearchIndex, kind: Kind, groups: Sequence[Mapping[str, Any]]) -> tuple[Sequence[int], str, bool]:
    """Ids among which all that fit are, the property in whose order they come, and whether each of them fits.

    Ranges of the last-modified date and of the id are looked up; anything else needs a look at each record. Call it
    with filters that `compile_filters` took.
    """
    if not groups:
        return index.ids(), ID, True
    parts = [_narrowed_by(index, kind, group.get("filters") or ()) for group in groups]
    if len(parts) == 1:
        return parts[0]
    return sorted({id_ for ids, _, _ in parts for id_ in ids}), ID, all(exact for _, _, exact in parts)


def _narrowed_by(
    index: SearchIndex, kind: Kind, filters: Sequence[Mapping[str, Any]]
) -> tuple[Sequence[int], str, bool]:
    low, high = float("-inf"), float("inf")
    excluded: set[str] = set()
    span: tuple[str, str] | None = None
    used = 0
    for each in filters:
        name, operator = each["propertyName"], each["operator"]
        if name == ID and operator in _BOUNDS:
            at_least, at_most = _BOUNDS[operator](each)
            low, high = max(low, at_least), min(high, at_most)
        elif name == ID and operator == "NOT_IN":
            excluded |= set(map(str, each["values"]))
        elif name == kind.modified and operator == "BETWEEN" and span is None:
            span = (iso(parse_ms(str(each["value"])) or 0), iso(parse_ms(str(each["highValue"])) or 0))
        else:
            continue
        used += 1
    ids = index.ids(low, high) if span is None else [i for i in index.ids_by_modified(*span) if low <= i <= high]
    if excluded:
        ids = [id_ for id_ in ids if str(id_) not in excluded]
    return ids, ID if span is None else kind.modified, used == len(filters)


_BOUNDS: dict[str, Callable[[Mapping[str, Any]], tuple[float, float]]] = {
    "BETWEEN": lambda each: (_exact(each["value"]), _exact(each["highValue"])),
    "GT": lambda each: (floor(_exact(each["value"])) + 1, float("inf")),
    "GTE": lambda each: (_exact(each["value"]), float("inf")),
    "LT": lambda each: (float("-inf"), ceil(_exact(each["value"])) - 1),
    "LTE": lambda each: (float("-inf"), _exact(each["value"])),
}
