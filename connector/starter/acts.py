"""Where acts come from: HubSpot's counters that this portal has (facts/hubspot.md §7), and whether anybody ever moved them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.rulebook.quantities import parse_number
from connector.starter.seen import Seen


@dataclass(frozen=True, slots=True)
class Counter:
    """HubSpot's properties of one kind of act, what Mailchimp tells of it, and what stands beside it in fields.yaml."""

    kind: str
    count: str
    last: str
    asset: str
    mailchimp: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of act on this portal. `counter` is None where HubSpot does not tell of it; `did` is the share of the sample
    who ever did it, None where that is not known.
    """

    kind: str
    counter: Counter | None
    mailchimp: str | None
    did: float | None
    note: str


COUNTERS = (
    Counter(
        "form_submit",
        "num_conversion_events",
        "recent_conversion_date",
        "recent_conversion_event_name",
        None,
        "forms filled in",
    ),
    Counter(
        "page_view",
        "hs_analytics_num_page_views",
        "hs_analytics_last_timestamp",
        "hs_analytics_last_url",
        None,
        "a sample: HubSpot tells only the address of the last page",
    ),
    Counter(
        "email_click",
        "hs_email_click",
        "hs_email_last_click_date",
        "hs_email_last_email_name",
        "activity.click",
        "the asset is the mail sent last: right for a click that follows it",
    ),
    Counter(
        "email_reply",
        "hs_email_replied",
        "hs_email_last_reply_date",
        "hs_email_last_email_name",
        None,
        "answers to marketing mail",
    ),
    Counter(
        "email_sent",
        "hs_email_delivered",
        "hs_email_last_send_date",
        "hs_email_last_email_name",
        "activity.sent",
        "what a silence is measured by; it counts as a touch of `dosing`",
    ),
    Counter(
        "email_open",
        "hs_email_open",
        "hs_email_last_open_date",
        "hs_email_last_email_name",
        "activity.open",
        "mail programs open mail too: no rule gives points for it",
    ),
)

#: Without opens nobody could say that opens are no evidence; what was sent says what a silence is.
_ALWAYS = frozenset({"email_sent", "email_open"})

#: With fewer people than this, that nobody did it says nothing.
_TELLING = 100


def sources(seen: Seen, *, audience: bool) -> tuple[Source, ...]:
    """Every kind of act of which HubSpot, or the `audience` that was chosen, can tell, in the order of the file."""
    return tuple(_sources(seen, audience=audience))


def is_heard(source: Source, seen: Seen) -> bool:
    """Whether this kind of act is mapped at once, and not left as a comment: somebody did it, or too few were looked at."""
    told = source.did is None or source.did > 0 or len(seen.sample) < _TELLING
    return told or source.kind in _ALWAYS or source.mailchimp is not None


def _sources(seen: Seen, *, audience: bool) -> Iterator[Source]:
    for counter in COUNTERS:
        there = counter if seen.hubspot and _counts(seen, counter) else None
        mailchimp = counter.mailchimp if audience else None
        if there is not None or mailchimp is not None:
            yield Source(counter.kind, there, mailchimp, _did(seen, there), counter.note)
    if audience:
        yield Source("unsubscribe", None, "activity.unsub", None, "who opted out, and of which campaign")


def _counts(seen: Seen, counter: Counter) -> bool:
    count, last = seen.properties.get(counter.count), seen.properties.get(counter.last)
    return count is not None and count.type == "number" and last is not None and last.type in ("date", "datetime")


def _did(seen: Seen, counter: Counter | None) -> float | None:
    if counter is None or not seen.sample or not seen.acts_seen:
        return None
    numbers = (parse_number(value) for value in seen.values(counter.count))
    return sum(number is not None and number > 0 for number in numbers) / len(seen.sample)
