"""Search: filters, sorts and limits of the CRM search endpoint (facts/hubspot.md §1.3, §3.1, §11.9).

It sees what the index has: writes of the last seconds are missing, archived records always.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from adapters.sandbox.hubspot.api import Api
from adapters.sandbox.hubspot.definitions import Definition, Definitions
from adapters.sandbox.hubspot.errors import invalid
from adapters.sandbox.hubspot.kinds import KINDS, Kind
from adapters.sandbox.hubspot.objects_api import View
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.values import BadValue, stored
from adapters.sandbox.web import Request, Response

_MOST_GROUPS, _MOST_IN_GROUP, _MOST_FILTERS = 5, 6, 18
_MOST_RESULTS, _MOST_PER_PAGE, _LONGEST_BODY = 10_000, 200, 3_000
_QUERIED = ("firstname", "lastname", "email", "phone", "company", "name", "domain")
_WORD = re.compile(r"[^\w.*]+")

Values = Mapping[str, str]
Test = Callable[[Values], bool]
Key = float | str


def register(api: Api) -> None:
    """Add the search route of every kind."""
    for kind in KINDS.values():
        api.add("POST", "objects", f"/{kind.name}/search", _Search(api.portal, kind).answer, kind.read_scope)


class _Search:
    def __init__(self, portal: Portal, kind: Kind) -> None:
        self._portal = portal
        self._kind = kind

    def answer(self, request: Request) -> Response:
        if len(request.body) > _LONGEST_BODY:
            raise invalid(f"The request body is over {_LONGEST_BODY} characters.")
        wish = request.json() or {}
        definitions = self._portal.definitions[self._kind.name]
        limit, after = _page(wish)
        fits = compile_filters(definitions, wish.get("filterGroups") or ())
        asked = str(wish.get("query") or "").lower()
        shelf = self._portal.shelves[self._kind.name]
        found = [
            (record, values)
            for record, values in shelf.indexed(self._portal.clock().timestamp())
            if fits(values) and (not asked or any(asked in values.get(name, "").lower() for name in _QUERIED))
        ]
        by = _sort(definitions, wish.get("sorts") or ())
        if by is not None:
            key, descending = by
            found.sort(key=lambda pair: key(pair[1]), reverse=descending)
        view = View(self._portal, self._kind, wish.get("properties") or ())
        body: dict[str, object] = {
            "total": len(found),
            "results": [view.of(record, values) for record, values in found[after : after + limit]],
        }
        if after + limit < len(found):
            body["paging"] = {"next": {"after": str(after + limit)}}
        return Response.json(body)


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


def _key_of(definition: Definition) -> Callable[[str], Key | None]:
    """How two stored values of a property compare: as numbers, or as text without case.

    Dates are stored in one ISO form, so their text sorts by time.
    """
    if definition.type == "number":
        return _number
    return str if definition.type in ("date", "datetime") else str.lower


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _wanted(definition: Definition, each: Mapping[str, Any], name: str = "value") -> Any:
    """A filter's value in the form that stored values compare with."""
    value = each.get(name)
    try:
        text = "" if value is None else stored(definition, value, lambda _owner: True)
    except BadValue:
        text = str(value) if definition.type not in ("number", "date", "datetime") else ""
    key = _key_of(definition)(text) if text else None
    if key is None:
        raise invalid(f"{value} is not a valid {name} for {definition.name} with operator {each['operator']}.")
    return key


def _compared(compare: Callable[[Any, Any], bool], *, otherwise: bool = False) -> Callable[..., Test]:
    def make(definition: Definition, each: Mapping[str, Any]) -> Test:
        name, wanted, key = definition.name, _wanted(definition, each), _key_of(definition)

        def test(values: Values) -> bool:
            held = values.get(name)
            present = key(held) if held else None
            return otherwise if present is None else compare(present, wanted)

        return test

    return make


def _between(definition: Definition, each: Mapping[str, Any]) -> Test:
    name, key = definition.name, _key_of(definition)
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


def _page(wish: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = int(wish.get("limit") or 10), str(wish.get("after") or "0")
    if limit > _MOST_PER_PAGE:
        raise invalid(f"The limit {limit} is over {_MOST_PER_PAGE}.")
    if not after.isdigit():
        raise invalid(f"Invalid paging cursor: {after} is not an integer.")
    if int(after) + limit > _MOST_RESULTS:
        raise invalid(f"Paging beyond {_MOST_RESULTS} results is not possible: after + limit may not exceed it.")
    return limit, int(after)


def _sort(definitions: Definitions, sorts: Sequence[Any]) -> tuple[Callable[[Values], Any], bool] | None:
    if len(sorts) > 1:
        raise invalid("Only one sort is supported.")
    if not sorts:
        return None
    wish = sorts[0]
    if isinstance(wish, str):
        wish = {"propertyName": wish.lstrip("-"), "direction": "DESCENDING" if wish.startswith("-") else "ASCENDING"}
    definition = definitions.find(str(wish.get("propertyName", "")).lower())
    if definition is None:
        raise invalid(f"Cannot sort by {wish.get('propertyName')}: it does not exist.")
    name, key = definition.name, _key_of(definition)

    def ranked(values: Values) -> tuple[bool, Any]:
        held = values.get(name)
        present = key(held) if held else None
        return (present is not None, present if present is not None else 0)

    return ranked, wish.get("direction") == "DESCENDING"
