"""Polling: what changed on each platform since the last pass, into the ledger. This is the guarantee; webhooks are the hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import CredentialsRefused, PlatformError, PlatformRefused, PlatformUnreachable
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.campaigns import read_campaigns
from connector.steps.reading.companies import read_companies
from connector.steps.reading.deals import read_deals
from connector.steps.reading.history import read_past
from connector.steps.reading.lists import read_lists
from connector.steps.reading.orders import read_orders
from connector.steps.reading.records import Pause, read_records
from connector.steps.reading.refusals import unless_refused
from connector.steps.reading.submissions import read_submissions
from connector.steps.reading.sweep import count_differs, sweep
from connector.steps.reading.unread import close_unmapped
from connector.steps.tally import Tally


def read_all(parts: Parts, *, full: bool) -> Tally:
    """Read every platform that is on. Raises PlatformError of the first that fails; what was read by then is kept."""
    tally: Tally = Counter()
    if parts.hubspot is not None:
        read_hubspot(parts, parts.hubspot, full=full, into=tally)
    for source, port in parts.mailchimp.items():
        read_mailchimp(parts, source, port, full=full, into=tally)
    return tally


def read_hubspot(
    parts: Parts, port: HubSpotPort, *, full: bool, pause: Pause = lambda: None, into: Tally | None = None
) -> Tally:
    """Contacts, the past of who is new, the companies that are new or changed; the lists, deals and forms that are event
    sources; once a night, who is gone. What was read before an error is counted `into` a tally where one is given.

    Raises PlatformError. Once contacts are read, a refusal of one of the others, or no usable answer to it, costs the rest
    nothing.
    """
    tally: Tally = Counter() if into is None else into
    close_unmapped(parts)
    read_records(parts, HUBSPOT, port, full=full, pause=pause, into=tally)
    streams: Sequence[Callable[[], Tally]] = (
        lambda: read_past(parts, port, pause),
        lambda: read_companies(parts, port, full=full, pause=pause),
        lambda: Counter(events=read_lists(parts, port, full=full, pause=pause)),
        lambda: Counter(events=read_deals(parts, port, pause)),
        lambda: Counter(events=read_submissions(parts, port, pause)),
        lambda: sweep(parts, port, pause),
    )
    failed: list[PlatformError] = []
    for read in streams:
        try:
            tally += read()
        except CredentialsRefused:
            raise
        except (PlatformRefused, PlatformUnreachable) as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return tally


def read_mailchimp(
    parts: Parts,
    source: str,
    port: MailchimpPort,
    *,
    full: bool,
    pause: Pause = lambda: None,
    into: Tally | None = None,
) -> Tally:
    """Members (all of them if the news do not explain how their number has moved), then campaigns that have something new,
    then orders. What was read before an error is counted `into` a tally where one is given.
    """
    tally: Tally = Counter() if into is None else into
    read_records(parts, source, port, full=full, pause=pause, into=tally)
    if not full and count_differs(parts, source, port):
        read_records(parts, source, port, full=True, pause=pause, into=tally)
    tally["events"] += unless_refused(parts, "campaigns", lambda: read_campaigns(parts, source, port), source)
    tally["events"] += unless_refused(parts, "orders", lambda: read_orders(parts, source, port), source)
    return tally
