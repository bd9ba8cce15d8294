"""The environment: what is on, what is not set, and what that means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.steps.finding import Finding
from connector.steps.parts import Parts


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environment says, as far as it can be wanting. `webhook_url` is Mailchimp's; it holds a secret."""

    hubspot_on: bool
    mailchimp_on: bool
    public_url: str
    hubspot_secret: bool
    webhook_url: str | None
    unsigned_alerts: bool = False


def surroundings(parts: Parts, given: Surroundings) -> Iterator[Finding]:
    """What the environment lacks. Asks nobody."""
    if not given.hubspot_on and not given.mailchimp_on:
        cure = "Set HUBSPOT_ACCESS_TOKEN or MAILCHIMP_API_KEY; `trellis demo` works without"
        yield Finding("error", "no platform has credentials", cure, code="no-credentials")
        return
    if not given.hubspot_on:
        yield _off("HubSpot is off: HUBSPOT_ACCESS_TOKEN is not set")
    if not given.mailchimp_on:
        yield _off("Mailchimp is off: MAILCHIMP_API_KEY is not set")
    elif not parts.mailchimp:
        what = "Mailchimp is off: fields.yaml names no audience"
        yield Finding("warning", what, "Add audiences: {main: {list: …}}", code="no-audience")
    if given.unsigned_alerts:
        what = "alerts are not signed: TRELLIS_ALERT_SECRET is not set"
        cure = "Set it (openssl rand -base64 24), and let whoever gets them verify"
        yield Finding("advice", what, cure, code="alerts-unsigned")
    if not given.public_url:
        what = "PUBLIC_URL is not set: no webhook reaches us, and changes are found by polling"
        cure = "Set it to the address of `trellis serve` to hear of changes at once"
        yield Finding("advice", what, cure, code="public-url-unset")
        return
    if given.hubspot_on and not given.hubspot_secret:
        what = "HubSpot's webhooks cannot be verified: HUBSPOT_CLIENT_SECRET is not set"
        yield Finding("warning", what, "Set it, or rely on polling", code="webhooks-unverifiable")
    if parts.mailchimp and given.webhook_url is None:
        what = "Mailchimp's webhooks are off: MAILCHIMP_WEBHOOK_TOKEN is not set"
        cure = "Set it to 22 random characters or more, then run `trellis provision`"
        yield Finding("advice", what, cure, code="webhooks-off")


def _off(what: str) -> Finding:
    return Finding("advice", what, "Fine if you do without it", code="platform-off")
