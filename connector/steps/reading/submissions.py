"""Submissions of forms, as acts; HubSpot's counter on the contact is the bell that says when to read them.

While nothing rings nothing is read. What the counter tells waits (`store.settling`) until the forms have been read; then a
submission at about its time is that act, and the rest are acts as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from urllib.parse import urlsplit

from adapters.hubspot_port import HubSpotPort
from adapters.ports import CredentialsRefused, PlatformRefused, ScopeMissing, Submission
from connector.facts import Event
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.cursors import cursor, known_until, set_cursor
from connector.steps.reading.forms import all_forms, forms_rung, keep_strange, known_forms
from connector.steps.reading.groups import in_groups
from connector.steps.reading.refusals import is_refused, note_readable, note_refusal, unless_refused
from connector.store import settling
from connector.store.engine import writer_lock
from connector.store.submitted import Submitted, add_submissions, contacts_by_address
from connector.store.texts import email_key

#: Windows overlap, because a submission may be there before its contact is found.
OVERLAP = timedelta(minutes=10)

#: How late a bell may ring for a submission to be looked for all the same; acts before that stay as the counter tells them.
LATE = timedelta(days=1)

GROUP = 2000

#: In `trellis failures`: all of them.
_FORMS = "forms"


def read_submissions(parts: Parts, port: HubSpotPort, pause: Callable[[], None] = lambda: None) -> int:
    """Read the forms that have rung, or all of them at first, and settle what waits; how many acts were new.

    No call while nothing waits, and none before the contacts have been read, when everybody is a stranger. The first
    reading is history: known at its own time. What HubSpot refuses to show is noted, and its acts stay as the counter tells
    them; whether it may be read by now is asked each time. Raises any other PlatformError: then what waits goes on waiting.
    `pause` is called between transactions.
    """
    kinds = _kinds(parts)
    since = cursor(parts, HUBSPOT, _stream(kinds))
    again = bool(kinds) and (since is None or is_refused(parts, _FORMS))
    if known_until(parts, HUBSPOT) is None or not (again or _waits(parts)):
        return 0
    added = unless_refused(parts, _FORMS, partial(_read, parts, port, kinds, since, pause)) if kinds else 0
    settled, _ = _settle(parts)  # where forms may not be read, or nothing maps them any more
    return added + settled


def read_rung(parts: Parts, port: HubSpotPort) -> int:
    """Like `read_submissions`, for webhooks that rang: they do not wait for the first reading, which is long.

    Before it, acts stay as the counter tells them, and it will not tell them again.
    """
    if cursor(parts, HUBSPOT, _stream(_kinds(parts))) is None:
        return _settle(parts)[0]
    return read_submissions(parts, port) if _waits(parts) else 0


def _waits(parts: Parts) -> bool:
    with parts.engine.connect() as conn:
        return settling.waits(conn)


def _kinds(parts: Parts) -> Sequence[str]:
    """The kinds of acts that submissions tell."""
    return sorted(kind for kind, mapped in parts.rulebook.fields.events.items() if mapped.submissions)


def _stream(kinds: Sequence[str]) -> str:
    """What is mapped anew is another stream: its history is still to be read."""
    return f"submissions:{'+'.join(kinds)}"


def _read(
    parts: Parts, port: HubSpotPort, kinds: Sequence[str], since: datetime | None, pause: Callable[[], None]
) -> int:
    until = parts.now()
    if since is None:
        forms, every, low = all_forms(parts, port), False, None
    else:
        with parts.engine.connect() as conn:
            bells = settling.bells(conn, min(since - OVERLAP, until - LATE))
        if not bells:
            if is_refused(parts, _FORMS):  # the scope may have been added since
                all_forms(parts, port)
            return 0
        forms, every = forms_rung(parts, port, bells)
        low = min(since - OVERLAP, min(bell.oldest for bell in bells) - settling.WITHIN)
    seen_at = None if since is None else until
    added = 0
    for form, name in forms.items():
        added += _read_form(parts, port, form, name, low, kinds, seen_at, pause)
    set_cursor(parts, HUBSPOT, _stream(kinds), until)
    settled, assets = _settle(parts)
    if every:
        keep_strange(parts, assets)
    return added + settled


def _read_form(
    parts: Parts,
    port: HubSpotPort,
    form: str,
    name: str,
    low: datetime | None,
    kinds: Sequence[str],
    seen_at: datetime | None,
    pause: Callable[[], None],
) -> int:
    found = chain.from_iterable(port.submissions(form, name, low))
    added = 0
    try:
        for group in in_groups(found, GROUP):
            added += _take_in(parts, group, kinds, seen_at)
            pause()
    except (CredentialsRefused, ScopeMissing):
        raise
    except PlatformRefused as refused:
        if refused.status != 404:  # else it was deleted since its name was read
            note_refusal(parts, f"form {form}", refused)
            return added
    note_readable(parts, f"form {form}")
    return added


def _take_in(parts: Parts, submissions: Sequence[Submission], kinds: Sequence[str], seen_at: datetime | None) -> int:
    """Strangers' submissions are left out: Trellis creates nobody."""
    with parts.engine.begin() as conn:
        writer_lock(conn)
        contacts = contacts_by_address(conn, HUBSPOT, {one.email for one in submissions if one.email})
        rows = [
            Submitted(contacts[key], one.form_name, _event(kind, one, seen_at))
            for one in submissions
            if (key := email_key(one.email)) is not None and key in contacts
            for kind in kinds
        ]
        return add_submissions(conn, rows)


def _event(kind: str, one: Submission, seen_at: datetime | None) -> Event:
    """The asset is "<form> · <path of the page>", so that rules find either."""
    path = _path(one.page)
    return Event(
        kind=kind,
        happened_at=one.at,
        known_at=seen_at or one.at,
        key=f"{HUBSPOT}:{kind}:form:{one.form}:{round(one.at.timestamp() * 1000)}",
        asset=f"{one.form_name}{settling.ON_PAGE}{path}" if path else one.form_name,
        channel=settling.CHANNEL,
    )


def _path(page: str) -> str:
    try:
        return urlsplit(page).path
    except ValueError:  # whoever submits tells the address
        return ""


def _settle(parts: Parts) -> tuple[int, frozenset[str]]:
    """How many acts that waited are in the ledger now as they are, and their assets."""
    added, assets, forms = 0, frozenset[str](), known_forms(parts)
    while True:
        with parts.engine.begin() as conn:
            writer_lock(conn)
            settled = settling.settle(conn, GROUP, forms)
        added, assets = added + settled.added, assets | settled.assets
        if settled.acts < GROUP:
            return added, assets
