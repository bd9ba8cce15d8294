"""Deliveries of Mailchimp: every member whom a batch names is read once, those whom we know together (facts/mailchimp.md §4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from adapters.mailchimp_port import MailchimpPort
from adapters.ports import PlatformError, Record
from connector.steps.parts import Parts
from connector.steps.reading.campaigns import read_member_activity
from connector.steps.reading.intake import read_by_ids, take_in
from connector.steps.taking_in.apart import may_be_about_one, read_apart, somebody_else
from connector.steps.taking_in.batch import UNREAD, Round, Taken, list_unread, listed_unread
from connector.steps.taking_in.mailchimp_events import Kind, MailchimpEvent, read_event
from connector.store import inbox, named
from connector.store.inbox import Delivery, End, Ending
from connector.store.texts import email_key


def take_in_mailchimp(round_: Round, batch: Sequence[Delivery]) -> Taken:
    """Take a batch in and say how each delivery ends. Raises PlatformError, Stopped; then nothing of it has an ending."""
    parts = round_.parts
    ends: dict[int, End] = {}
    wanted: list[tuple[Delivery, MailchimpEvent]] = []
    for delivery in batch:
        event = read_event(delivery.body)
        end = _end_at_once(parts, event)
        if end is not None:
            ends[delivery.id] = end
        elif event is not None:
            wanted.append((delivery, event))
    fresh = _fresh(parts, wanted)
    ends |= {delivery.id: End(Ending.IGNORED, "told before") for delivery, _ in wanted if delivery.id not in fresh}
    by_source: dict[str, list[tuple[int, MailchimpEvent]]] = defaultdict(list)
    for number, event in fresh.items():
        by_source[_source(parts, event) or ""].append((number, event))
    for source, some in by_source.items():
        failed = _read(round_, parts.mailchimp[source], [event for _, event in some])
        listed = _listed(parts, source, {one for _, event in some for one in event.addresses})
        for number, event in some:
            ends[number] = _end(event, failed, listed)
    seen = [event.key for number, event in fresh.items() if event.key and ends[number].ending is Ending.HANDLED]
    return Taken(ends, seen, len(fresh))


def _end(event: MailchimpEvent, failed: Mapping[str, str], listed: Collection[str]) -> End:
    keys = [_key(one) for one in event.addresses]
    reason = next((failed[key] for key in keys if key in failed), None)
    if reason is not None:
        return End(Ending.FAILED, reason)
    return End(Ending.HANDLED, f"{event.type}; {UNREAD}" if set(keys).intersection(listed) else event.type)


def _listed(parts: Parts, source: str, addresses: Collection[str]) -> set[str]:
    """Those of these addresses (normalized) whose record stands among those that could not be read."""
    hers = _at(parts, source, addresses)
    unread = listed_unread(parts, source, {one.platform_id for one in hers})
    return {one.key for one in hers if one.platform_id in unread}


def _end_at_once(parts: Parts, event: MailchimpEvent | None) -> End | None:
    """The ending of what asks for nothing; None where a member is to be read."""
    if event is None:
        return End(Ending.UNKNOWN, "not a form body")
    match event.kind:
        case Kind.CAMPAIGN:
            return End(Ending.IGNORED, "campaigns are read by polling")
        case Kind.STRANGE:
            return End(Ending.UNKNOWN, "unknown type, or nobody is named")
        case Kind.MEMBER:
            known = _source(parts, event) is not None
            return None if known else End(Ending.IGNORED, "an audience that fields.yaml does not name")


def _source(parts: Parts, event: MailchimpEvent) -> str | None:
    for name, one in parts.rulebook.fields.audiences.items():
        if one.list == event.list_id and (source := f"mailchimp:{name}") in parts.mailchimp:
            return source
    return None


def _fresh(parts: Parts, wanted: Sequence[tuple[Delivery, MailchimpEvent]]) -> Mapping[int, MailchimpEvent]:
    """The events to act on: each once, in the oldest delivery that tells of it; what is replayed, in any case."""
    with parts.engine.connect() as conn:
        new = inbox.unseen(conn, {event.key for _, event in wanted if event.key})
    fresh: dict[int, MailchimpEvent] = {}
    for delivery, event in wanted:
        if delivery.replayed or event.key is None or event.key in new:
            fresh[delivery.id] = event
            new.discard(event.key or "")
    return fresh


def _read(round_: Round, port: MailchimpPort, events: Sequence[MailchimpEvent]) -> Mapping[str, str]:
    """Read the members that events name; the addresses (normalized) that could not be asked for, and why.

    Whom we know is asked for by id: that tells also of her who has another address by now, or is not there any more.
    """
    parts, source = round_.parts, port.source
    addresses = {_key(one): one for event in events for one in event.addresses}
    former = [one for event in events for one in event.former]
    ids = sorted({one.platform_id for one in _at(parts, source, [*addresses.values(), *former])})

    def read(some: Sequence[str]) -> None:
        round_.go_on()
        read_by_ids(parts, source, port, some)

    unread = dict(read_apart(read, ids, partial(somebody_else, parts, port, ids)))
    list_unread(parts, source, unread)
    there = {one.key for one in _at(parts, source, addresses.values()) if not one.archived or one.platform_id in unread}
    strangers = {key: one for key, one in addresses.items() if key not in there}
    failed = _read_by_address(round_, port, strangers)
    members = {one.platform_id for one in _at(parts, source, addresses.values()) if not one.archived} - unread.keys()
    _read_activity(round_, port, sorted(members))
    return failed


def _at(parts: Parts, source: str, addresses: Collection[str]) -> Sequence[named.AtAddress]:
    with parts.engine.connect() as conn:
        return named.at_addresses(conn, source, addresses)


def _key(address: str) -> str:
    return email_key(address) or address


def _read_by_address(round_: Round, port: MailchimpPort, addresses: Mapping[str, str]) -> Mapping[str, str]:
    """Whose row cannot be read there ends with her delivery: an address names no record that could be listed."""
    parts, found, failed = round_.parts, dict[str, Record](), dict[str, str]()
    for key, address in sorted(addresses.items()):
        round_.go_on()
        try:
            record = port.member_by_email(address)
        except PlatformError as error:
            if not may_be_about_one(error):
                raise
            somebody_else(parts, port, ())
            failed[key] = error.message
        else:
            if record is not None:
                found[record.id] = record
    if found:
        take_in(parts, port.source, list(found.values()))
    return failed


def _read_activity(round_: Round, port: MailchimpPort, ids: Sequence[str]) -> None:
    def read(some: Sequence[str]) -> None:
        for one in some:
            round_.go_on()
            read_member_activity(round_.parts, port.source, port, one)

    list_unread(round_.parts, port.source, read_apart(read, ids, partial(somebody_else, round_.parts, port, ids)))
