"""Webhooks of one audience (facts/mailchimp.md §4)."""

from __future__ import annotations

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.deleting import delete

WEBHOOKS = "/lists/{list_id}/webhooks"
WEBHOOK = "/lists/{list_id}/webhooks/{webhook_id}"

_EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")


def webhook_urls(client: MailchimpClient, list_id: str) -> tuple[str, ...]:
    """Addresses that the audience's webhooks call. Raises PlatformError. Read-only.

    The one listing for which the vendor's contract has neither paging nor `fields`; few hooks are allowed.
    """
    answer = client.call("GET", WEBHOOKS, {"list_id": list_id})
    return tuple(str(hook["url"]) for hook in answer.get("webhooks") or ())


def create_webhook(client: MailchimpClient, list_id: str, url: str) -> str | None:
    """Create a webhook for every event and return its signing secret, which is shown this once; None without one.

    `api` is off among the sources, so that our own writes are not told back to us; what other integrations change
    through the API is left to polling. Mailchimp asks `url` with a GET before it answers. Raises PlatformError.
    """
    body = {
        "url": url,
        "events": dict.fromkeys(_EVENTS, True),
        "sources": {"user": True, "admin": True, "api": False},
    }
    secret = client.call("POST", WEBHOOKS, {"list_id": list_id}, body=body).get("signing_secret")
    return str(secret) if secret else None


def delete_webhooks(client: MailchimpClient, list_id: str, url: str) -> None:
    """Delete the webhooks that call `url`. Raises PlatformError."""
    answer = client.call("GET", WEBHOOKS, {"list_id": list_id})
    for hook in answer.get("webhooks") or ():
        if hook["url"] == url:
            delete(client, WEBHOOK, {"list_id": list_id, "webhook_id": str(hook["id"])})
