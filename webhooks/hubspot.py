"""HubSpot's webhooks: `POST /webhooks/hubspot`, signed v3 (facts/hubspot.md §6.3).

Our own verifier: the SDK's accepts any future timestamp, does not decode the URI and fails on bytes (§1.5).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from flask import Blueprint, Response, request

from webhooks.answers import answer
from webhooks.ports import ReceiverSettings
from webhooks.receiving import Receiver, read_body
from webhooks.verifying import Unverified, check_window, equals_any

PATH = "/webhooks/hubspot"
SIGNATURE = "X-HubSpot-Signature-v3"
TIMESTAMP = "X-HubSpot-Request-Timestamp"

#: The only escapes that HubSpot decodes in the URI before signing; everything else stays as it was called.
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPES = re.compile("|".join(_DECODED), re.IGNORECASE)


def verify_v3(
    *, method: str, url: str, body: bytes, signature: str, timestamp: str, secrets: Sequence[str], now: datetime
) -> None:
    """Return if HubSpot signed exactly this request with one of `secrets`; raise Unverified if not. Pure.

    `url` is the full address as HubSpot called it, `timestamp` the header's text in milliseconds.
    """
    if not secrets:
        raise Unverified("no client secret is configured")
    if not signature:
        raise Unverified("no signature")
    check_window(timestamp, timedelta(milliseconds=1), now)
    signed = signed_text(method, url, body, timestamp)
    if not equals_any(signature, (sign(signed, secret) for secret in secrets)):
        raise Unverified("wrong signature")


def signed_text(method: str, url: str, body: bytes, timestamp: str) -> bytes:
    """Return the bytes that v3 signs: method, decoded URI, raw body and timestamp, without separators."""
    decoded = _ESCAPES.sub(lambda escape: _DECODED[escape[0].upper()], url)
    return method.upper().encode() + decoded.encode("utf-8", "surrogateescape") + body + timestamp.encode()


def sign(signed: bytes, secret: str) -> str:
    """Return base64(HMAC-SHA256) under the app's client secret."""
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def hubspot_routes(receiver: Receiver, settings: ReceiverSettings, now: Callable[[], datetime]) -> Blueprint:
    """Return the route. Whatever a verified body holds is stored; what nobody understands ends `unknown` later."""
    routes = Blueprint("hubspot", __name__)

    @routes.post(PATH, provide_automatic_options=False)
    def receive() -> Response:
        received_at = now()
        body = read_body()
        timestamp = request.headers.get(TIMESTAMP, "")
        verify_v3(
            method=request.method,
            url=_called_url(settings.public_url),
            body=body,
            signature=request.headers.get(SIGNATURE, ""),
            timestamp=timestamp,
            secrets=settings.hubspot_secrets,
            now=received_at,
        )
        receiver.keep("hubspot", body, received_at, {"timestamp": timestamp})
        return answer(200, status="stored")

    return routes


def _called_url(public_url: str) -> str:
    """Our address as HubSpot called it: from configuration, never from a header; the query in its raw bytes."""
    query = request.query_string.decode("utf-8", "surrogateescape")
    return public_url.rstrip("/") + PATH + (f"?{query}" if query else "")
