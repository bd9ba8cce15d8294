"""What members did with Mailchimp's campaigns, as acts.

A first reading goes back a year and may be broken off: it goes on with the campaigns that are not done. Later ones read
from where the last one ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import orjson

from adapters.mailchimp_port import MailchimpPort
from adapters.ports import Activity
from connector.facts import Event, Trust
from connector.steps.parts import Parts
from connector.steps.reading.cursors import cursor, set_cursor
from connector.store import ledger, state
from connector.store.engine import writer_lock

#: How far back campaign activity is read at first sight.
HISTORY = timedelta(days=365)
#: Reports trail behind what people do (facts/mailchimp.md §8.15); acts that are told twice are known by their keys.
LAG = timedelta(minutes=15)

#: The event kinds of fields.yaml by Mailchimp's words for activity.
_ACTIVITY = {
    "activity.open": "email_open",
    "activity.click": "email_click",
    "activity.bounce": "email_bounce",
    "activity.sent": "email_sent",
    "activity.unsub": "unsubscribe",
    "events": "event",
}
#: Told once for each campaign, whatever its time: her feed may round it otherwise than the campaign's report.
_ONCE = frozenset({"unsubscribe"})


def read_campaigns(parts: Parts, source: str, port: MailchimpPort) -> int:
    """Read the activity of campaigns that have something new; how many acts were new. Raises PlatformError."""
    kinds = _kinds(parts)
    if not kinds.keys() - {"event"}:
        return 0
    since = cursor(parts, source, "activity")
    if since is None:
        return _read_history(parts, source, port)
    until, seen = parts.now(), _seen(parts, source)
    before = dict(seen)
    pages = port.activity(since - LAG, until, seen=seen)
    added = sum(take_in_activity(parts, source, acts) for acts in pages)
    if seen != before:
        _keep_seen(parts, source, seen)
    set_cursor(parts, source, "activity", until)
    return added


def read_member_activity(parts: Parts, source: str, port: MailchimpPort, id_: str) -> int:
    """Read what one member did, where fields.yaml asks for acts that only her feed tells; how many were new.

    Raises PlatformError.
    """
    if "event" not in _kinds(parts):
        return 0
    return take_in_activity(parts, source, port.member_activity(id_))


def take_in_activity(parts: Parts, source: str, activities: Sequence[Activity], *, history: bool = False) -> int:
    """Put activity into the ledger; `history`: it is told late, and was known at its own time. How many acts were new."""
    kinds = _kinds(parts)
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


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far the first reading is: when it began, and the campaigns that are in the ledger."""

    began: datetime
    done: Collection[str]

    @classmethod
    def kept(cls, parts: Parts, source: str) -> _Progress:
        """What was kept of a reading that was broken off, or the beginning of one."""
        with parts.engine.connect() as conn:
            kept = state.get_cursor(conn, source, "activity history")
        if not kept:
            return cls(parts.now(), ())
        told = orjson.loads(kept)
        return cls(datetime.fromisoformat(told["began"]), tuple(told["done"]))

    def keep(self, parts: Parts, source: str) -> None:
        """Remember it, once these campaigns are in the ledger."""
        told = orjson.dumps({"began": self.began.isoformat(), "done": list(self.done)}).decode()
        with parts.engine.begin() as conn:
            state.set_cursor(conn, source, "activity history", told, parts.now())


def _read_history(parts: Parts, source: str, port: MailchimpPort) -> int:
    """The last year, campaign by campaign; what happened since the beginning is for the next pass."""
    added, seen = 0, _seen(parts, source)
    progress = _Progress.kept(parts, source)
    pages = port.activity(progress.began - HISTORY, progress.began, progress.done, seen)
    for campaign, told in groupby((page for page in pages if page), key=lambda page: page[0].campaign):
        added += sum(take_in_activity(parts, source, page, history=True) for page in told)
        progress = _Progress(progress.began, (*progress.done, campaign))
        progress.keep(parts, source)
        _keep_seen(parts, source, seen)
    _keep_seen(parts, source, seen)
    set_cursor(parts, source, "activity", progress.began)
    return added


def _seen(parts: Parts, source: str) -> dict[str, str]:
    """What campaigns' reports said when they were last read."""
    with parts.engine.connect() as conn:
        kept = state.get_cursor(conn, source, "activity seen")
    return dict(orjson.loads(kept)) if kept else {}


def _keep_seen(parts: Parts, source: str, seen: Mapping[str, str]) -> None:
    with parts.engine.begin() as conn:
        state.set_cursor(conn, source, "activity seen", orjson.dumps(seen).decode(), parts.now())


def _kinds(parts: Parts) -> Mapping[str, str]:
    """The kinds of fields.yaml by the adapter's."""
    return {
        _ACTIVITY[mapped.mailchimp]: kind
        for kind, mapped in parts.rulebook.fields.events.items()
        if mapped.mailchimp in _ACTIVITY
    }


def _event(kind: str, activity: Activity, known_at: datetime) -> Event:
    key = [activity.source, activity.kind, activity.campaign]
    if activity.kind not in _ONCE:
        key += [str(int(activity.at.timestamp())), activity.asset]
    return Event(
        kind=kind,
        happened_at=activity.at,
        known_at=known_at,
        key=":".join(key),
        asset=activity.asset or activity.campaign_name,
        channel=activity.source,
        trust=_trust(activity),
    )


def _trust(activity: Activity) -> Trust:
    """Privacy proxies fetch pictures by themselves, and not each is known to be one (facts/mailchimp.md §5)."""
    if activity.by_proxy:
        return Trust.MACHINE
    return Trust.UNSURE if activity.kind == "email_open" else Trust.HUMAN
