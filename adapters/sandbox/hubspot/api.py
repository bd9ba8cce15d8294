"""The frame of every API route: both version styles of a path, token, scopes, limits, size of the URI, the lock."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlencode

from adapters.sandbox.hubspot.errors import NOT_FOUND_HTML, bad_token, invalid, missing_scopes, refusal
from adapters.sandbox.hubspot.portal import Portal
from adapters.sandbox.web import Handler, Refusal, Request, Response, Routes

#: Area → its base path in each version (facts/hubspot.md §4); areas without a date-based version have one path.
AREAS = {
    "objects": ("/crm/v3/objects", "/crm/objects/2026-09", "/crm/objects/2026-03"),
    "properties": ("/crm/v3/properties", "/crm/properties/2026-09", "/crm/properties/2026-03"),
    "lists": ("/crm/v3/lists", "/crm/lists/2026-09", "/crm/lists/2026-03"),
    "owners": ("/crm/v3/owners", "/crm/owners/2026-09", "/crm/owners/2026-03"),
    "associations": ("/crm/v4/associations", "/crm/associations/2026-09", "/crm/associations/2026-03"),
    "links": ("/crm/v4/objects", "/crm/objects/2026-09", "/crm/objects/2026-03"),
    "limits": ("/crm/limits/2026-09", "/crm/limits/2026-03"),
    "account": ("/account-info/v3", "/account-info/2026-09", "/account-info/2026-03"),
    "subscriptions": (
        "/communication-preferences/v3",
        "/communication-preferences/2026-09",
        "/communication-preferences/2026-03",
    ),
    "forms": ("/marketing/v3/forms",),
    "submissions": ("/form-integrations/v1/submissions/forms",),
    "flows": ("/automation/v4",),
    "enrollments": ("/automation/v2/workflows",),
}
_LONGEST_TARGET = 8192


class Api:
    """The route table of pretend HubSpot, filled by the modules that know each area."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.routes = Routes(self._around, lambda _request: Response(404, NOT_FOUND_HTML.encode(), {}, "text/html"))
        self._scopes: dict[tuple[str, str], tuple[str, ...]] = {}

    def add(self, method: str, area: str, rest: str, handler: Handler, *scopes: str) -> None:
        """Register a handler under every version of an area; any one of `scopes` opens it."""
        for base in AREAS[area]:
            self.routes.add(method, base + rest, handler)
            self._scopes[method, base + rest] = scopes

    def _around(self, request: Request, handler: Handler) -> Response:
        portal = self.portal
        with portal.lock:
            if request.headers.get("authorization", "") != f"Bearer {portal.settings.token}":
                raise bad_token()
            is_search = request.template.endswith("/search") and "/objects/" in request.template
            headers = portal.limits.admit(search=is_search)
            needed = self._scopes.get((request.method, request.template), ())
            if needed and not portal.settings.scopes.intersection(needed):
                raise missing_scopes(needed)
            if len(request.target) > _LONGEST_TARGET:
                raise refusal(414, "URI Too Long", None)
            portal.settle()
            response = _answer(handler, request)
            response.headers = {**headers, **response.headers}
            return response


def _answer(handler: Handler, request: Request) -> Response:
    """Run a handler, so that refusals too get the rate headers; JSON that cannot be read is a 400."""
    try:
        return handler(request)
    except Refusal as refused:
        return refused.response
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if not request.body:
            raise
        return invalid(f"Invalid input JSON: {type(error).__name__}: {error}").response


def is_dated(request: Request) -> bool:
    """Whether the request came by a date-based path."""
    return "/2026-" in request.template


def names_in(request: Request, parameter: str) -> list[str]:
    """A list of names in the query: repeated, comma-separated or both."""
    return [name for value in request.query.get(parameter, ()) for name in value.split(",") if name]


def truth(request: Request, parameter: str) -> bool:
    """A boolean of the query; the Python SDK sends `True` and `False`."""
    return request.arg(parameter).lower() == "true"


def limit_of(request: Request, default: int, most: int) -> int:
    """The page size; 400 beyond `most`."""
    text = request.arg("limit", str(default))
    if not text.isdigit() or int(text) > most:
        raise invalid(f"The limit {text} must be a number up to {most}.")
    return int(text) or default


class Cursors:
    """The cursors of one request's pages: numbers as text, or sealed so that nobody can make one up."""

    def __init__(self, portal: Portal, request: Request) -> None:
        self._request = request
        self._opaque = portal.settings.page_tokens == "opaque"

    def asked(self, name: str = "after") -> int:
        """The number behind a cursor of the query, 0 where there is none; 400 for anything that is no cursor."""
        text = self._request.arg(name)
        try:
            return int(_opened(text) if text and self._opaque else text or "0")
        except ValueError as error:
            raise invalid(f"Invalid paging cursor: {text}") from error

    def paging(self, after: int | None, before: int | None = None) -> dict[str, object]:
        """`{"paging": {"next": {"after", "link"}, "prev": {"before", "link"}}}`, without what is None."""
        ways = (("next", "after", after), ("prev", "before", before))
        found = {way: self._link(name, number) for way, name, number in ways if number is not None}
        return {"paging": found} if found else {}

    def _link(self, name: str, number: int) -> dict[str, str]:
        token = _sealed(number) if self._opaque else str(number)
        kept = {key: ",".join(values) for key, values in self._request.query.items() if key not in ("after", "before")}
        query = urlencode({**kept, name: token})
        return {name: token, "link": f"https://api.hubapi.com{self._request.path}?{query}"}


def _sealed(number: int) -> str:
    return urlsafe_b64encode(f"page|{number}".encode()).decode()


def _opened(token: str) -> str:
    """ValueError where it is none of ours."""
    mark, _, number = urlsafe_b64decode(token.encode()).decode().partition("|")
    if mark != "page":
        raise ValueError("not sealed here")
    return number
