"""Over to sales: an owner, a task and, by choice, a note; and the verdict of the last time is emptied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from adapters.hubspot_port import HubSpotPort
from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    DeadlinePassed,
    Outcome,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)
from connector.facts import Record, Refusal
from connector.nurturing.working_time import due_at
from connector.steps.enrolling.enroll import DEADLINE_S, LEASE_S
from connector.steps.overwriting import about_to_write
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.tally import Tally
from connector.steps.write import facts_of
from connector.store import handovers, ledger, outbox
from connector.store.engine import writer_lock
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
        person = people.get(intent.contact)
        if person is None or HUBSPOT not in person.records:
            with parts.engine.begin() as conn:
                outbox.finish(conn, intent.id, "refused", "she is not at HubSpot", parts.now())
            continue
        try:
            if not owners and intent.payload.get("owners"):
                owners.update({owner.email.lower(): owner.id for owner in port.owners()})
            given = _HandingOver(parts, port, intent, person, owners, deadline).done()
        except PlatformError as error:
            with parts.engine.begin() as conn:
                ended = _not_handed_over(parts, conn, intent, error)
            tally[ended] += 1
            away = error if ended == _LATER else None
            continue
        if given is None:
            continue
        with parts.engine.begin() as conn:
            outbox.finish(conn, intent.id, "accepted", given.reason, parts.now())
            now, due = parts.now(), until_touched(parts)
            handovers.hand_over(
                conn, intent.id, owner=given.owner, ours=given.ours, task=given.task, at=now, due_at=due
            )
        tally["handed over"] += 1
    return tally


def until_touched(parts: Parts) -> datetime | None:
    """By when somebody must have touched whom sales gets now, by the calendar; None where no such rule is set."""
    rules = parts.rulebook.tracks.handover
    return None if rules is None or rules.sla is None else in_working_days(parts, rules.sla)


def in_working_days(parts: Parts, days: int) -> datetime:
    """So many working days from now, by the calendar."""
    return due_at(parts.rulebook.tracks.calendar, ZoneInfo(parts.rulebook.fields.timezone), parts.now(), days)


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


@dataclass(frozen=True, slots=True)
class _Given:
    """What sales has been given: HubSpot's ids of owner and task ("" for none), whether we set that owner, and remarks."""

    owner: str
    ours: bool
    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class _HandingOver:
    """One contact on her way to sales. `owners` are ids by address, of those who work in the portal now."""

    parts: Parts
    port: HubSpotPort
    intent: Intent
    person: Person
    owners: Mapping[str, str]
    deadline: Deadline

    def done(self) -> _Given | None:
        """Set the owner if nobody has (a person's choice stays), empty the last verdict, then make task and note; None when
        she was excluded or deleted meanwhile, or the task is no longer ours to make. Raises PlatformError.
        """
        record = self._record()
        if record is None or Refusal.EXCLUDED in self.parts.consent_of({HUBSPOT: record}).general:
            self._put_off("HubSpot has her no more" if record is None else "a person keeps Trellis away from her")
            return None
        wanted, present = self.intent.payload, record.values
        owner, remarks = present.get("hubspot_owner_id") or "", []
        ours = bool(owner) and owner == wanted.get("chosen")  # by a worker who died before the task
        values = dict.fromkeys(self._spent_verdict(present), "")
        if owner and wanted.get("owners") and not ours:
            remarks.append("the owner was kept")
        elif not owner and wanted.get("owners"):
            active = [self.owners[one.lower()] for one in wanted["owners"] if one.lower() in self.owners]
            if len(active) < len(wanted["owners"]):
                remarks.append("some owners in tracks.yaml are no active HubSpot users and were passed over")
            owner, ours = next(iter(active), ""), bool(active)
            values |= {"hubspot_owner_id": owner} if ours else {}
        if values:
            self._write(values, present, owner if ours else "")
        task = ""
        if wanted.get("task") or wanted.get("note"):
            with self.parts.engine.begin() as conn:
                if not outbox.mark_sending(conn, {self.intent.id: "hubspot:task"}, self.parts.now()):
                    outbox.not_sent_in_time(conn, [self.intent.id])
                    return None
        if wanted.get("task"):
            task = self._make_task(owner)
        if wanted.get("note"):
            remarks += self._note()
        return _Given(owner, ours, task, "; ".join(remarks))

    @property
    def _contact(self) -> str:
        return self.person.records[HUBSPOT].id

    def _record(self) -> Record | None:
        found = self.port.by_ids([self._contact])
        if found.unreadable:
            raise PlatformUnreachable(HUBSPOT, "whether somebody owns the contact cannot be read", maybe_applied=False)
        return next(iter(found.records), None)

    def _put_off(self, reason: str) -> None:
        """Until she is judged anew, which ends it."""
        with self.parts.engine.begin() as conn:
            outbox.release(conn, self.intent.id, reason, self.parts.now(), again_in_s=300)

    def _spent_verdict(self, present: Mapping[str, str | None]) -> Iterator[str]:
        """The property of sales' verdict where it holds one that was there before this hand-over was decided."""
        name = self.parts.rulebook.fields.write.sales_verdict.hubspot
        said, known = present.get(name), self.person.records[HUBSPOT].values.get(name)
        since = self.person.changed.get((HUBSPOT, name))
        if said and said == known and (since is None or since < self.intent.created_at):
            yield name

    def _write(self, values: Mapping[str, str], present: Mapping[str, str | None], chosen: str) -> None:
        """Write, and remember it: neither the owner nor the emptied verdict is news when it comes back."""
        parts, row = self.parts, Change(self._contact, values)
        about_to_write(parts, HUBSPOT, [row], {row.id: present})
        if chosen:
            with parts.engine.begin() as conn:
                handovers.choose_owner(conn, self.intent.id, chosen)
        written_or_raise(self.port.write([row], self.deadline))
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ledger.wrote(conn, HUBSPOT, {self._contact: values}, parts.now(), facts=facts_of(parts, HUBSPOT))

    def _make_task(self, owner: str) -> str:
        wanted = self.intent.payload
        return self.port.create_task(
            self._contact,
            title=str(wanted["task"]),
            body=str(wanted["brief"]),
            due=self._due(),
            owner_id=owner or None,
            deadline=self.deadline,
        )

    def _due(self) -> datetime:
        """As it was decided; where that has passed, for HubSpot was away or a person was waited for, counted from now."""
        due, rules = datetime.fromisoformat(str(self.intent.payload["due"])), self.parts.rulebook.tracks.handover
        if due > self.parts.now():
            return due
        return in_working_days(self.parts, rules.task.due if rules and rules.task else 0)

    def _note(self) -> Iterator[str]:
        """The brief as a note, once; without it the hand-over is done all the same."""
        text, at = str(self.intent.payload["brief"]), self.parts.now()
        try:
            self.port.create_note(self._contact, text=text, at=at, deadline=self.deadline)
        except PlatformError as error:
            yield f"whether there is a note is not certain: {_reason(error)}"


def written_or_raise(outcomes: Sequence[RowOutcome]) -> None:
    """An owner whose answer was lost may be set again without harm: nothing has been done that cannot be repeated."""
    for outcome in outcomes:
        if outcome.outcome is Outcome.UNKNOWN:
            raise PlatformUnreachable(HUBSPOT, str(outcome.error), maybe_applied=False)
        if outcome.error is not None:
            raise outcome.error
