"""Mailchimp's webhooks: `GET|HEAD|POST /webhooks/mailchimp/<token>` (facts/mailchimp.md §4).

The secret part of the path is always asked for; the signature as soon as we know a signing secret. A wrong token is a
404 like any unknown path. We never answer 410: Mailchimp would switch the webhook off for good.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, request

from webhooks.answers import answer
from webhooks.ports import ReceiverSettings
from webhooks.receiving import Receiver, read_body
from webhooks.verifying import Unverified, check_window, equals_any

PATH = "/webhooks/mailchimp"
SIGNATURE = "X-Mailchimp-Signature"


def verify_signature(*, header: str, body: bytes, secrets: Sequence[str], now: datetime) -> None:
    """Return if one of `secrets` signed these bytes; raise Unverified if not. Pure.

    `header` is ``t=<unix seconds>,v1=<hex>``; during a rotation it may hold several v1.
    """
    if not header:
        raise Unverified("no signature")
    fields = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    if len(times) != 1:
        raise Unverified("unreadable signature")
    check_window(times[0], timedelta(seconds=1), now)
    expected = [sign(times[0], body, secret) for secret in secrets]
    matches = [equals_any(value, expected) for name, _, value in fields if name == "v1"]
    if not any(matches):
        raise Unverified("wrong signature")


def sign(timestamp: str, body: bytes, secret: str) -> str:
    """Return hex(HMAC-SHA256) of timestamp, a dot and the raw body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def mailchimp_routes(receiver: Receiver, settings: ReceiverSettings, now: Callable[[], datetime]) -> Blueprint:
    """Return the routes. The body is kept as raw bytes; reading the form is the worker's."""
    routes = Blueprint("mailchimp", __name__)

    @routes.get(f"{PATH}/<token>", provide_automatic_options=False)
    def validate(token: str) -> Response:
        """Mailchimp looks here when the webhook is made, and wants a 200 (HEAD as well)."""
        _check_token(token, settings.mailchimp_tokens)
        return answer(200, status="ok")

    @routes.post(f"{PATH}/<token>", provide_automatic_options=False)
    def receive(token: str) -> Response:
        _check_token(token, settings.mailchimp_tokens)
        received_at = now()
        body = read_body()
        secrets = settings.mailchimp_signing_secrets()
        if secrets:
            header = request.headers.get(SIGNATURE, "")
            verify_signature(header=header, body=body, secrets=secrets, now=received_at)
        receiver.keep("mailchimp", body, received_at, {"signed": "yes" if secrets else "no"})
        return answer(200, status="stored")

    return routes


def _check_token(token: str, tokens: Sequence[str]) -> None:
    if not equals_any(token, tokens):
        abort(404)
