"""Whether PUBLIC_URL leads to our receiver, in a way that platforms go. Pure but for the asking, which is handed in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from adapters.reach import Reach, Reached
from connector.steps.finding import Finding

#: How long one answer may take; a platform gives up soon after (facts/hubspot.md §6.2: 5 s).
PATIENCE_S = 4.0

#: Certificates that renew themselves do so a month before their end.
_SOON = timedelta(days=14)

#: Our receiver takes posts here alone, and says so; a proxy that lets webhooks through lets this through.
_PROBE = "/webhooks/hubspot"

_FROM_ELSEWHERE = f"Ask it from elsewhere: `curl -i` of {_PROBE} under it gets status 405 if all is well"

#: What a proxy answers that finds nobody behind it.
_NOBODY_BEHIND = (502, 503, 504)


def address_findings(public_url: str, webhook_url: str | None, reach: Reach, now: datetime) -> Iterator[Finding]:
    """What is in the way of webhooks. `webhook_url` holds a secret, which is shown to PUBLIC_URL alone, and told nobody."""
    if _stays_inside(public_url):
        what = "PUBLIC_URL is an address of this machine or network: no platform's webhooks reach it"
        yield Finding("warning", what, "Set it to the one under which the world sees it", code="public-url-local")
        return
    if urlsplit(public_url).scheme != "https":  # HubSpot calls nothing else (facts/hubspot.md §6.1)
        what = (
            "PUBLIC_URL is not https: HubSpot sends no webhooks there, and Mailchimp's would show their secret to all"
        )
        cure = "Put a proxy with a certificate before `trellis serve`, and write https://"
        yield Finding("error", what, cure, code="public-url-not-https")
        return
    found = reach(f"{public_url}{_PROBE}", PATIENCE_S)
    yield from _certificate(found, now)
    in_the_way = list(_answer(found))
    yield from in_the_way
    if in_the_way:
        return
    if webhook_url is not None:
        yield from _of_token(reach(webhook_url, PATIENCE_S))
    if found.inside:
        what = "PUBLIC_URL was answered from within this network, which proves nothing of the way from the Internet"
        yield Finding("advice", what, _FROM_ELSEWHERE, code="public-url-unproven")


def _stays_inside(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def _certificate(found: Reached, now: datetime) -> Iterator[Finding]:
    if found.valid_until is None or found.valid_until - now > _SOON:
        return
    days = (found.valid_until - now).days
    what = (
        f"the certificate of PUBLIC_URL ends in {days} day{'s' if days != 1 else ''}, on {found.valid_until:%Y-%m-%d}"
    )
    yield Finding("warning", what, "See why it was not renewed by itself", code="certificate-ends")


def _answer(found: Reached) -> Iterator[Finding]:
    match found:
        case Reached(trouble="certificate"):
            what = f"the certificate of PUBLIC_URL is not valid: {found.said}"
            cure = "Renew it, for this very name and with the certificates between; no platform sends webhooks before"
            yield Finding("error", what, cure, code="certificate-invalid")
        case Reached(trouble="name"):
            what = "PUBLIC_URL: nobody knows that name"
            yield Finding("warning", what, "Correct it, or make a DNS record for it", code="public-url-unreachable")
        case Reached(trouble="proxy"):
            what = (
                f"PUBLIC_URL could not be asked: the proxy of HTTPS_PROXY does not let us through to it ({found.said})"
            )
            yield Finding("advice", what, _FROM_ELSEWHERE, code="public-url-unproven")
        case Reached(trouble=str()):
            what = f"PUBLIC_URL gives no answer from here: {found.said}"
            cure = (
                "Start `trellis serve`, and see that firewall and proxy let its PORT through; if `curl` gets an answer from"
                " elsewhere, all is well"
            )
            yield Finding("warning", what, cure, code="public-url-unreachable")
        case Reached(status=status) if status is not None and 300 <= status < 400:
            what = f"PUBLIC_URL leads on to {_shown(found.location)}, where no webhook follows"
            cure = "Write the address that answers itself; webhooks are signed for it"
            yield Finding("error", what, cure, code="public-url-redirects")
        case Reached(status=status) if status in _NOBODY_BEHIND:
            what = f"PUBLIC_URL answers {status}: the proxy there finds nobody behind it"
            cure = "Start `trellis serve`, and let the proxy pass on to its PORT"
            yield Finding("warning", what, cure, code="public-url-unreachable")
        case Reached(status=status) if status != 405 or not _is_ours(found.body):
            what = f"somebody else answers at PUBLIC_URL ({status} to {_PROBE}, which takes posts alone)"
            yield Finding("error", what, "Let it lead to the PORT of `trellis serve`", code="public-url-foreign")


def _of_token(found: Reached) -> Iterator[Finding]:
    """The receiver is ours; whether it answers Mailchimp, too. The address of that is a secret."""
    if found.status == 404:
        what = "the receiver at PUBLIC_URL does not know MAILCHIMP_WEBHOOK_TOKEN"
        cure = "Give `trellis serve` the same environment, and start it again"
        yield Finding("error", what, cure, code="public-url-other-token")
    elif found.status != 200:  # what Mailchimp wants before it makes a webhook (facts/mailchimp.md §4)
        what = f"Mailchimp's webhook address under PUBLIC_URL is not answered as it should be ({found.status or found.said})"
        cure = "Let the proxy pass /webhooks/mailchimp/ on as it is, secret and all"
        yield Finding("error", what, cure, code="public-url-foreign")


def _is_ours(body: bytes) -> bool:
    try:
        return set(json.loads(body)) == {"error"}
    except (ValueError, TypeError, RecursionError):
        return False


def _shown(location: str) -> str:
    """Where a redirect leads, without user, path or query: they may repeat anything."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "no address at all"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host else "another path"
