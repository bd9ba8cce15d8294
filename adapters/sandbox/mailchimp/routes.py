"""The front door: authentication, limits, error shapes and headers; the handlers stand in the `…_routes` files."""

import base64
import binascii
import uuid
from collections.abc import Callable
from urllib.parse import urlencode

import orjson

from adapters.sandbox.mailchimp import (
    account_routes,
    batch_hook_routes,
    campaign_routes,
    hook_routes,
    list_routes,
    member_routes,
    report_routes,
    segment_routes,
    shape,
    store_routes,
)
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.problems import TRIGGERED, Problem, not_allowed, not_found
from adapters.sandbox.web import Handler, Refusal, Request, Response, Routes

BASE = "/3.0"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_JSON = "application/json; charset=utf-8"
Answer = Json | None
Act = Callable[[Account, Request], Answer]
_ASKING_FIRST: tuple[Act, ...] = (hook_routes.create, batch_hook_routes.create)


def routes(account: Account) -> Routes:
    """The route table of an account, below `/3.0`; batch results are served without a key, as from a store."""
    return _Door(account).table


class _Door:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._ids = 0
        self.table = Routes(around=self._around, not_found=self._unmatched)
        self.table.add("GET", "/batch-results/{batch_id}", self._results)
        for part in (
            account_routes,
            list_routes,
            member_routes,
            segment_routes,
            campaign_routes,
            report_routes,
            store_routes,
            hook_routes,
            batch_hook_routes,
        ):
            for method, pattern, act in part.ROUTES:
                ask_first = hook_routes.ask_receiver if act in _ASKING_FIRST else None
                self.table.add(method, BASE + pattern, self._handler(act, ask_first))
        self.table.add("GET", f"{BASE}/batches/{{batch_id}}", self._batch)

    def _around(self, request: Request, handler: Handler) -> Response:
        if not request.path.startswith(f"{BASE}/") and request.path != BASE:
            return handler(request)
        self._ids += 1
        instance = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._account.name}/{self._ids}"))
        try:
            with self._account.gate.passing(instance):
                response = self._answer(request, handler, instance)
        except Refusal as refusal:
            response = refusal.response
        return _dressed(response, request, instance)

    def _answer(self, request: Request, handler: Handler, instance: str) -> Response:
        if (wanted := request.headers.get("x-trigger-error", "")) in TRIGGERED:
            return TRIGGERED[wanted].response(instance)
        if (refused := self._unauthorized(request)) is not None:
            return TRIGGERED[refused].response(instance)
        if self._too_long(request):
            return Response(502, b"<html><body>Bad gateway</body></html>", content_type="text/html")
        try:
            return handler(request)
        except Problem as problem:
            return problem.response(instance)

    def _too_long(self, request: Request) -> bool:
        """Whether the edge gives up before a page of so many rows is made (facts §2, §7)."""
        longest, count = self._account.switches.longest_page, request.arg("count")
        return bool(longest) and count.isdigit() and int(count) > longest

    def _unauthorized(self, request: Request) -> str | None:
        kind, _, credentials = request.headers.get("authorization", "").partition(" ")
        if not credentials:
            return "APIKeyMissing"
        if kind.lower() == "bearer":
            return None if credentials in (self._account.access_token, self._account.api_key) else "APIKeyInvalid"
        try:
            password = base64.b64decode(credentials).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return "APIKeyInvalid"
        return None if kind.lower() == "basic" and password == self._account.api_key else "APIKeyInvalid"

    def _handler(self, act: Act, ask_first: Callable[[Account, Request], None] | None = None) -> Handler:
        """A handler that shapes what `act` gives: a body, or None for an empty 204; `ask_first` runs unlocked."""

        def handle(request: Request) -> Response:
            shape.check(request)
            if ask_first is not None:
                ask_first(self._account, request)
            with self._account.lock:
                self._account.settle()
                answer = act(self._account, request)
                if answer is None:
                    return Response(204, headers={"Content-Type": _JSON})
                return Response.json(shape.project(request, answer), content_type=_JSON)

        return handle

    def _unmatched(self, request: Request) -> Response:
        others = [method for method in _METHODS if self._fits(method, request)]
        if others:
            raise not_allowed(
                "The requested method and resource are not compatible. "
                "See the Allow header for this resource's available methods.",
                ", ".join(others),
            )
        raise not_found()

    def _fits(self, method: str, request: Request) -> bool:
        return self.table.matches(Request(method, request.target)) is not None

    def _batch(self, request: Request) -> Response:
        batch = self._account.batches.all.get(request.params["batch_id"])
        if batch is None:
            raise not_found()
        results = f"http://{request.headers.get('host', 'localhost')}/batch-results/{batch.id}"
        with self._account.lock:
            running = batch.completed is None
            batch.move_on(self._run, self._account.now())
            if running and batch.completed is not None:
                batch_hook_routes.told(self._account, batch, results)
        return Response.json(shape.project(request, batch.as_json(results)), content_type=_JSON)

    def _run(self, method: str, path: str, query: dict[str, str], body: str) -> tuple[int, bytes]:
        """One operation of a batch, as if it were a request of its own."""
        target = f"{BASE}/{path.removeprefix('/').removeprefix('3.0/')}" + (f"?{urlencode(query)}" if query else "")
        request = Request(method, target, {}, body.encode())
        handler = self.table.matches(request) or self._unmatched
        try:
            response = handler(request)
        except Problem as problem:
            response = problem.response("")
        return response.status, response.content

    def _results(self, request: Request) -> Response:
        batch = self._account.batches.all.get(request.params["batch_id"])
        if batch is None or batch.completed is None:
            return Response(404, b"<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml")
        return Response(200, batch.tar(), content_type="application/gzip")


def _dressed(response: Response, request: Request, instance: str) -> Response:
    """The headers of real answers (facts §8.18)."""
    if response.status >= 400 and "json" in response.content_type and response.content:
        instance = orjson.loads(response.content).get("instance", instance)
    schema = request.template.removeprefix(BASE) or "/Root"
    response.headers.setdefault("Server", "openresty")
    response.headers.setdefault("X-Request-Id", instance)
    response.headers.setdefault("Link", f'<https://us19.api.mailchimp.com/schema/3.0{schema}.json>; rel="describedBy"')
    response.headers.setdefault("Set-Cookie", "_abck=sandbox; Domain=.mailchimp.com; Path=/; Secure")
    response.headers.setdefault("Connection", "close")
    return response
