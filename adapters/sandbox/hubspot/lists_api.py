"""Routes of lists and memberships (facts/hubspot.md §1.3, §4, §11.16)."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from adapters.sandbox.hubspot.api import Api, Cursors, is_dated, limit_of
from adapters.sandbox.hubspot.errors import invalid, missing
from adapters.sandbox.hubspot.lists import ContactList
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.values import iso
from adapters.sandbox.web import Request, Response

_READ = "crm.lists.read"
_WRITE = "crm.lists.write"
#: What a search must say in date-based versions (§4).
_NEEDED = ("listIds", "processingTypes", "additionalProperties", "offset")


def register(api: Api) -> None:
    """Add the routes."""
    routes = _Lists(api.portal)
    members = "/{list_id}/memberships"
    api.add("POST", "lists", "", routes.create, _WRITE)
    api.add("GET", "lists", "", routes.several, _READ)
    api.add("POST", "lists", "/search", routes.search, _READ)
    api.add("GET", "lists", "/{list_id}", routes.get, _READ)
    api.add("DELETE", "lists", "/{list_id}", routes.remove, _WRITE)
    api.add("GET", "lists", "/object-type-id/{type_id}/name/{name}", routes.by_name, _READ)
    api.add("GET", "lists", "/records/{type_id}/{record_id}/memberships", routes.of_record, _READ)
    api.add("GET", "lists", members, routes.members, _READ)
    api.add("GET", "lists", f"{members}/join-order", routes.join_order, _READ)
    api.add("PUT", "lists", f"{members}/add", routes.add, _WRITE)
    api.add("PUT", "lists", f"{members}/remove", routes.take_out, _WRITE)
    api.add("PUT", "lists", f"{members}/add-and-remove", routes.add_and_remove, _WRITE)
    api.add("DELETE", "lists", members, routes.empty, _WRITE)


class _Lists:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def create(self, request: Request) -> Response:
        wish = request.json()
        made = self._portal.lists.create(
            wish.get("name") or "", wish.get("processingType") or "", wish.get("objectTypeId") or "0-1"
        )
        return Response.json({"list": made.as_json()})

    def several(self, request: Request) -> Response:
        wanted = request.query.get("listIds", [])
        return Response.json({"lists": [x.as_json() for x in self._portal.lists if x.id in wanted]})

    def search(self, request: Request) -> Response:
        wish = request.json() or {}
        absent = [name for name in _NEEDED if name not in wish]
        if is_dated(request) and absent:
            raise invalid(f"Invalid input JSON: {', '.join(absent)} must be given.")
        offset, size = int(wish.get("offset") or 0), min(int(wish.get("count") or 20), 500)
        query, types, ids = str(wish.get("query") or "").lower(), wish.get("processingTypes"), wish.get("listIds")
        found = [
            x
            for x in self._portal.lists
            if query in x.name.lower()
            and (not types or x.processing_type in types)
            and (not ids or x.id in map(str, ids))
        ]
        shown = [x.as_json() for x in found[offset : offset + size]]
        end = offset + len(shown)
        return Response.json({"lists": shown, "offset": end, "hasMore": end < len(found), "total": len(found)})

    def get(self, request: Request) -> Response:
        return Response.json({"list": self._of(request).as_json()})

    def by_name(self, request: Request) -> Response:
        name, type_id = request.params["name"], request.params["type_id"]
        found = self._portal.lists.named(name, type_id)
        if found is None:
            raise missing(f"List does not exist with name '{name}' and object type ID {type_id}.")
        return Response.json({"list": found.as_json()})

    def remove(self, request: Request) -> Response:
        list_id = self._of(request).id
        self._portal.workflows.keep("list", list_id)
        self._portal.lists.remove(list_id)
        return Response(204)

    def of_record(self, request: Request) -> Response:
        record_id = int(request.params["record_id"])
        rows = [
            {"listId": x.id, "listVersion": 1, "firstAddedTimestamp": iso(x.members[record_id])}
            for x in self._portal.lists.of_member(record_id)
        ]
        return Response.json({"results": rows, "total": len(rows)})

    def members(self, request: Request) -> Response:
        """By rising record id; the cursor is the id where the next page begins."""
        members = self._of(request).members
        ids = sorted(members)
        return self._page(request, members, ids, lambda id_: bisect_left(ids, id_), lambda place: ids[place])

    def join_order(self, request: Request) -> Response:
        """In order of joining; the cursor is a position."""
        members = self._of(request).members
        return self._page(request, members, list(members), lambda place: place, lambda place: place)

    def _page(
        self,
        request: Request,
        members: Mapping[int, int],
        ids: Sequence[int],
        place_of: Callable[[int], int],
        cursor_at: Callable[[int], int],
    ) -> Response:
        """`after` gives what follows the cursor, rising; `before` alone what precedes it, falling."""
        cursors = Cursors(self._portal, request)
        limit = limit_of(request, 100, 250)
        backward = "before" in request.query and "after" not in request.query
        if backward:
            end = min(place_of(cursors.asked("before")), len(ids))
            start = max(0, end - limit)
        else:
            start = place_of(cursors.asked())
            end = min(start + limit, len(ids))
        shown = ids[start:end][:: -1 if backward else 1]
        following, preceding = end if end < len(ids) else None, start if 0 < start < len(ids) else None
        body = {
            "results": [{"recordId": str(id_), "membershipTimestamp": iso(members[id_])} for id_ in shown],
            "total": len(ids),
        }
        after = None if following is None else cursor_at(following)
        before = None if preceding is None else cursor_at(preceding)
        return Response.json({**body, **cursors.paging(after, before)})

    def add(self, request: Request) -> Response:
        return self._change(request, request.json(), [])

    def take_out(self, request: Request) -> Response:
        return self._change(request, [], request.json())

    def add_and_remove(self, request: Request) -> Response:
        wish = request.json()
        return self._change(request, wish.get("recordIdsToAdd") or [], wish.get("recordIdsToRemove") or [])

    def empty(self, request: Request) -> Response:
        of = self._of(request)
        self._portal.lists.change(of.id, [], [str(id_) for id_ in of.members])
        return Response(204)

    def _change(self, request: Request, add: list[object], remove: list[object]) -> Response:
        if not isinstance(add, list) or not isinstance(remove, list):
            raise invalid("Invalid input JSON: an array of record ids is required.")
        return Response.json(self._portal.lists.change(request.params["list_id"], map(str, add), map(str, remove)))

    def _of(self, request: Request) -> ContactList:
        return self._portal.lists.get(request.params["list_id"])
