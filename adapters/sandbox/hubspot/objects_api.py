"""Routes of single records: list, get, create, update, archive, merge, erase (facts/hubspot.md §1.3, §11)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.sandbox.hubspot.api import Api, Cursors, is_dated, limit_of, names_in, truth
from adapters.sandbox.hubspot.associations import PRIMARY, TYPE_NAMES
from adapters.sandbox.hubspot.errors import invalid, invalid_values, not_found
from adapters.sandbox.hubspot.kinds import ALIASES, KINDS, Kind
from adapters.sandbox.hubspot.merging import merge_contacts
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.record import Record
from adapters.sandbox.hubspot.values import iso
from adapters.sandbox.web import Request, Response


def register(api: Api) -> None:
    """Add the routes of every kind."""
    for kind in KINDS.values():
        routes = _Records(api.portal, kind)
        base, read, write = f"/{kind.name}", kind.read_scope, kind.write_scope
        api.add("GET", "objects", base, routes.page, read)
        api.add("POST", "objects", base, routes.create, write)
        api.add("GET", "objects", f"{base}/{{id}}", routes.get, read)
        api.add("PATCH", "objects", f"{base}/{{id}}", routes.update, write)
        api.add("DELETE", "objects", f"{base}/{{id}}", routes.archive, write)
        if kind.name == "contacts":
            api.add("POST", "objects", f"{base}/merge", routes.merge, write)
            api.add("POST", "objects", f"{base}/gdpr-delete", routes.erase, write)


class View:
    """Turns records into JSON for one request: which properties, which histories."""

    def __init__(self, portal: Portal, kind: Kind, names: Sequence[str], histories: Sequence[str] = ()) -> None:
        definitions = portal.definitions[kind.name]
        if names:
            chosen = {name.lower() for name in names if name.lower() in definitions}
            self._unset_is_null = sorted(chosen - set(kind.always))
            self._always: Sequence[str] = kind.always
        else:
            self._unset_is_null = []
            self._always = kind.default_properties
        self._histories = [name for name in (h.lower() for h in histories) if name in definitions]
        self._versions = portal.settings.history_versions
        self._kind = kind

    def of(self, record: Record, values: Mapping[str, str] | None = None) -> dict[str, object]:
        """One record; `values` in place of its own where search sees older ones."""
        held = record.values if values is None else values
        read = held.get
        shown: dict[str, str | None] = {name: held[name] for name in self._always if name in held}
        for name in self._unset_is_null:
            shown[name] = read(name)
        answer: dict[str, object] = {
            "id": held["hs_object_id"],
            "properties": shown,
            "createdAt": held[self._kind.created],
            "updatedAt": held[self._kind.modified],
            "archived": record.archived is not None,
        }
        if record.archived is not None:
            answer["archivedAt"] = iso(record.archived)
        if self._histories:
            answer["propertiesWithHistory"] = {name: self._history(record, name) for name in self._histories}
        return answer

    def _history(self, record: Record, name: str) -> list[dict[str, object]]:
        return [
            {
                "value": past.value,
                "timestamp": iso(past.at),
                "sourceType": past.source.change,
                **({"sourceId": past.source.id} if past.source.id else {}),
            }
            for past in record.past(name)[: self._versions]
        ]


def view_of(portal: Portal, kind: Kind, request: Request) -> View:
    """The view that a GET asks for in its query."""
    return View(portal, kind, names_in(request, "properties"), names_in(request, "propertiesWithHistory"))


def associations_of(portal: Portal, kind: Kind, record: Record, wanted: Iterable[str]) -> dict[str, object]:
    """The `associations` of a read, `{}` where there are none."""
    found: dict[str, object] = {}
    for name in wanted:
        other = ALIASES.get(name)
        ids = portal.associations.of(kind.name, record.id, other.name) if other else []
        if other and ids:
            label = f"{kind.singular}_to_{other.singular}"
            rows = [{"id": str(id_), "type": label} for id_ in ids]
            if (kind.name, other.name) in PRIMARY:
                rows += [{"id": str(id_), "type": f"{label}_unlabeled"} for id_ in ids]
            found[other.name] = {"results": rows}
    return {"associations": found} if found else {}


def enforce_required(portal: Portal, kind: Kind, before: Mapping[str, str], values: Mapping[str, str]) -> None:
    """The admin's conditional-required rules, which date-based versions enforce; 400 where one is broken."""
    after = {**before, **values}
    absent = [
        rule.required
        for rule in portal.settings.required_when
        if kind.name == "contacts" and after.get(rule.property, "") in rule.values and not after.get(rule.required)
    ]
    if absent:
        message = f"Error updating {kind.singular.upper()}. Some required properties were not set."
        raise invalid(
            message,
            errors=[{"message": message, "code": "MISSING_REQUIRED_PROPERTY", "context": {"properties": absent}}],
        )


def may_move_back(portal: Portal, request: Request) -> bool:
    """Whether a write by this request may move a lifecycle stage back."""
    return portal.settings.dated_lifecycle_moves_back and is_dated(request)


