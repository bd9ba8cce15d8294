"""Search: pages, sorts and limits of the CRM search endpoint (facts/hubspot.md §1.3, §3.1, §11.9).

It sees what the index has: writes of the last seconds are missing, archived records always.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.sandbox.hubspot.api import Api
from adapters.sandbox.hubspot.definitions import Definitions
from adapters.sandbox.hubspot.errors import invalid
from adapters.sandbox.hubspot.filters import ID, Values, compile_filters, key_of, narrowed
from adapters.sandbox.hubspot.kinds import KINDS, Kind
from adapters.sandbox.hubspot.objects_api import View
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.web import Request, Response

_MOST_RESULTS, _MOST_PER_PAGE, _LONGEST_BODY = 10_000, 200, 3_000
_QUERIED = ("firstname", "lastname", "email", "phone", "company", "name", "domain")


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
        limit, after = _page(wish)
        ids = self._found(wish)
        index = self._portal.shelves[self._kind.name].index
        view = View(self._portal, self._kind, wish.get("properties") or ())
        body: dict[str, object] = {
            "total": len(ids),
            "results": [view.of(record, values) for record, values in index.rows(ids[after : after + limit])],
        }
        if after + limit < len(ids):
            body["paging"] = {"next": {"after": str(after + limit)}}
        return Response.json(body)

    def _found(self, wish: Mapping[str, Any]) -> Sequence[int]:
        """Ids of all that fit, in the wished order; equals by rising id, or by falling id where the order falls."""
        definitions = self._portal.definitions[self._kind.name]
        groups, asked = wish.get("filterGroups") or (), str(wish.get("query") or "").lower()
        fits, sort = compile_filters(definitions, groups), _sort(definitions, wish.get("sorts") or ())
        index = self._portal.shelves[self._kind.name].index
        index.refresh(self._portal.clock().timestamp())
        ids, order, exact = narrowed(index, self._kind, groups)
        if not exact or asked:
            ids = [
                record.id
                for record, values in index.rows(ids)
                if fits(values) and (not asked or any(asked in values.get(name, "").lower() for name in _QUERIED))
            ]
        if sort.name == ID:
            ids = sorted(ids)
        elif sort.name != order:
            pairs = [(sort.rank(values), record.id) for record, values in index.rows(ids)]
            ids = [id_ for _, id_ in sorted(pairs)]
        return ids[::-1] if sort.descending else ids


def _page(wish: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = int(wish.get("limit") or 10), str(wish.get("after") or "0")
    if limit > _MOST_PER_PAGE:
        raise invalid(f"The limit {limit} is over {_MOST_PER_PAGE}.")
    if not after.isdigit():
        raise invalid(f"Invalid paging cursor: {after} is not an integer.")
    if int(after) + limit > _MOST_RESULTS:
        raise invalid(f"Paging beyond {_MOST_RESULTS} results is not possible: after + limit may not exceed it.")
    return limit, int(after)


@dataclass(frozen=True, slots=True)
class _Sort:
    """The wished order: by which property, how its values rank (absent ones first), and which way."""

    name: str = ID
    rank: Callable[[Values], Any] = lambda values: int(values[ID])
    descending: bool = False


def _sort(definitions: Definitions, sorts: Sequence[Any]) -> _Sort:
    if len(sorts) > 1:
        raise invalid("Only one sort is supported.")
    if not sorts:
        return _Sort()
    wish = sorts[0]
    if isinstance(wish, str):
        wish = {"propertyName": wish.lstrip("-"), "direction": "DESCENDING" if wish.startswith("-") else "ASCENDING"}
    definition = definitions.find(str(wish.get("propertyName", "")).lower())
    if definition is None:
        raise invalid(f"Cannot sort by {wish.get('propertyName')}: it does not exist.")
    name, key = definition.name, key_of(definition)

    def rank(values: Values) -> tuple[bool, Any]:
        held = values.get(name)
        present = key(held) if held else None
        return (present is not None, 0 if present is None else present)

    return _Sort(name, rank, wish.get("direction") == "DESCENDING")
