"""What is worth writing of one judgement, on each platform where she is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.steps.difference import Held, for_hubspot, for_mailchimp, lifecycle_back, lifecycle_forward
from connector.steps.judged import Judged
from connector.steps.parts import HUBSPOT, Parts
from connector.store.ledger import Person


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
    """The lifecycle stage to write: forward after a rise, or back where the admin lets us (fields.yaml)."""
    forward = lifecycle_forward(one.contact, _risen(person, one), one.rulebook, order)
    write = one.rulebook.fields.write.lifecycle
    if forward is not None or write is None:
        return forward
    ours = person.written.get(HUBSPOT, {}).get(write.hubspot)
    return lifecycle_back(one.contact, one.step.after.stage, ours.value if ours else None, one.rulebook, order)


def _held(parts: Parts, person: Person, source: str, score: str) -> Held:
    written = person.written.get(source, {}).get(score)
    return Held(person.records[source].values, parts.day_of(written.at) if written else None)


def _risen(person: Person, one: Judged) -> str | None:
    """The stage that she has risen to and that the lifecycle should follow: now, or since then and not yet written."""
    step, name = one.step, one.rulebook.fields.write.lifecycle
    ladder = {stage.id for stage in one.rulebook.stages.stages}
    came_up = step.rise or step.before is None or step.before.stage not in ladder
    if step.moved:
        return step.after.stage if came_up else None
    written = person.written.get(HUBSPOT, {}).get(name.hubspot) if name else None
    waits = written is None or written.at.date() < step.after.since
    return (
        step.after.stage if person.stage_rose is not None and person.stage_rose >= step.after.since and waits else None
    )
