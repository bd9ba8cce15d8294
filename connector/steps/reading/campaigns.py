"""What members did with Mailchimp's campaigns, as acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.ports import Activity, MailchimpPort
from connector.facts import Event, Trust
from connector.steps.parts import Parts
from connector.steps.reading.cursors import OVERLAP, cursor, set_cursor
from connector.store import ledger
from connector.store.engine import writer_lock

#: How far back campaign activity is read at first sight.
HISTORY = timedelta(days=365)

#: The event kinds of fields.yaml by Mailchimp's words for activity.
_ACTIVITY = {
    "activity.open": "email_open",
    "activity.click": "email_click",
    "activity.bounce": "email_bounce",
    "activity.sent": "email_sent",
    "activity.unsub": "unsubscribe",
    "events": "event",
}


def read_campaigns(parts: Parts, source: str, port: MailchimpPort) -> int:
    """Read the activity of campaigns that have something new; how many acts were new. Raises PlatformError."""
    added = 0
    until = parts.now()
    since = cursor(parts, source, "activity")
    for activities in port.activity((since or until - HISTORY) - OVERLAP, until):
        added += take_in_activity(parts, source, activities, history=since is None)
    set_cursor(parts, source, "activity", until)
    return added


def take_in_activity(parts: Parts, source: str, activities: Sequence[Activity], *, history: bool) -> int:
    """Put activity into the ledger; `history`: it is told late, and was known at its own time. How many acts were new."""
    kinds = {
        _ACTIVITY[mapped.mailchimp]: kind
        for kind, mapped in parts.rulebook.fields.events.items()
        if mapped.mailchimp in _ACTIVITY
    }
    now = parts.now()
    with parts.engine.begin() as conn:
        writer_lock(conn)
        contacts = ledger.contacts_by_hash(conn, source, [activity.id for activity in activities])
        return ledger.add_events(
            conn,
            [
                (contacts[activity.id], _event(kinds[activity.kind], activity, activity.at if history else now))
                for activity in activities
                if activity.kind in kinds and activity.id in contacts
            ],
        )


def _event(kind: str, activity: Activity, known_at: datetime) -> Event:
    return Event(
        kind=kind,
        happened_at=activity.at,
        known_at=known_at,
        key=f"{activity.source}:{activity.kind}:{activity.campaign}:{int(activity.at.timestamp())}:{activity.asset}",
        asset=activity.asset or activity.campaign_name,
        channel=activity.source,
        # Privacy proxies fetch pictures by themselves: an open is a weak sign (facts/mailchimp.md §5).
        trust=Trust.UNSURE if activity.kind == "email_open" else Trust.HUMAN,
    )
