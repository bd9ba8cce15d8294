"""Deliveries of webhooks, into the ledger. A payload is a hint whom to read again, never the state itself.

Each delivery ends handled, ignored (with the reason) or unknown; unknown reaches a person (`trellis deliveries`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from adapters.ports import (
    CredentialsRefused,
    MailchimpPort,
    PlatformError,
    PlatformRefused,
    ScopeMissing,
)
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.campaigns import read_member_activity
from connector.steps.reading.companies import refresh_companies
from connector.steps.reading.intake import read_by_ids, take_in
from connector.steps.tally import Tally
from connector.store import companies, inbox, ledger
from connector.store.engine import writer_lock
from connector.store.inbox import Delivery, Ending

_BATCH = 50
_LEASE_S = 120
#: What waits for a platform that is away is looked at again with the clock's next tick.
_PAUSE_S = 25


@dataclass(frozen=True, slots=True)
class End:
    """How one delivery ends, and why."""

    ending: Ending
    reason: str


def take_in_deliveries(parts: Parts, errors: list[PlatformError], stop: Callable[[], bool] = lambda: False) -> Tally:
    """Work through what the receiver stored, oldest first.

    A platform that is away is added to `errors`: its deliveries wait without losing an attempt, the other's go on.
    """
    tally: Tally = Counter()
    while not stop():
        with parts.engine.begin() as conn:
            claimed = inbox.claim_deliveries(conn, _BATCH, _LEASE_S)
        if not claimed:
            return tally
        for delivery in claimed:
            end = _take_in(parts, delivery, errors)
            with parts.engine.begin() as conn:
                if end is None:
                    inbox.release_delivery(conn, delivery.id, again_in_s=_PAUSE_S)
                    continue
                erased = ledger.names_forgotten(conn, delivery.platform, delivery.body)
                inbox.finish_delivery(conn, delivery.id, end.ending, end.reason, empty=erased)
            tally[f"deliveries {end.ending}"] += 1
    return tally


def _take_in(parts: Parts, delivery: Delivery, errors: list[PlatformError]) -> End | None:
    """How one delivery ends; None while its platform is away."""
    if any(error.platform == delivery.platform for error in errors):
        return None
    try:
        return _hubspot(parts, delivery) if delivery.platform == HUBSPOT else _mailchimp(parts, delivery)
    except (CredentialsRefused, ScopeMissing) as error:
        errors.append(error)
    except PlatformRefused as error:  # the same question would be refused again: a person may look and replay
        return End(Ending.FAILED, str(error))
    except PlatformError as error:
        errors.append(error)
    return None


# ---------------------------------------------------------------- HubSpot (facts/hubspot.md §6.2)


def _hubspot(parts: Parts, delivery: Delivery) -> End:
    if parts.hubspot is None:
        return End(Ending.IGNORED, "HubSpot is off")
    try:
        body = json.loads(delivery.body)
    except ValueError:
        return End(Ending.UNKNOWN, "not JSON")
    if not isinstance(body, list) or not all(isinstance(event, dict) for event in body):
        return End(Ending.UNKNOWN, "not an array of events")
    with parts.engine.begin() as conn:
        fresh = inbox.unseen(conn, [_hubspot_key(event) for event in body])
    events = [event for event in body if _hubspot_key(event) in fresh and not _echo(parts, event)]
    if not events:
        return End(Ending.IGNORED, "every event was seen before, or is the echo of our own write")
    strange = sorted({_kind(event) for event in events if _object(event) is None})
    for event in events:
        if _kind(event) == "contact.privacyDeletion":  # ids are an object type's own: a company may have the same
            with parts.engine.begin() as conn:
                writer_lock(conn)
                ledger.forget_record(conn, HUBSPOT, str(event.get("objectId")), parts.now())
    read_by_ids(parts, HUBSPOT, parts.hubspot, sorted({one for event in events for one in _contacts(event)}))
    refresh_companies(parts, parts.hubspot, _known_companies(parts, events))
    with parts.engine.begin() as conn:
        inbox.first_seen(conn, sorted(fresh), parts.now())
    if strange:
        return End(Ending.UNKNOWN, f"unknown kinds: {', '.join(strange)[:200]}")
    return End(Ending.HANDLED, f"{len(events)} of {len(body)} events were new")


def _known_companies(parts: Parts, events: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    ids = [str(event.get("objectId")) for event in events if _object(event) == "company"]
    with parts.engine.connect() as conn:
        return companies.of_our_contacts(conn, ids)


def _echo(parts: Parts, event: Mapping[str, Any]) -> bool:
    """Our own writes come back as changeSource INTEGRATION; what another app wrote there is found by polling."""
    write = parts.rulebook.fields.write
    ours = {
        write.score.hubspot,
        *(one.hubspot for one in (write.stage, write.stage_since, write.why, write.next, write.track, write.enrolled)),
    }
    return event.get("changeSource") == "INTEGRATION" and event.get("propertyName") in ours


def _kind(event: Mapping[str, Any]) -> str:
    """Some documents say eventType where real payloads say subscriptionType; accept both."""
    return str(event.get("subscriptionType") or event.get("eventType") or "")


def _object(event: Mapping[str, Any]) -> str | None:
    """``contact``, ``company``, … of an event's kind, or None when it is not one that HubSpot documents."""
    head, _, tail = _kind(event).partition(".")
    if not tail:
        return None
    if head == "object":
        return {"0-1": "contact", "0-2": "company"}.get(str(event.get("objectTypeId")), "other")
    return head if head in {"contact", "company", "deal", "ticket", "line_item", "product", "conversation"} else None


