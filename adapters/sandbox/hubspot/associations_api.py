"""Routes of associations: batch read and the default association (facts/hubspot.md §1.2, §4)."""

from adapters.sandbox.hubspot.api import Api
from adapters.sandbox.hubspot.associations import PRIMARY, TYPE_IDS
from adapters.sandbox.hubspot.errors import invalid, not_found
from adapters.sandbox.hubspot.kinds import KINDS
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.web import Request, Response

_MOST = 1000


def register(api: Api) -> None:
    """Add the routes of every pair of kinds that can be associated."""
    for kind, to_kind in TYPE_IDS:
        routes = _Pair(api.portal, kind, to_kind)
        read, write = KINDS[kind].read_scope, KINDS[kind].write_scope
        api.add("POST", "associations", f"/{kind}/{to_kind}/batch/read", routes.batch_read, read)
        api.add("PUT", "links", f"/{kind}/{{id}}/associations/default/{to_kind}/{{to_id}}", routes.link, write)
        api.add("GET", "links", f"/{kind}/{{id}}/associations/{to_kind}", routes.of_one, read)


class _Pair:
    def __init__(self, portal: Portal, kind: str, to_kind: str) -> None:
        self._portal = portal
        self._kind = kind
        self._to_kind = to_kind

    def batch_read(self, request: Request) -> Response:
        inputs = request.json()["inputs"]
        if len(inputs) > _MOST:
            raise invalid(f"The maximum number of inputs supported in a batch is {_MOST}.")
        results, lonely = [], []
        for key in dict.fromkeys(str(each["id"]) for each in inputs):
            rows = self._rows(int(key))
            if rows:
                results.append({"from": {"id": key}, "to": rows})
            else:
                lonely.append(key)
        now = self._portal.now_iso()
        body: dict[str, object] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
        if not lonely:
            return Response.json(body)
        other = KINDS[self._to_kind].singular
        errors = [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": f"No {other} is associated with {KINDS[self._kind].singular} {key}.",
                "context": {"fromObjectId": [key], "fromObjectType": [self._kind], "toObjectType": [self._to_kind]},
            }
            for key in lonely
        ]
        return Response.json({**body, "numErrors": len(errors), "errors": errors}, 207)

    def of_one(self, request: Request) -> Response:
        return Response.json({"results": self._rows(int(request.params["id"]))})

    def link(self, request: Request) -> Response:
        portal = self._portal
        one = portal.shelves[self._kind].find(request.params["id"])
        other = portal.shelves[self._to_kind].find(request.params["to_id"])
        if one is None or other is None:
            raise not_found()
        if (self._kind, self._to_kind) == ("contacts", "companies") and not one.values.get("associatedcompanyid"):
            portal.write("contacts", one, {"associatedcompanyid": str(other.id)}, portal.api_source)
        portal.associations.link(self._kind, one.id, self._to_kind, other.id)
        return Response.json(
            {"status": "COMPLETE", "results": [{"from": {"id": str(one.id)}, "to": {"id": str(other.id)}}]}
        )

    def _rows(self, id_: int) -> list[dict[str, object]]:
        record = self._portal.shelves[self._kind].records.get(id_)
        pair = (self._kind, self._to_kind)
        ids = self._portal.associations.of(self._kind, id_, self._to_kind)
        primary = record.values.get("associatedcompanyid") if record and pair == ("contacts", "companies") else None
        rows: list[dict[str, object]] = []
        for to_id in ids:
            types: list[dict[str, object]] = [
                {"category": "HUBSPOT_DEFINED", "typeId": TYPE_IDS[pair][0], "label": None}
            ]
            if primary == str(to_id):
                types.insert(0, {"category": "HUBSPOT_DEFINED", "typeId": PRIMARY[pair], "label": "Primary"})
            rows.append({"toObjectId": to_id, "associationTypes": types})
        return rows
