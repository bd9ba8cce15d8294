"""Polling: what changed on each platform since the last pass, into the ledger. This is the guarantee; webhooks are the hint.

Windows overlap, because the search index lags (facts/hubspot.md §11.1) and Mailchimp's clock has whole seconds; what is
read twice is no change. A cursor moves only after everything before it is in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from adapters.ports import Activity, HubSpotPort, MailchimpPort, Page
from connector.facts import Event, Record, Trust
from connector.rulebook.mapping import growth
from connector.steps import portal
from connector.steps.parts import HUBSPOT, Parts
from connector.store import companies, failures, ledger, state
from connector.store.engine import writer_lock

OVERLAP = timedelta(seconds=60)

#: How far back campaign activity is read at first sight.
HISTORY = timedelta(days=365)

#: The event kinds of fields.yaml by Mailchimp's words for activity.
_ACTIVITY = {
    "activity.open": "email_open",
    "activity.click": "email_click",
    "activity.bounce": "email_bounce",
    "activity.sent": "email_sent",
    "activity.unsub": "unsubscribe",
}

Tally = Counter[str]


def read_all(parts: Parts, *, full: bool) -> Tally:
    """Read every platform that is on. Raises PlatformError of the first that fails; what was read by then is kept."""
    tally: Tally = Counter()
    if parts.hubspot is not None:
        tally += read_hubspot(parts, parts.hubspot, full=full)
    for source, port in parts.mailchimp.items():
        tally += read_mailchimp(parts, source, port, full=full)
    return tally


def read_hubspot(parts: Parts, port: HubSpotPort, *, full: bool) -> Tally:
    """Contacts, then the companies that are new or changed, then the lists that are event sources."""
    tally = _read_records(parts, HUBSPOT, port, full=full)
    _read_companies(parts, port)
    tally["events"] += _read_lists(parts, port)
    return tally


def read_mailchimp(parts: Parts, source: str, port: MailchimpPort, *, full: bool) -> Tally:
    """Members, then the activity of campaigns that have something new."""
    tally = _read_records(parts, source, port, full=full)
    until = parts.now()
    since = _cursor(parts, source, "activity")
    for activities in port.activity((since or until - HISTORY) - OVERLAP, until):
        tally["events"] += _take_in_activity(parts, source, activities, history=since is None)
    _set_cursor(parts, source, "activity", until)
    return tally


def take_in(parts: Parts, records: Sequence[Record]) -> Tally:
    """Put records into the ledger, with the acts that their counters tell of; in one transaction."""
    now = parts.now()
    with parts.engine.begin() as conn:
        writer_lock(conn)
        taken = ledger.take_in(conn, records, now)
        acts = [
            (change.contact, act)
            for change in taken.changed.values()
            for act in growth(change.before, change.after, parts.rulebook.fields, now)
        ]
        events = ledger.add_events(conn, acts)
    return Counter(read=len(records), changed=len(taken.changed), events=events)


def refresh_companies(parts: Parts, port: HubSpotPort, ids: Iterable[str]) -> None:
    """Read these companies again; contacts of those that changed are judged anew. Raises PlatformError."""
    wanted = sorted(set(ids))
    if not wanted:
        return
    values = port.company_values(wanted)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        companies.keep(conn, {one: values.get(one, {}) for one in wanted}, parts.now())


def _read_records(parts: Parts, source: str, port: HubSpotPort | MailchimpPort, *, full: bool) -> Tally:
    tally: Tally = Counter()
    since = _known_until(parts, source)
    whole = full or since is None
    until, after = _began(parts, source) if whole else (parts.now(), None)
    stream: Iterable[Page] = port.all(after) if since is None or whole else _news(parts, port, since - OVERLAP, until)
    for page in stream:
        tally += take_in(parts, page.records)
        tally["unreadable"] += len(page.unreadable)
        with parts.engine.begin() as conn:
            for platform_id, reason in page.unreadable.items():
                failures.record_failure(
                    conn, step="read", source=source, platform_id=platform_id, contact=None, reason=reason, at=until
                )
            if whole:
                state.set_cursor(conn, source, "resume", page.next or "", until)
        if parts.progress:
            parts.progress.step(f"reading {source}", tally["read"])
    _set_cursor(parts, source, "records", until)
    return tally


def _news(parts: Parts, port: HubSpotPort | MailchimpPort, since: datetime, until: datetime) -> Iterator[Page]:
    """Pages of what changed in the window; a window that holds only what is known costs HubSpot one call.

    The overlap shows our own latest writes again and again. If the window has no more records than its newest page, or if
    everything on that page is known as it is and the total is what we know, the rest need not be read. (What could slip
    through: a record that changed twice within the overlap, the second time indexed late, below 200 newer ones.)
    """
    if port is not parts.hubspot:
        yield from port.changed(since, until)
        return
    newest = port.newest(since, until)
    with parts.engine.connect() as conn:
        known = ledger.count_modified(conn, port.source, since, until)
        moments = ledger.moments_of(conn, port.source, [record.id for record in newest.page.records])
    familiar = all(moments.get(record.id) == record.modified_at for record in newest.page.records)
    yield newest.page
    whole = newest.total <= len(newest.page.records) + len(newest.page.unreadable)
    if not whole and not (familiar and known == newest.total):
        yield from port.changed(since, until)


def _read_companies(parts: Parts, port: HubSpotPort) -> None:
    if not any(
        (field.hubspot or "").startswith("company.") or (field.or_ or "").startswith("company.")
        for field in parts.rulebook.fields.fields.values()
    ):
        return
    until = parts.now()
    since = _cursor(parts, HUBSPOT, "companies")
    known = _known_until(parts, HUBSPOT)
    since = min(since, known) if since and known else since
    with parts.engine.connect() as conn:
        unknown = companies.unknown(conn)
    changed = port.changed_companies(since - OVERLAP, until) if since else ()
    with parts.engine.connect() as conn:
        changed = companies.of_our_contacts(conn, changed)
    refresh_companies(parts, port, [*unknown, *changed])
    _set_cursor(parts, HUBSPOT, "companies", until)


def _read_lists(parts: Parts, port: HubSpotPort) -> int:
    """Joining a list that the marketer keeps is an act. A membership is told once, whatever its time says later."""
    added = 0
    now = parts.now()
    for kind, mapped in parts.rulebook.fields.events.items():
        for name in mapped.hubspot.lists if mapped.hubspot else ():
            list_id = portal.list_ids(parts)[name]
            members = list(port.list_members(list_id))
            with parts.engine.begin() as conn:
                writer_lock(conn)
                contacts = ledger.contacts_of(conn, HUBSPOT, [member.id for member in members])
                added += ledger.add_events(
                    conn,
                    [
                        (
                            contacts[member.id],
                            Event(
                                kind=kind,
                                happened_at=member.joined_at or now,
                                known_at=now,
                                key=f"hubspot:{kind}:list:{list_id}",
                                asset=name,
                                channel=HUBSPOT,
                            ),
                        )
                        for member in members
                        if member.id in contacts
                    ],
                )
    return added


def _take_in_activity(parts: Parts, source: str, activities: Sequence[Activity], *, history: bool) -> int:
    kinds = {
        _ACTIVITY[mapped.mailchimp]: kind for kind, mapped in parts.rulebook.fields.events.items() if mapped.mailchimp
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


def _cursor(parts: Parts, source: str, stream: str) -> datetime | None:
    with parts.engine.connect() as conn:
        kept = state.get_cursor(conn, source, stream)
    return datetime.fromisoformat(kept) if kept else None


def _set_cursor(parts: Parts, source: str, stream: str, until: datetime) -> None:
    with parts.engine.begin() as conn:
        state.set_cursor(conn, source, stream, until.isoformat(), parts.now())


def _known_until(parts: Parts, source: str) -> datetime | None:
    """Up to when everything of a source is known, or None before its first whole pass.

    Never later than the newest change that the platform itself has dated: our clock may run ahead of theirs.
    """
    cursor = _cursor(parts, source, "records")
    with parts.engine.connect() as conn:
        newest = ledger.newest_moment(conn, source)
    return min(cursor, newest) if cursor and newest else cursor


def _began(parts: Parts, source: str) -> tuple[datetime, str | None]:
    """When the whole pass at hand began, and where it goes on if it was broken off.

    What changes while it runs is read by the next pass, so the beginning counts, also after an interruption.
    """
    with parts.engine.begin() as conn:
        after = state.get_cursor(conn, source, "resume") or None
        began = state.get_cursor(conn, source, "began") if after else None
        if began is None:
            began = parts.now().isoformat()
            state.set_cursor(conn, source, "began", began, parts.now())
    return datetime.fromisoformat(began), after