def _contacts(event: Mapping[str, Any]) -> Sequence[str]:
    if _object(event) != "contact" or _kind(event).endswith(".privacyDeletion"):
        return ()
    if _kind(event).endswith(".merge"):
        ids = [event.get("newObjectId"), event.get("primaryObjectId"), *(event.get("mergedObjectIds") or ())]
    elif _kind(event).endswith(".associationChange"):
        ids = [event.get("fromObjectId")]
    else:
        ids = [event.get("objectId")]
    return [str(one) for one in ids if isinstance(one, int) or (isinstance(one, str) and one.isdigit())]


def _hubspot_key(event: Mapping[str, Any]) -> str:
    """Never eventId or attemptNumber: the one is not unique, the other rises with every retry."""
    names = (
        "portalId",
        "objectId",
        "propertyName",
        "occurredAt",
        "propertyValue",
        "newObjectId",
        "fromObjectId",
        "toObjectId",
    )
    told = "\x1f".join([_kind(event), *(str(event.get(name, "")) for name in names)])
    return "hubspot:" + hashlib.sha256(told.encode()).hexdigest()


# ---------------------------------------------------------------- Mailchimp (facts/mailchimp.md §4)


def _mailchimp(parts: Parts, delivery: Delivery) -> End:
    try:
        form = dict(parse_qsl(delivery.body.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        return End(Ending.UNKNOWN, "not a form body")
    kind, list_id = form.get("type", ""), form.get("data[list_id]", "")
    if kind == "campaign":
        return End(Ending.IGNORED, "campaigns are read by polling")
    if kind not in {"subscribe", "unsubscribe", "profile", "cleaned", "upemail"}:
        return End(Ending.UNKNOWN, "unknown type")
    source = next(
        (f"mailchimp:{name}" for name, one in parts.rulebook.fields.audiences.items() if one.list == list_id), None
    )
    if source is None or source not in parts.mailchimp:
        return End(Ending.IGNORED, "an audience that fields.yaml does not name")
    key = "mailchimp:" + hashlib.sha256(delivery.body).hexdigest()
    with parts.engine.begin() as conn:
        if not inbox.unseen(conn, [key]):
            return End(Ending.IGNORED, "seen before")
    _read_member(parts, parts.mailchimp[source], form)
    with parts.engine.begin() as conn:
        inbox.first_seen(conn, [key], parts.now())
    return End(Ending.HANDLED, kind)


def _read_member(parts: Parts, port: MailchimpPort, form: Mapping[str, str]) -> None:
    """`data[id]` is not the member's id, so members are found by address; an old address is gone after upemail."""
    addresses = [form[name] for name in ("data[email]", "data[new_email]") if form.get(name)]
    records = [record for address in addresses if (record := port.member_by_email(address)) is not None]
    if records:
        take_in(parts, port.source, records)
    for record in records:
        read_member_activity(parts, port.source, port, record.id)
