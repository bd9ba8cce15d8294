"""The receiver of a trip: the real Flask app behind a real port, as gunicorn would serve it, and what the platforms are told of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from werkzeug.serving import WSGIRequestHandler, make_server

from adapters.sandbox import Sandbox
from connector.assembly import Store, receiver_over
from connector.settings import Settings, read_settings

SECRET = "trip-client-secret"
TOKEN = "trip-webhook-token-0123456789"


class _Quiet(WSGIRequestHandler):
    """Like gunicorn as we set it up: no access log, for the path holds the webhook token."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def received(sandbox: Sandbox, store: Store, version: str | None) -> Iterator[Settings]:
    """The settings of a world whose receiver is served, by its real Flask app, on a free port; HubSpot off without version."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = read_settings(
            {
                "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token if version else "",
                "HUBSPOT_CLIENT_SECRET": SECRET,
                "HUBSPOT_BASE_URL": sandbox.hubspot_url,
                "HUBSPOT_API_VERSION": version or "v3",
                "MAILCHIMP_API_KEY": "sandbox-us19",
                "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
                "MAILCHIMP_WEBHOOK_TOKEN": TOKEN,
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "DATABASE_URL": store.plain_url,
            }
        )
        app = receiver_over(settings, store, now=sandbox.clock)
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
        server.daemon_threads = False  # so that its end waits for requests: none has a connection of the store after it
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="receiver", daemon=True)
        thread.start()
        try:
            yield settings
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
