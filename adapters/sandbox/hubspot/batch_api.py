"""Batch routes: read, create, update, upsert, archive (facts/hubspot.md §3.2, §11.4 to §11.8).

One bad input refuses the whole batch, unless every input has its own objectWriteTraceId: then the good rows are
written and the answer is a 207 that names the bad ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from adapters.sandbox.hubspot.api import Api, is_dated, truth
from adapters.sandbox.hubspot.errors import error_body, invalid, invalid_values, refusal
from adapters.sandbox.hubspot.kinds import KINDS, Kind
from adapters.sandbox.hubspot.objects_api import View, enforce_required, link_wishes, may_move_back
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.hubspot.record import Record
from adapters.sandbox.web import Refusal, Request, Response

_MOST = 100
_MOST_WITH_HISTORY = 50

Input = Mapping[str, Any]
Row = dict[str, object]


def register(api: Api) -> None:
    """Add the batch routes of every kind."""
    for kind in KINDS.values():
        batch = _Batch(api.portal, kind)
        base, read, write = f"/{kind.name}/batch", kind.read_scope, kind.write_scope
        api.add("POST", "objects", f"{base}/read", batch.read, read)
        api.add("POST", "objects", f"{base}/create", batch.create, write)
        api.add("POST", "objects", f"{base}/update", batch.update, write)
        api.add("POST", "objects", f"{base}/upsert", batch.upsert, write)
        api.add("POST", "objects", f"{base}/archive", batch.archive, write)


class _Batch:
    def __init__(self, portal: Portal, kind: Kind) -> None:
        self._portal = portal
        self._kind = kind
        self._shelf = portal.shelves[kind.name]

    def read(self, request: Request) -> Response:
        wish = request.json()
        histories = wish.get("propertiesWithHistory") or ()
        inputs = self._inputs(wish, _MOST_WITH_HISTORY if histories else _MOST)
        by_email = self._identified_by(wish.get("idProperty")) == "email"
        view = View(self._portal, self._kind, wish.get("properties") or (), histories)
        archived, follow = truth(request, "archived"), self._portal.settings.merged_ids_redirect
        found: dict[int, Record] = {}
        unknown = []
        for key in dict.fromkeys(str(each["id"]) for each in inputs):
            record = self._shelf.find(key, archived=archived, by_email=by_email, follow=follow)
            if record is None:
                unknown.append(key)
            else:
                found[record.id] = record
        errors = [self._unknown(unknown)] if unknown else []
        return self._finished([view.of(record) for record in found.values()], errors)

    def create(self, request: Request) -> Response:
        inputs = self._inputs(request.json(), _MOST)
        emails = [str(each.get("properties", {}).get("email") or "").lower() for each in inputs]
        doubled = sorted({email for email in emails if email and emails.count(email) > 1})
        if doubled:
            raise invalid(f"Duplicate emails found in batch input: [{', '.join(doubled)}].")
        return self._each(inputs, lambda each: self._prepare_create(request, each), 201)

    def update(self, request: Request) -> Response:
        inputs = self._inputs(request.json(), _MOST)
        for each in inputs:
            self._writable_by(each.get("idProperty"))
        self._refuse_duplicates(inputs)
        partial = self._portal.settings.partial_updates
        return self._each(inputs, lambda each: self._prepare_update(request, each), 200, may_be_partial=partial)

    def upsert(self, request: Request) -> Response:
        inputs = self._inputs(request.json(), _MOST)
        self._refuse_duplicates(inputs)
        response = self._each(inputs, lambda each: self._prepare_upsert(request, each), 200)
        if response.status in (200, 207):
            body = orjson.loads(response.content)
            body["results"].reverse()  # results are not in input order
            response.content = orjson.dumps(body)
        return response

    def archive(self, request: Request) -> Response:
        for each in self._inputs(request.json(), _MOST):
            record = self._shelf.find(str(each["id"]))
            if record is not None:
                self._portal.archive(self._kind.name, record, self._portal.api_source)
        return Response(204)

    def _each(
        self,
        inputs: Sequence[Input],
        prepare: Callable[[Input], Callable[[], Row]],
        status: int,
        *,
        may_be_partial: bool = True,
    ) -> Response:
        """Check every row, then write: all of them, or with trace ids the good ones."""
        traces = [each.get("objectWriteTraceId") for each in inputs]
        partial = may_be_partial and all(traces) and len(set(traces)) == len(traces)
        ready: list[tuple[Input, Callable[[], Row]]] = []
        errors: list[dict[str, object]] = []
        for each in inputs:
            try:
                ready.append((each, prepare(each)))
            except Refusal as refused:
                if not partial:
                    raise
                errors.append(_traced(refused, each))
        results = []
        for each, write in ready:
            try:
                row = write()
            except Refusal as refused:
                if not partial:
                    raise
                errors.append(_traced(refused, each))
                continue
            if partial:
                row["objectWriteTraceId"] = each["objectWriteTraceId"]
            results.append(row)
        return self._finished(results, errors, status)

    def _prepare_create(self, request: Request, each: Input) -> Callable[[], Row]:
        values = self._checked(each)
        if is_dated(request):
            enforce_required(self._portal, self._kind, {}, values)
        if self._kind.name == "contacts":
            self._refuse_taken(values.get("email", ""), None)

        def write() -> Row:
            record = self._portal.create(self._kind.name, values, self._portal.api_source)
            link_wishes(self._portal, self._kind, record, each.get("associations") or ())
            return self._row(record, values)

        return write

    def _prepare_update(self, request: Request, each: Input) -> Callable[[], Row]:
        record = self._shelf.find(str(each["id"]))
        if record is None:
            body = self._unknown([str(each["id"])])
            raise refusal(400, str(body["message"]), "OBJECT_NOT_FOUND", context=body["context"])
        return self._prepare_write(request, each, record)

    def _prepare_upsert(self, request: Request, each: Input) -> Callable[[], Row]:
        by = each.get("idProperty")
        key = str(each["id"])
        record = self._shelf.find(key, by_email=True) if by == "email" else self._find_unique(by, key)
        if record is not None:
            write_old = self._prepare_write(request, each, record)
            return lambda: {**write_old(), "new": False}
        write_new = self._prepare_create(request, {**each, "properties": {by: key, **each["properties"]}})
        return lambda: {**write_new(), "new": True}

    def _prepare_write(self, request: Request, each: Input, record: Record) -> Callable[[], Row]:
        values = self._checked(each)
        if is_dated(request):
            enforce_required(self._portal, self._kind, record.values, values)
        if self._kind.name == "contacts":
            self._refuse_taken(values.get("email", ""), record.id)

        def write() -> Row:
            source, back = self._portal.api_source, may_move_back(self._portal, request)
            self._portal.write(self._kind.name, record, values, source, back=back)
            return self._row(record, values)

        return write

    def _find_unique(self, name: str | None, value: str) -> Record | None:
        definition = self._portal.definitions[self._kind.name].find(name or "")
        if definition is None or not definition.unique:
            raise self._not_unique()
        return next((record for record in self._shelf if record.values.get(definition.name) == value), None)

    def _row(self, record: Record, values: Mapping[str, str]) -> Row:
        return View(self._portal, self._kind, list(values)).of(record)

    def _checked(self, each: Input) -> dict[str, str]:
        values, problems = self._portal.checked(self._kind.name, each.get("properties") or {})
        if problems:
            raise invalid_values(problems)
        return values

    def _refuse_taken(self, email: str, own: int | None) -> None:
        taken = self._portal.email_owner(email)
        if taken not in (None, own):
            raise refusal(409, f"Contact already exists. Existing ID: {taken}", "CONFLICT")

    def _inputs(self, wish: Mapping[str, Any], most: int) -> list[Input]:
        inputs: list[Input] = wish["inputs"]
        if len(inputs) > most:
            raise invalid(_TOO_MANY[most])
        return inputs

    def _refuse_duplicates(self, inputs: Sequence[Input]) -> None:
        keys = [str(each["id"]).lower() for each in inputs]
        doubled = sorted({key for key in keys if keys.count(key) > 1})
        if doubled:
            raise invalid(
                f"Duplicate IDs found in batch input: [{', '.join(doubled)}]. IDs must be unique",
                context={"ids": doubled},
            )

    def _identified_by(self, id_property: str | None) -> str:
        if id_property in (None, "", "hs_object_id"):
            return "hs_object_id"
        if id_property == "email" and self._kind.name == "contacts":
            return "email"
        raise self._not_unique()

    def _writable_by(self, id_property: str | None) -> None:
        if id_property:
            raise self._not_unique()

    def _not_unique(self) -> Refusal:
        return invalid(f"Unable to perform update/upsert by non-unique {self._kind.type_id} property")

    def _unknown(self, ids: Sequence[str]) -> dict[str, object]:
        message = (
            f"Could not get some {self._kind.singular.upper()} objects, they may be deleted or not exist. "
            "Check that ids are valid."
        )
        return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": list(ids)}}

    def _finished(self, results: list[Row], errors: Sequence[Mapping[str, object]], status: int = 200) -> Response:
        now = self._portal.now_iso()
        body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
        if not errors:
            return Response.json(body, status)
        return Response.json({**body, "numErrors": len(errors), "errors": list(errors)}, 207)


_TOO_MANY = {
    _MOST: "The maximum number of inputs supported in a batch is 100. Please reduce the number of items and try again",
    _MOST_WITH_HISTORY: "The maximum number of inputs supported in a batch request for property histories is 50. "
    "Please reduce the number of items and try again",
}


def _traced(refused: Refusal, each: Input) -> dict[str, object]:
    body = orjson.loads(refused.response.content)
    context = {**body.get("context", {}), "objectWriteTraceId": [each["objectWriteTraceId"]]}
    named = {"errors": body["errors"]} if "errors" in body else {}
    error = error_body(body["message"], body.get("category"), context=context, **named)
    del error["correlationId"]
    return error