def link_wishes(portal: Portal, kind: Kind, record: Record, wishes: Iterable[Mapping[str, Any]]) -> None:
    """The `associations` of a create."""
    for wish in wishes:
        for type_ in wish["types"]:
            pair = TYPE_NAMES.get(int(type_["associationTypeId"]))
            target = portal.shelves[pair[1]].find(str(wish["to"]["id"])) if pair and pair[0] == kind.name else None
            if pair is None or target is None:
                raise invalid(f"Association {type_['associationTypeId']} to {wish['to']['id']} is not possible.")
            if pair == ("contacts", "companies"):
                portal.write("contacts", record, {"associatedcompanyid": str(target.id)}, portal.api_source)
            portal.associations.link(kind.name, record.id, pair[1], target.id)
            if kind.name == "notes" and pair[1] == "contacts":
                portal.write("contacts", target, {"notes_last_updated": portal.now_iso()}, portal.api_source)


class _Records:
    def __init__(self, portal: Portal, kind: Kind) -> None:
        self._portal = portal
        self._kind = kind
        self._shelf = portal.shelves[kind.name]

    def page(self, request: Request) -> Response:
        most = 50 if "propertiesWithHistory" in request.query else 100
        limit, wanted = limit_of(request, 10, most), names_in(request, "associations")
        view = view_of(self._portal, self._kind, request)
        cursors = Cursors(self._portal, request)
        tokens, archived = self._portal.settings.page_tokens, truth(request, "archived")
        turn = self._shelf.page_at if tokens == "positions" else self._shelf.page
        beyond = int(tokens == "last_ids")
        records, after = turn(cursors.asked() + beyond, limit, archived=archived)
        after = after if after is None else after - beyond
        results = [view.of(record) for record in records]
        if wanted:
            for record, shown in zip(records, results, strict=True):
                shown.update(associations_of(self._portal, self._kind, record, wanted))
        return Response.json({"results": results, **cursors.paging(after)})

    def get(self, request: Request) -> Response:
        record = self._find(request, archived=truth(request, "archived"), follow=True)
        shown = view_of(self._portal, self._kind, request).of(record)
        wanted = names_in(request, "associations")
        return Response.json({**shown, **associations_of(self._portal, self._kind, record, wanted)})

    def create(self, request: Request) -> Response:
        wish = request.json()
        values = self._checked(wish.get("properties") or {})
        absent = [name for name in self._kind.required if not values.get(name)]
        if absent:
            message = f"Error creating {self._kind.singular.upper()}. Some required properties were not set."
            context = {"properties": absent}
            raise invalid(
                message, errors=[{"message": message, "code": "MISSING_REQUIRED_PROPERTY", "context": context}]
            )
        if is_dated(request):
            enforce_required(self._portal, self._kind, {}, values)
        record = self._portal.create(self._kind.name, values, self._portal.api_source)
        link_wishes(self._portal, self._kind, record, wish.get("associations") or ())
        return Response.json(View(self._portal, self._kind, list(values)).of(record), 201)

    def update(self, request: Request) -> Response:
        record = self._find(request)
        values = self._checked((request.json() or {}).get("properties") or {})
        if is_dated(request):
            enforce_required(self._portal, self._kind, record.values, values)
        source, back = self._portal.api_source, may_move_back(self._portal, request)
        self._portal.write(self._kind.name, record, values, source, back=back)
        return Response.json(View(self._portal, self._kind, list(values)).of(record))

    def archive(self, request: Request) -> Response:
        record = self._shelf.find(request.params["id"])
        if record is not None:
            self._portal.archive(self._kind.name, record, self._portal.api_source)
        return Response(204)

    def merge(self, request: Request) -> Response:
        wish = request.json()
        primary = self._shelf.find(str(wish["primaryObjectId"]))
        other = self._shelf.find(str(wish["objectIdToMerge"]))
        if primary is None or other is None or primary is other:
            raise not_found()
        result = merge_contacts(self._portal, primary, other, self._portal.api_source)
        return Response.json(View(self._portal, self._kind, ()).of(result))

    def erase(self, request: Request) -> Response:
        wish = request.json()
        record = self._shelf.find(str(wish["objectId"]), by_email=wish.get("idProperty") == "email")
        if record is not None:
            self._portal.erase(record, self._portal.api_source)
        return Response(204)

    def _find(self, request: Request, *, archived: bool = False, follow: bool = False) -> Record:
        id_property = request.arg("idProperty")
        if id_property not in ("", "email", "hs_object_id"):
            raise invalid(f"{id_property} is not a unique property of {self._kind.type_id}")
        record = self._shelf.find(
            request.params["id"],
            archived=archived,
            by_email=id_property == "email",
            follow=follow and self._portal.settings.merged_ids_redirect,
        )
        if record is None:
            raise not_found()
        return record

    def _checked(self, wish: Mapping[str, object]) -> dict[str, str]:
        values, problems = self._portal.checked(self._kind.name, wish)
        if problems:
            raise invalid_values(problems)
        return values
