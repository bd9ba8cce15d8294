"""The receiver's Flask app: routes, limits, and errors that tell nothing."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from webhooks.answers import refuse
from webhooks.health import health_routes
from webhooks.hubspot import hubspot_routes
from webhooks.mailchimp import mailchimp_routes
from webhooks.ports import Inbox, Readiness, ReceiverSettings
from webhooks.receiving import Receiver, log
from webhooks.verifying import Unverified

__all__ = ["Inbox", "Readiness", "ReceiverSettings", "create_app"]


def create_app(
    *,
    inbox: Inbox,
    settings: ReceiverSettings,
    now: Callable[[], datetime],
    ready: Callable[[], Readiness],
    metrics: Callable[[], bytes],
) -> Flask:
    """Build the receiver. `metrics` is Prometheus text in the format of `prometheus_client.generate_latest`."""
    app = Flask("webhooks", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False  # else `//` is answered by a redirect that repeats the path, token and all
    receiver = Receiver(inbox)
    for routes in (hubspot_routes(receiver, settings, now), mailchimp_routes(receiver, settings, now)):
        app.register_blueprint(routes)
        if settings.public_path:
            app.register_blueprint(routes, url_prefix=settings.public_path, name=f"public-{routes.name}")
    app.register_blueprint(health_routes(ready, metrics, settings.metrics_token))
    _add_limits(app)
    _add_errors(app)
    return app


def _add_limits(app: Flask) -> None:
    @app.before_request
    def refuse_encoded() -> Response | None:
        """No platform compresses webhooks; a small body that unpacks into a large one is an attack."""
        coded = request.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked"
        return (
            refuse(415, "content encoding not supported") if coded or request.headers.get("Content-Encoding") else None
        )


def _add_errors(app: Flask) -> None:
    @app.errorhandler(Unverified)
    def unverified(error: Unverified) -> Response:
        log.warning("webhook refused", extra={"facts": {"route": request.endpoint, "reason": str(error)}})
        return refuse(401, str(error))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        response = refuse(error.code or 500, error.name.lower())
        if allow := error.get_response().headers.get("Allow"):
            response.headers["Allow"] = allow
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        """Of a webhook nothing was stored, so the platform shall come again. The message stays out of the log: a database's
        error quotes the statement's values, which are people's addresses here.
        """
        facts = {"route": request.endpoint, "error": type(error).__name__, "where": _place(error)}
        if request.method != "POST":
            log.warning("not answered", extra={"facts": facts})
            return refuse(503, "not to be had now, try again")
        log.error("webhook not stored", extra={"facts": facts})
        return refuse(503, "not stored, try again")


def _place(error: Exception) -> str:
    """File and line where it was raised, for the log."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
