"""What operators may ask: `/healthz` and `/readyz` of anybody, `/metrics` with a token, or from this machine itself."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST

from webhooks.answers import answer
from webhooks.ports import Readiness
from webhooks.verifying import equals_any

#: Through a proxy on this machine every caller looks like this machine; a proxy leaves one of these.
_PROXIED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def health_routes(ready: Callable[[], Readiness], metrics: Callable[[], bytes], metrics_token: str) -> Blueprint:
    """Return the routes. None of them changes anything."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz", provide_automatic_options=False)
    def healthz() -> Response:
        """The process is alive; nothing else is asked."""
        return answer(200, status="ok")

    @routes.get("/readyz", provide_automatic_options=False)
    def readyz() -> Response:
        found = ready()
        return answer(200 if found.ready else 503, ready=found.ready, checks=dict(found.checks))

    @routes.get("/metrics", provide_automatic_options=False)
    def prometheus() -> Response:
        if not (_shows(metrics_token) if metrics_token else _from_here()):
            abort(404)
        return Response(metrics(), content_type=CONTENT_TYPE_LATEST)

    return routes


def _shows(token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return equals_any(given.strip(), (token,)) and scheme.lower() == "bearer"


def _from_here() -> bool:
    if any(name in request.headers for name in _PROXIED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:  # a Unix socket has no address: whoever speaks through one is a proxy
        return False
