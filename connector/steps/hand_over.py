"""Over to sales: an owner, and a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    HubSpotPort,
    Outcome,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)
from connector.steps.enroll import DEADLINE_S, LEASE_S
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.tally import Tally
from connector.store import ledger, outbox
from connector.store.ledger import Person
from connector.store.outbox import Intent

_LATER = "handed over later"


def hand_over(parts: Parts, port: HubSpotPort, stop: Callable[[], bool] = lambda: False) -> Tally:
    """An owner where nobody set one, and a task; a task is made at most once, for it cannot be taken back unseen.

    Once HubSpot does not answer, the others wait, unasked, for the next pass.
    """
    tally: Tally = Counter()
    owners: dict[str, str] = {}
    while not stop() and not tally[_LATER]:
        deadline = Deadline.after(DEADLINE_S, parts.monotonic)
        with parts.engine.begin() as conn:
            claimed = outbox.claim(conn, "handover", 20, LEASE_S, parts.now())
            people = {one.contact: one for one in ledger.load_people(conn, [intent.contact for intent in claimed])}
        if not claimed:
            break
        tally += _hand_over_some(parts, port, claimed, people, owners, deadline)
    return tally


def _hand_over_some(
    parts: Parts,
    port: HubSpotPort,
    claimed: Sequence[Intent],
    people: Mapping[int, Person],
    owners: dict[str, str],
    deadline: Deadline,
) -> Tally:
    """All that were claimed together, within one deadline. `owners` are ids by address, filled where it is empty."""
    tally: Tally = Counter()
    away: PlatformError | None = None
    for intent in claimed:
        if away is None and deadline.remaining() <= 0:
            away = DeadlinePassed(HUBSPOT, "HubSpot took too long to answer")
        if away is not None:
            with parts.engine.begin() as conn:
                outbox.release(conn, intent.id, _reason(away), parts.now(), again_in_s=30)
            tally[_LATER] += 1
            continue
        record = people[intent.contact].records.get(HUBSPOT) if intent.contact in people else None
        if record is None:
            with parts.engine.begin() as conn:
                outbox.finish(conn, intent.id, "refused", "she is not at HubSpot", parts.now())
            continue
        try:
            if not owners:
                owners.update({owner.email.lower(): owner.id for owner in port.owners()})
            reason = _hand_over_one(parts, port, intent, record.id, owners, deadline)
        except PlatformError as error:
            with parts.engine.begin() as conn:
                ended = _not_handed_over(parts, conn, intent, error)
            tally[ended] += 1
            away = error if ended == _LATER else None
            continue
        if reason is None:
            continue
        with parts.engine.begin() as conn:
            outbox.finish(conn, intent.id, "accepted", reason, parts.now())
        tally["handed over"] += 1
    return tally


def _not_handed_over(parts: Parts, conn: Connection, intent: Intent, error: PlatformError) -> str:
    """A task that may have been made, or is refused for good, ends with a person; the rest waits as long as she stands there."""
    curable = isinstance(error, CredentialsRefused | ScopeMissing)
    lost = isinstance(error, PlatformUnreachable) and error.maybe_applied
    if lost or (isinstance(error, PlatformRefused) and not curable):
        outbox.finish(conn, intent.id, "parked", _reason(error), parts.now())
        return "parked for a person"
    outbox.release(conn, intent.id, _reason(error), parts.now(), again_in_s=300)
    return _LATER


def _reason(error: PlatformError) -> str:
    return f"{type(error).__name__}: {error}"


def _hand_over_one(
    parts: Parts, port: HubSpotPort, intent: Intent, contact_id: str, owners: Mapping[str, str], deadline: Deadline
) -> str | None:
    """Set the owner if nobody has (a person's choice stays), then make the task; a note for the row, or None when the
    task is no longer ours to make. Raises PlatformError.
    """
    wanted = intent.payload
    found = port.by_ids([contact_id])
    if found.unreadable:
        raise PlatformUnreachable(HUBSPOT, "whether somebody owns the contact cannot be read", maybe_applied=False)
    owner = (found.records[0].values.get("hubspot_owner_id") if found.records else None) or ""
    notes = []
    if wanted.get("owner") and owner:
        notes.append("the owner was kept")
    elif wanted.get("owner"):
        owner = owners.get(str(wanted["owner"]).lower(), "")
        if owner:
            _written_or_raise(port.write([Change(contact_id, {"hubspot_owner_id": owner})], deadline))
        else:
            notes.append("no HubSpot user has the address of the owner in tracks.yaml")
    if wanted.get("task"):
        due = datetime.fromisoformat(str(wanted["due"]))
        with parts.engine.begin() as conn:
            if not outbox.mark_sending(conn, {intent.id: "hubspot:task"}, parts.now()):
                outbox.not_sent_in_time(conn, [intent.id])
                return None
        port.create_task(
            contact_id,
            title=str(wanted["task"]),
            body=str(wanted["brief"]),
            due=due,
            owner_id=owner or None,
            deadline=deadline,
        )
    return "; ".join(notes)


def _written_or_raise(outcomes: Sequence[RowOutcome]) -> None:
    """An owner whose answer was lost may be set again without harm: nothing has been done that cannot be repeated."""
    for outcome in outcomes:
        if outcome.outcome is Outcome.UNKNOWN:
            raise PlatformUnreachable(HUBSPOT, str(outcome.error), maybe_applied=False)
        if outcome.error is not None:
            raise outcome.error
