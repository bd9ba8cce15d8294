"""Reading a body whole or not at all, and the one thing that happens to it once verified: it is stored, then it rings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import abort, request
from gunicorn.http.errors import ParseException

from webhooks.ports import Inbox

#: HubSpot sends at most 100 events a request, Mailchimp one: both are far below.
MAX_BODY_BYTES = 1024 * 1024

#: A content type is a hint for people; a header of kilobytes is none.
_CONTENT_TYPE_CHARS = 200

log = logging.getLogger("trellis.webhooks")


def read_body() -> bytes:
    """Return the raw body of the present request; 413 if it is too large, 400 if it broke off.

    Flask's own reading is not enough: behind gunicorn (`wsgi.input_terminated`) it cuts a chunked body at the limit, and
    takes a body that broke off for a whole one; both without an error.
    """
    declared = request.content_length
    if declared is not None and declared > MAX_BODY_BYTES:
        abort(413)
    chunked = declared is None and request.environ.get("wsgi.input_terminated")
    body = _read(MAX_BODY_BYTES + 1 if chunked else declared or 0)
    if len(body) > MAX_BODY_BYTES:
        abort(413)
    if declared is not None and len(body) < declared:
        abort(400)
    return body


def _read(most: int) -> bytes:
    stream, body = request.environ["wsgi.input"], bytearray()
    try:
        while len(body) < most and (more := stream.read(most - len(body))):
            body += more
    except (OSError, ParseException):  # a body that breaks off, and chunks that are none
        abort(400)
    return bytes(body)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Keeps deliveries in the inbox."""

    inbox: Inbox

    def keep(self, platform: str, body: bytes, received_at: datetime, meta: Mapping[str, str]) -> None:
        """Store the body of the present request, then ring. Raises what the inbox raises: then it is not stored."""
        content_type = request.headers.get("Content-Type", "")[:_CONTENT_TYPE_CHARS]
        self.inbox.receive(platform=platform, body=body, content_type=content_type, received_at=received_at, meta=meta)
        try:
            self.inbox.ring()
        except Exception as error:  # noqa: BLE001 — the delivery is stored; a lost ring must not make the platform repeat it
            log.warning("bell failed", extra={"facts": {"error": type(error).__name__}})
