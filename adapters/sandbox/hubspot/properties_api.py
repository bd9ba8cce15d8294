"""Routes of property definitions, groups and their limits (facts/hubspot.md §1.3, §9)."""

from typing import Any

from adapters.sandbox.hubspot.api import Api, is_dated
from adapters.sandbox.hubspot.definitions import Definitions
from adapters.sandbox.hubspot.errors import conflict, invalid, missing
from adapters.sandbox.hubspot.kinds import ALIASES, KINDS, Kind
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.web import Request, Response

_NO_LIMIT = 1_000_000


def register(api: Api) -> None:
    """Add the routes; the object type may be a name, a singular or an objectTypeId."""
    for kind in KINDS.values():
        routes = _Properties(api.portal, kind)
        read = (f"crm.schemas.{kind.scope}.read", kind.read_scope)
        write = f"crm.schemas.{kind.scope}.write"
        for alias in (name for name, of in ALIASES.items() if of is kind):
            base = f"/{alias}"
            api.add("GET", "properties", base, routes.all, *read)
            api.add("POST", "properties", base, routes.create, write)
            api.add("POST", "properties", f"{base}/batch/read", routes.batch_read, *read)
            api.add("POST", "properties", f"{base}/batch/create", routes.batch_create, write)
            api.add("POST", "properties", f"{base}/batch/archive", routes.batch_archive, write)
            api.add("GET", "properties", f"{base}/groups", routes.groups, *read)
            api.add("POST", "properties", f"{base}/groups", routes.create_group, write)
            api.add("GET", "properties", f"{base}/groups/{{name}}", routes.group, *read)
            api.add("DELETE", "properties", f"{base}/groups/{{name}}", routes.archive_group, write)
            api.add("GET", "properties", f"{base}/{{name}}", routes.get, *read)
            api.add("PATCH", "properties", f"{base}/{{name}}", routes.update, write)
            api.add("DELETE", "properties", f"{base}/{{name}}", routes.archive, write)
    api.add("GET", "limits", "/custom-properties", lambda _request: _limits(api.portal))


class _Properties:
    def __init__(self, portal: Portal, kind: Kind) -> None:
        self._portal = portal
        self._definitions: Definitions = portal.definitions[kind.name]
        self._is_contact = kind.name == "contacts"

    def all(self, request: Request) -> Response:
        if request.arg("archived").lower() == "true":
            return _listed([{**d.as_json(), "archived": True} for d in self._definitions.archived.values()])
        return _listed([definition.as_json() for definition in self._definitions])

    def get(self, request: Request) -> Response:
        return Response.json(self._definitions.get(request.params["name"]).as_json())

    def create(self, request: Request) -> Response:
        return Response.json(self._create(request, request.json()), 201)

    def update(self, request: Request) -> Response:
        changed = self._definitions.update(request.params["name"], request.json(), dated=is_dated(request))
        return Response.json(changed.as_json())

    def archive(self, request: Request) -> Response:
        self._archive(request.params["name"])
        return Response(204)

    def batch_read(self, request: Request) -> Response:
        names = [each["name"] for each in request.json()["inputs"]]
        return self._finished([self._definitions.get(name).as_json() for name in names], 200)

    def batch_create(self, request: Request) -> Response:
        wishes = request.json()["inputs"]
        taken = [wish["name"] for wish in wishes if wish.get("name") in self._definitions]
        if taken:
            raise invalid(f"Properties already exist: [{', '.join(taken)}]", context={"propertyName": taken})
        return self._finished([self._create(request, wish) for wish in wishes], 201)

    def batch_archive(self, request: Request) -> Response:
        for each in request.json()["inputs"]:
            self._archive(each["name"])
        return Response(204)

    def _archive(self, name: str) -> None:
        if self._is_contact:
            self._portal.workflows.keep("property", name)
        self._definitions.archive(name)

    def groups(self, _request: Request) -> Response:
        return _listed([group.as_json() for group in self._definitions.groups.values()])

    def group(self, request: Request) -> Response:
        name = request.params["name"]
        if name not in self._definitions.groups:
            raise missing(f'Property group "{name}" does not exist')
        return Response.json(self._definitions.groups[name].as_json())

    def create_group(self, request: Request) -> Response:
        return Response.json(self._definitions.create_group(request.json()).as_json(), 201)

    def archive_group(self, request: Request) -> Response:
        self._definitions.archive_group(request.params["name"])
        return Response(204)

    def _create(self, request: Request, wish: dict[str, Any]) -> dict[str, object]:
        if self._portal.settings.archived_keep_names and wish.get("name") in self._definitions.archived:
            raise conflict(f'A property named "{wish["name"]}" already exists.')
        limit = self._portal.settings.custom_property_limit if self._is_contact else _NO_LIMIT
        return self._definitions.create(wish, dated=is_dated(request), limit=limit).as_json()

    def _finished(self, results: list[dict[str, object]], status: int) -> Response:
        now = self._portal.now_iso()
        return Response.json({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}, status)


def _listed(results: list[dict[str, object]]) -> Response:
    return Response.json({"results": results})


def _limits(portal: Portal) -> Response:
    limit, rows = portal.settings.custom_property_limit, []
    for name in ("contacts", "companies", "deals"):
        kind, usage = KINDS[name], portal.definitions[name].custom_count
        rows.append(
            {
                "objectTypeId": kind.type_id,
                "singularLabel": kind.singular.capitalize(),
                "pluralLabel": kind.name.capitalize(),
                "limit": limit,
                "usage": usage,
                "percentage": round(100 * usage / limit, 2),
            }
        )
    return Response.json({"byObjectType": rows})
