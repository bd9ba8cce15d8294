"""Looking at the platforms for the first time: what they define, and a bounded sample of the people there. Read-only.

At HubSpot those who were changed last, for they show what a week brings, and others from the beginning; at Mailchimp, without
HubSpot, a page of members. What a token or plan may not look at is taken for absent, but for the contacts themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import CredentialsRefused, Definition, ListInfo, Page, PlatformRefused, Record
from connector.rulebook.mapping import COMPANY, MERGE_FIELDS
from connector.starter.acts import COUNTERS
from connector.starter.lifecycle import LIFECYCLE
from connector.starter.proposals import worth_reading
from connector.starter.seen import LATELY, Seen
from connector.steps.progress import Progress

#: The most people, of whom so many at most are those changed last, and the most companies of theirs.
MOST = 1500
_CHANGED = 1000
_COMPANIES = 500
#: The most properties whose values are looked at, of contacts and of companies.
_PROPERTIES, _OF_COMPANIES = 80, 20
_AUDIENCES = 5
#: Calls that this takes at most: definitions and lists, pages of people (some are under way when enough have come), companies.
MOST_CALLS = 90

_EVER = timedelta(days=3650)
_COMPANY_ID = "associatedcompanyid"
_ASKED = ("email", LIFECYCLE, "hs_email_optout", "hs_marketable_status", _COMPANY_ID)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Doors:
    """How to get at the platforms that are on: HubSpot with the contact and company properties to read, Mailchimp's
    audiences, and one of them by its id.
    """

    hubspot: Callable[[Sequence[str], Sequence[str]], HubSpotPort] | None
    audiences: Callable[[], Sequence[ListInfo]] | None
    mailchimp: Callable[[str], MailchimpPort] | None


def look(doors: Doors, now: datetime, progress: Progress) -> Seen:
    """What there is. Raises PlatformError where contacts, or audiences, cannot be read."""
    seen = Seen(hubspot=doors.hubspot is not None, mailchimp=doors.audiences is not None)
    if doors.hubspot is not None:
        seen = _hubspot(seen, doors.hubspot, now, progress)
    if doors.audiences is not None and doors.mailchimp is not None:
        seen = _mailchimp(seen, doors.audiences, doors.mailchimp, progress)
    return seen


def _hubspot(
    seen: Seen, door: Callable[[Sequence[str], Sequence[str]], HubSpotPort], now: datetime, progress: Progress
) -> Seen:
    bare = door((), ())
    contacts = bare.definitions()
    companies = _allowed(bare.company_definitions) or {}
    properties = {
        **contacts,
        **{f"{COMPANY}{name}": replace(one, name=f"{COMPANY}{name}") for name, one in companies.items()},
    }
    port = door(tuple(_to_read(contacts)), tuple(_of_companies(companies)))
    total = port.count()
    lately = _lately(port, now)
    sample = _with_companies(port, _people(port, total, now, progress))
    lists = _allowed(bare.lists)
    return replace(
        seen,
        properties=properties,
        sample=sample,
        total=total,
        lately=lately,
        lists=None if lists is None else tuple(lists.values()),
        workflows=_allowed(bare.flows) is not None,
        forms=_allowed(lambda: tuple(bare.forms().values())),
        timezone=(_allowed(bare.portal) or {}).get("timeZone", ""),
    )


def _allowed(ask: Callable[[], Answer]) -> Answer | None:
    """The answer, or None where this token or plan may not ask: what a plan lacks is answered in many ways."""
    try:
        return ask()
    except CredentialsRefused:
        raise
    except PlatformRefused:
        return None


def _to_read(contacts: Mapping[str, Definition]) -> Iterator[str]:
    named = [*_ASKED, *(name for one in COUNTERS for name in (one.count, one.last, one.asset))]
    yield from dict.fromkeys((*(name for name in named if name in contacts), *worth_reading(contacts, _PROPERTIES)))


def _of_companies(companies: Mapping[str, Definition]) -> Iterator[str]:
    prefixed = {f"{COMPANY}{name}": one for name, one in companies.items()}
    yield from (name.removeprefix(COMPANY) for name in worth_reading(prefixed, _OF_COMPANIES))


def _lately(port: HubSpotPort, now: datetime) -> int | None:
    """How many were changed in the last seven days, by the platform's own word."""
    with closing(port.changed(now - LATELY, now)) as pages:
        return next(pages, Page(())).total


def _people(port: HubSpotPort, total: int, now: datetime, progress: Progress) -> tuple[Record, ...]:
    wanted = min(MOST, total)
    found: dict[str, Record] = {}
    with closing(port.all()) as everybody:
        for page in chain(_changed_last(port, min(_CHANGED, wanted), now), everybody):
            found.update((record.id, record) for record in page.records)
            progress.step("contacts", min(len(found), wanted), wanted)
            if len(found) >= wanted:
                break
    return tuple(one for one in found.values() if not one.archived)[:wanted]


def _changed_last(port: HubSpotPort, most: int, now: datetime) -> Iterator[Page]:
    """Pages back in time: the first page of a search holds the newest of its window, and ends where the next one begins."""
    until, given = now, 0
    while given < most:
        with closing(port.changed(now - _EVER, until)) as pages:
            page = next(pages, Page(()))
        yield page
        given += len(page.records)
        oldest = min((record.modified_at for record in page.records), default=until)
        if oldest >= until:  # all of one moment, or none left
            return
        until = oldest


def _with_companies(port: HubSpotPort, people: tuple[Record, ...]) -> tuple[Record, ...]:
    """The people, with the values of their companies under `company.…`, as the ledger keeps them."""
    ids = tuple(dict.fromkeys(number for one in people if (number := one.values.get(_COMPANY_ID))))[:_COMPANIES]
    known = (_allowed(lambda: port.company_values(ids)) if ids else None) or {}
    return tuple(_of_company(one, known.get(one.values.get(_COMPANY_ID) or "", {})) for one in people)


def _of_company(one: Record, company: Mapping[str, str | None]) -> Record:
    return replace(one, values={**one.values, **{f"{COMPANY}{name}": value for name, value in company.items()}})


def _mailchimp(
    seen: Seen, ask: Callable[[], Sequence[ListInfo]], door: Callable[[str], MailchimpPort], progress: Progress
) -> Seen:
    audiences = tuple(sorted(ask(), key=lambda one: -(one.size or 0)))[:_AUDIENCES]
    fields = {one.id: _prefixed(door(one.id).definitions()) for one in audiences}
    seen = replace(seen, audiences=audiences, merge_fields=fields)
    if seen.hubspot or not audiences:
        return seen
    port = door(audiences[0].id)
    with closing(port.all()) as pages:
        page = next(pages, Page(()))
    progress.step("members", len(page.records), len(page.records))
    zone = (_allowed(port.account) or {}).get("account_timezone", "")
    return replace(seen, source=port.source, sample=page.records[:MOST], total=port.count(), timezone=zone)


def _prefixed(fields: Mapping[str, Definition]) -> Mapping[str, Definition]:
    return {f"{MERGE_FIELDS}{tag}": replace(one, name=f"{MERGE_FIELDS}{tag}") for tag, one in fields.items()}
