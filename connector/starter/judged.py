"""The sample, judged by a rulebook as a pass would: by the values of today and the last act of each kind. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.facts import Consent, Contact, Record, Refusal
from connector.rulebook.mapping import HUBSPOT, growth, interpret
from connector.rulebook.types import Rulebook
from connector.scoring.placing import place
from connector.scoring.score import judge
from connector.scoring.verdict import Step, Verdict
from connector.starter.lifecycle import stages_of
from connector.starter.seen import LATELY, Seen
from connector.starter.thresholds import Standing


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the sample: what scoring makes of her, where she stands, and what she is known to have done."""

    contact: Contact
    verdict: Verdict
    step: Step


def judged(seen: Seen, rulebook: Rulebook, now: datetime) -> tuple[Judged, ...]:
    """Everybody of the sample, on the day that `now` is in the team's zone."""
    day = now.astimezone(ZoneInfo(rulebook.fields.timezone)).date()
    order = tuple(option.value for option in stages_of(seen))
    people = []
    for number, record in enumerate(seen.sample, 1):
        contact = _contact(number, record, rulebook, order, now)
        verdict = judge(contact, rulebook, day)
        people.append(Judged(contact, verdict, place(None, verdict, contact, rulebook, day)))
    return tuple(people)


def standings(people: Sequence[Judged], rulebook: Rulebook, now: datetime) -> tuple[Standing, ...]:
    """Those on the ladder, as thresholds are placed by them."""
    return tuple(_standings(people, {stage.id for stage in rulebook.stages.stages}, now))


def week_of(seen: Seen, now: datetime) -> float:
    """How many people of the portal's last seven days each one of the sample's last seven days stands for.

    Those changed last are looked at first, so that it is often one; what is not told is as in the whole portal.
    """
    there = sum(record.modified_at > now - LATELY for record in seen.sample)
    if seen.lately is None or not there:
        return max(1.0, seen.total / max(len(seen.sample), 1))
    return max(1.0, seen.lately / there)


def where(people: Sequence[Judged]) -> Mapping[str, int]:
    """How many stand on which stage, or in which state."""
    return Counter(one.step.after.stage for one in people)


def _standings(people: Sequence[Judged], ladder: set[str], now: datetime) -> Iterator[Standing]:
    for one in people:
        if one.step.after.stage in ladder and one.verdict.score is not None:
            stirred = any(
                event.happened_at > now - LATELY for event in one.contact.events if event.kind not in _NOT_HERS
            )
            yield Standing(one.verdict.score, one.verdict.phase is not None, stirred)


#: What we did, or a mail program.
_NOT_HERS = frozenset({"email_sent", "email_open"})


def _contact(number: int, record: Record, rulebook: Rulebook, order: Sequence[str], now: datetime) -> Contact:
    """A record as a person. Who opted out of all mail is no lead to count on (facts/hubspot.md §7)."""
    audience = next(iter(rulebook.fields.audiences), "")
    source = HUBSPOT if record.source == HUBSPOT else f"mailchimp:{audience}"
    gone = record.values.get("hs_email_optout") == "true" or record.values.get("status") in ("unsubscribed", "cleaned")
    return Contact(
        id=number,
        refs={source: record.id},
        fields=interpret({source: record}, rulebook.fields, order),
        events=growth(None, record, rulebook.fields, now),
        consent=Consent(frozenset({Refusal.OPTED_OUT})) if gone else Consent(),
    )
