"""What is worth writing of one judgement, on each platform where she is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.scoring.sales import ACCEPTED
from connector.steps.difference import Held, for_hubspot, for_mailchimp, forward, lifecycle_back, lifecycle_forward
from connector.steps.judged import Judged
from connector.steps.parts import HUBSPOT, Parts
from connector.store.ledger import Person
from connector.store.people import Written

#: HubSpot's lifecycle stage of whom sales has taken on.
ACCEPTED_LIFECYCLE = "salesqualifiedlead"


def writes_of(
    parts: Parts, person: Person, one: Judged, order: Sequence[str], *, baseline: bool
) -> Mapping[str, Mapping[str, str]]:
    """The values to write by source, under the platform's own names; a source without any may be absent or empty."""
    writes: dict[str, Mapping[str, str]] = {}
    for source, record in person.records.items():
        if record.archived or source not in parts.platforms:
            continue
        if source == HUBSPOT:
            lifecycle = None if baseline else _lifecycle(person, one, order)
            held = _held(parts, person, source, parts.rulebook.fields.write.score.hubspot)
            writes[source] = for_hubspot(one.verdict, one.step, one.texts, held, parts.rulebook, lifecycle)
        elif record.values.get("status") == "subscribed":
            held = _held(parts, person, source, f"merge_fields.{parts.rulebook.fields.write.score.mailchimp}")
            writes[source] = for_mailchimp(one.verdict, one.step, held, parts.rulebook)
    return writes


def _lifecycle(person: Person, one: Judged, order: Sequence[str]) -> str | None:
    """The lifecycle stage to write: forward after she came up or sales accepted her, or back where the admin lets us
    (fields.yaml).
    """
    write = one.rulebook.fields.write.lifecycle
    if write is None:
        return None
    present = person.records[HUBSPOT].values.get(write.hubspot)
    ours = person.written.get(HUBSPOT, {}).get(write.hubspot)
    if _was_accepted(person, one, ours) and (accepted := forward(present, ACCEPTED_LIFECYCLE, order)):
        return accepted
    risen = lifecycle_forward(present, _came_up_to(person, one, ours), one.rulebook, order)
    if risen is not None:
        return risen
    if _is_with_sales(person, one, present):
        return None
    return lifecycle_back(present, one.step.after.stage, ours.value if ours else None, one.rulebook, order)


def _held(parts: Parts, person: Person, source: str, score: str) -> Held:
    written = person.written.get(source, {}).get(score)
    return Held(person.records[source].values, parts.day_of(written.at) if written else None)


def _came_up_to(person: Person, one: Judged, written: Written | None) -> str | None:
    """The stage that she came up to and that the lifecycle should follow: now, or before and not `written` since then."""
    step, arrival = one.step, person.arrival
    if step.moved:
        return step.after.stage if _is_up(step.before.stage if step.before else None, one, rise=step.rise) else None
    if arrival is None or arrival.baseline or arrival.after != step.after.stage:
        return None
    waits = written is None or written.at < arrival.at
    return step.after.stage if waits and _is_up(arrival.before, one, rise=arrival.rise) else None


def _was_accepted(person: Person, one: Judged, ours: Written | None) -> bool:
    """Tell whether sales was seen to accept her, and nobody, neither we nor a person, has set the lifecycle stage since."""
    write = one.rulebook.fields.write
    verdict, lifecycle = write.sales_verdict.hubspot, write.lifecycle.hubspot if write.lifecycle else ""
    since = person.changed.get((HUBSPOT, verdict))
    if since is None or person.records[HUBSPOT].values.get(verdict) != ACCEPTED:
        return False
    changed = person.changed.get((HUBSPOT, lifecycle))
    return (ours is None or ours.at < since) and (changed is None or changed <= since)


def _is_with_sales(person: Person, one: Judged, present: str | None) -> bool:
    """Tell whether she stands where an acceptance has put her, and sales has not taken it back: no fall of ours ends that."""
    said = person.records[HUBSPOT].values.get(one.rulebook.fields.write.sales_verdict.hubspot)
    return present == ACCEPTED_LIFECYCLE and said == ACCEPTED


def _is_up(before: str | None, one: Judged, *, rise: bool) -> bool:
    """Tell whether a move from there went up: it rose, or began beside the ladder."""
    return rise or before not in {stage.id for stage in one.rulebook.stages.stages}
