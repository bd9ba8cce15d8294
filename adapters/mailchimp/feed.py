"""What one member did, by her own activity feed: a call for her, so only where she alone is asked for (facts/mailchimp.md §5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.mailchimp.client import MailchimpClient
from adapters.mailchimp.members import text_of
from adapters.mailchimp.reports import time_of
from adapters.ports import Activity, PlatformRefused

FEED = "/lists/{list_id}/members/{member}/activity-feed"

#: Kinds of acts by the feed's words. What was sent to her is left out: campaigns tell it, under another time.
_KINDS = {
    "open": "email_open",
    "click": "email_click",
    "bounce": "email_bounce",
    "unsub": "unsubscribe",
    "event": "event",
}
_FIELDS = (
    "email_id",
    *(
        f"activity.{name}"
        for name in (
            "activity_type",
            "created_at_timestamp",
            "campaign_id",
            "campaign_title",
            "link_clicked",
            "event_name",
        )
    ),
)
#: More than these pages of one person's acts are a machine's.
_PAGES = 10


def member_activity(
    client: MailchimpClient, *, source: str, list_id: str, member: str, page_size: int
) -> tuple[Activity, ...]:
    """Opens, clicks, bounces, leavings and custom events (asset: their name) of a member, newest first.

    Nothing for a member who is not there. The feed tells no total: a short page is the last. Raises PlatformError.
    """
    return tuple(
        act
        for answer in _pages(client, {"list_id": list_id, "member": member}, page_size)
        for act in _acts(answer, source)
    )


def _pages(client: MailchimpClient, path: dict[str, str], count: int) -> Iterator[dict[str, Any]]:
    for number in range(_PAGES):
        query = {"activity_filters": tuple(_KINDS), "fields": _FIELDS, "count": count, "offset": number * count}
        try:
            answer = dict(client.call("GET", FEED, path, query))
        except PlatformRefused as error:
            if error.status == 404:
                return
            raise
        yield answer
        if len(answer.get("activity") or ()) < count:
            return


def _acts(answer: dict[str, Any], source: str) -> Iterator[Activity]:
    member = str(answer.get("email_id") or "")
    for one in answer.get("activity") or ():
        kind = _KINDS.get(str(one.get("activity_type")))
        if kind is not None and one.get("created_at_timestamp"):
            yield Activity(
                source=source,
                id=member,
                kind=kind,
                at=time_of(one.get("created_at_timestamp")),
                campaign=text_of(one.get("campaign_id")) or "",
                campaign_name=text_of(one.get("campaign_title")) or "",
                asset=text_of(one.get("event_name") if kind == "event" else one.get("link_clicked")) or "",
            )
