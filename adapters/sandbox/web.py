"""Requests, responses and the route table of the pretend platforms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson


@dataclass
class Request:
    """One HTTP request as a handler sees it.

    Attributes:
        method: upper case.
        target: path and query exactly as they came over the wire.
        headers: names in lower case.
        body: the raw bytes.
        params: the parts of the path named by the route's pattern, percent-decoded.
        template: the pattern of the route that matched, "" before matching.

    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: dict[str, str] = field(default_factory=dict)
    template: str = ""

    @cached_property
    def path(self) -> str:
        """The path without the query, still percent-encoded."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Query parameters, each with all its values in order."""
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    def arg(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is not JSON. An empty body gives None."""
        return orjson.loads(self.body) if self.body else None

    def form(self) -> dict[str, list[str]]:
        """The body as a URL-encoded form."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass
class Response:
    """One answer; `content` is sent as it is."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=utf-8"

    @classmethod
    def json(
        cls,
        value: object,
        status: int = 200,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json;charset=utf-8",
    ) -> "Response":
        """An answer with a JSON body; datetimes become ISO 8601."""
        return cls(status, orjson.dumps(value), dict(headers or {}), content_type)


class Refusal(Exception):
    """Raised anywhere below a handler to answer with `response` at once."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


Handler = Callable[[Request], Response]
Around = Callable[[Request, Handler], Response]


@dataclass(frozen=True)
class _Route:
    template: str
    segments: tuple[str | None, ...]
    names: tuple[tuple[int, str], ...]
    handler: Handler

    def fits(self, segments: list[str]) -> bool:
        return all(want is None or want == got for want, got in zip(self.segments, segments, strict=True))


class Routes:
    """A table (method, pattern) → handler; `{name}` in a pattern stands for one path segment.

    `around` wraps every handler of the table, unmatched paths included: the place for authentication and limits.
    `not_found` answers unmatched paths.
    """

    def __init__(self, around: Around | None = None, not_found: Handler | None = None) -> None:
        self._around = around
        self._not_found = not_found or (lambda _request: Response(404, b"Not found", content_type="text/plain"))
        self._table: dict[tuple[str, int], list[_Route]] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Register a handler; patterns with fewer names win over those with more."""
        parts = pattern.strip("/").split("/")
        names = tuple((i, part[1:-1]) for i, part in enumerate(parts) if part.startswith("{"))
        segments = tuple(None if part.startswith("{") else part for part in parts)
        bucket = self._table.setdefault((method, len(parts)), [])
        bucket.append(_Route(pattern, segments, names, handler))
        bucket.sort(key=lambda route: len(route.names))

    def include(self, other: "Routes") -> None:
        """Take over the routes of another table, without its `around`."""
        for method, pattern, handler in other.entries():
            self.add(method, pattern, handler)

    def entries(self) -> list[tuple[str, str, Handler]]:
        """Every (method, pattern, handler) of the table."""
        return [(method, r.template, r.handler) for (method, _), routes in self._table.items() for r in routes]

    def matches(self, request: Request) -> Handler | None:
        """Find the handler and fill `request.params` and `request.template`."""
        segments = request.path.strip("/").split("/")
        for route in self._table.get((request.method, len(segments)), ()):
            if route.fits(segments):
                request.template = route.template
                request.params = {name: unquote(segments[i]) for i, name in route.names}
                return route.handler
        return None

    def answer(self, request: Request) -> Response:
        """Run the request through `around` and its handler; a Refusal becomes its response."""
        handler = self.matches(request) or self._not_found
        try:
            return handler(request) if self._around is None else self._around(request, handler)
        except Refusal as refusal:
            return refusal.response
