"""From the outbox to the platforms: values first, then people out of tracks, hand-overs, and people into tracks.

A platform that failed in this pass is left alone: its intents wait in the outbox and cost the others nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from adapters.ports import (
    Change,
    CredentialsRefused,
    Deadline,
    Enrollment,
    HubSpotPort,
    Outcome,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    RowOutcome,
    ScopeMissing,
)
from connector.nurturing.guard import allowance
from connector.steps import portal
from connector.steps.difference import same
from connector.steps.enroll import DEADLINE_S, LEASE_S, enroll_all
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.tally import Tally
from connector.store import failures, ledger, outbox, state
from connector.store.engine import writer_lock
from connector.store.ledger import Person
from connector.store.outbox import Intent

_WRITE_BATCH = 500
_WRITE_LEASE_S = 300


def deliver(parts: Parts, errors: list[PlatformError], stop: Callable[[], bool] = lambda: False) -> Tally:
    """Deliver what is due. Platforms that fail are added to `errors`; nothing of theirs is lost."""
    tally: Tally = Counter()
    tally["held"] += hold_surprises(parts)
    for source in parts.platforms:
        if not _is_down(source, errors) and not stop():
            tally += _write(parts, source, errors, stop)
    if not stop():
        tally += _leave(parts, errors, stop)
    if parts.hubspot is not None and not _is_down(HUBSPOT, errors) and not stop():
        tally += _hand_over(parts, parts.hubspot)
    if not stop():
        tally += enroll_all(parts, {error.platform for error in errors}, stop)
    return tally


def _is_down(source: str, errors: Sequence[PlatformError]) -> bool:
    return any(error.platform == source.partition(":")[0] for error in errors)


def hold_surprises(parts: Parts) -> int:
    """Beyond the guard's share of stage moves in 24 h the rest is held for a person (promise 6)."""
    with parts.engine.begin() as conn:
        room = allowance(
            parts.rulebook.tracks.guard, ledger.count_contacts(conn), outbox.moves_delivered(conn, parts.now()), 0
        ).stage_moves
        return outbox.hold_moves_beyond(conn, room)


# ---------------------------------------------------------------- values


def _write(parts: Parts, source: str, errors: list[PlatformError], stop: Callable[[], bool]) -> Tally:
    tally: Tally = Counter()
    while not stop():
        with parts.engine.begin() as conn:
            claimed = outbox.claim_writes(conn, source, _WRITE_BATCH, _WRITE_LEASE_S)
            known = ledger.held_values(conn, source, [intent.contact for intent in claimed])
        if not claimed:
            return tally
        rows = {intent.id: _row(intent, known.get(intent.contact)) for intent in claimed}
        held = dict(known.values())
        due = {row.id: intent for intent in claimed if (row := rows[intent.id]) is not None and row.values}
        outcomes = _written(parts, source, [row for row in rows.values() if row is not None and row.values], held)
        with parts.engine.begin() as conn:
            writer_lock(conn)
            for intent in claimed:
                row = rows[intent.id]
                if row is None or not row.values:
                    outbox.finish(conn, intent.id, "superseded", "nothing left to write", parts.now())
            tally += _end_writes(parts, conn, source, due, rows, outcomes)
        if parts.progress:
            parts.progress.step(f"writing {source}", tally["written"])
        first = next(
            (one.error for one in outcomes if one.outcome in {Outcome.LATER, Outcome.UNKNOWN} and one.error), None
        )
        if first is not None:
            errors.append(first)
            return tally
    return tally


def _written(
    parts: Parts, source: str, rows: Sequence[Change], held: Mapping[str, Mapping[str, str | None]]
) -> Sequence[RowOutcome]:
    """Write rows, one outcome each. A lifecycle stage that moves back is emptied first, in a request of its own: the
    platform takes a lower stage only where there is none (facts/hubspot.md §8). If that fails the row waits untouched; if
    we die in between, the row is claimed again and both are done again.
    """
    platform, write = parts.platforms[source], parts.rulebook.fields.write.lifecycle
    if source != HUBSPOT or write is None or write.when != "both":
        return platform.write(rows)
    order = portal.stage_order(parts)
    back = [
        row.id for row in rows if _moves_back(row.values.get(write.hubspot), held[row.id].get(write.hubspot), order)
    ]
    emptied = (
        {one.id: one for one in platform.write([Change(one, {write.hubspot: ""}) for one in back])} if back else {}
    )
    stuck = {one.id: one for one in emptied.values() if one.outcome is not Outcome.DONE}
    return (*stuck.values(), *platform.write([row for row in rows if row.id not in stuck]))


def _moves_back(wanted: str | None, present: str | None, order: Sequence[str]) -> bool:
    return wanted in order and present in order and order.index(str(wanted)) < order.index(str(present))


def _row(intent: Intent, held: tuple[str, Mapping[str, str | None]] | None) -> Change | None:
    """The row still to write: diffed again against what we know by now. None when she is not on this source any more."""
    if held is None:
        return None
    platform_id, values = held
    wanted: Mapping[str, str] = intent.payload["values"]
    return Change(platform_id, {name: value for name, value in wanted.items() if not same(value, values.get(name))})


def _end_writes(
    parts: Parts,
    conn: Connection,
    source: str,
    due: Mapping[str, Intent],
    rows: Mapping[int, Change | None],
    outcomes: Sequence[RowOutcome],
) -> Tally:
    tally: Tally = Counter()
    now = parts.now()
    done = {}
    for outcome in outcomes:
        intent = due[outcome.id]
        row = rows[intent.id]
        match outcome.outcome:
            case Outcome.DONE:
                outbox.finish(conn, intent.id, "accepted", "", now)
                if row is not None:
                    done[outcome.id] = row.values
                failures.resolve_failures(conn, step="write", source=source, platform_id=outcome.id, at=now)
                tally["written"] += 1
            case Outcome.REFUSED:
                outbox.finish(conn, intent.id, "refused", str(outcome.error), now)
                failures.record_failure(
                    conn,
                    step="write",
                    source=source,
                    platform_id=outcome.id,
                    contact=intent.contact,
                    reason=str(outcome.error),
                    at=now,
                )
                if isinstance(outcome.error, PlatformRefused) and outcome.error.fields:
                    # Somebody may have changed these properties: the next pass looks before it writes.
                    state.forget_cached(conn, f"{source}:")
                # By tomorrow a person may have mended it.
                ledger.look_again(conn, [intent.contact], parts.today + timedelta(days=1))
                tally["refused"] += 1
            case _:  # writing the same values again does no harm
                outbox.release(conn, intent.id, str(outcome.error), now, again_in_s=30)
                tally["written later"] += 1
    ledger.wrote(conn, source, done, now, facts=_facts(parts, source))
    return tally


def _facts(parts: Parts, source: str) -> frozenset[str]:
    """The names under which a source tells fields: what we write there is read again as a fact."""
    fields = parts.rulebook.fields.fields.values()
    names = [name for one in fields for name in ((one.hubspot, one.or_) if source == HUBSPOT else (one.mailchimp,))]
    return frozenset(filter(None, names))


# ---------------------------------------------------------------- out of tracks, over to sales


def _leave(parts: Parts, errors: Sequence[PlatformError], stop: Callable[[], bool]) -> Tally:
    """Take people out by the channels that they entered by; a channel whose platform is away or off is asked later."""
    tally: Tally = Counter()
    while not stop():
        with parts.engine.begin() as conn:
            claimed = outbox.claim(conn, "leave", 100, LEASE_S, parts.now())
            people = {one.contact: one for one in ledger.load_people(conn, [intent.contact for intent in claimed])}
        if not claimed:
            break
        tally += _leave_some(parts, errors, claimed, people)
    return tally


def _leave_some(
    parts: Parts, errors: Sequence[PlatformError], claimed: Sequence[Intent], people: Mapping[int, Person]
) -> Tally:
    tally: Tally = Counter()
    by_channel: dict[tuple[str, str], list[Intent]] = defaultdict(list)
    for intent in claimed:
        by_channel[str(intent.payload["key"]), intent.track or ""].append(intent)
    for (key, track), intents in by_channel.items():
        channel = parts.channel(key)
        if channel is None or _is_down(channel.source, errors):
            with parts.engine.begin() as conn:
                for intent in intents:
                    outbox.release(conn, intent.id, "its platform is away", parts.now(), again_in_s=30)
            continue
        known = {
            one.contact: people[one.contact].records.get(channel.source) for one in intents if one.contact in people
        }
        ids = {contact: record.id for contact, record in known.items() if record is not None}
        rows = [Enrollment(one, track, "") for one in ids.values()]
        ended: dict[str, RowOutcome] = {}
        for start in range(0, len(rows), channel.batch):
            outcomes = channel.leave(rows[start : start + channel.batch], Deadline.after(DEADLINE_S))
            ended |= {outcome.id: outcome for outcome in outcomes}
        with parts.engine.begin() as conn:
            for intent in intents:
                tally[_left(parts, conn, intent, ended.get(ids.get(intent.contact, "")))] += 1
    return tally


def _left(parts: Parts, conn: Connection, intent: Intent, outcome: RowOutcome | None) -> str:
    now = parts.now()
    if outcome is None or outcome.outcome is Outcome.REFUSED:
        reason = str(outcome.error) if outcome else "she is not there any more"
        outbox.finish(conn, intent.id, "refused", reason, now)
        outbox.end_episode(conn, intent.contact, intent.track or "", intent.episode or 0, now)
        return "left"
    if outcome.outcome is Outcome.DONE:
        outbox.finish(conn, intent.id, "accepted", "", now)
        outbox.end_episode(conn, intent.contact, intent.track or "", intent.episode or 0, now)
        return "left"
    outbox.release(conn, intent.id, str(outcome.error), now, again_in_s=30)
    return "left later"


def _hand_over(parts: Parts, port: HubSpotPort) -> Tally:
    """An owner where nobody set one, and a task; a task is made at most once, for it cannot be taken back unseen."""
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        claimed = outbox.claim(conn, "handover", 20, LEASE_S, parts.now())
        people = {one.contact: one for one in ledger.load_people(conn, [intent.contact for intent in claimed])}
    owners: Mapping[str, str] = {}
    for intent in claimed:
        record = people[intent.contact].records.get(HUBSPOT) if intent.contact in people else None
        if record is None:
            with parts.engine.begin() as conn:
                outbox.finish(conn, intent.id, "refused", "she is not at HubSpot", parts.now())
            continue
        try:
            owners = owners or {owner.email.lower(): owner.id for owner in port.owners()}
            reason = _hand_over_one(parts, port, intent, record.id, owners)
        except PlatformError as error:
            with parts.engine.begin() as conn:
                tally[_not_handed_over(parts, conn, intent, error)] += 1
            continue
        if reason is None:
            continue
        with parts.engine.begin() as conn:
            outbox.finish(conn, intent.id, "accepted", reason, parts.now())
        tally["handed over"] += 1
    return tally


def _not_handed_over(parts: Parts, conn: Connection, intent: Intent, error: PlatformError) -> str:
    """A task that may have been made, or is refused for good, ends with a person; the rest is tried again for a day."""
    reason = f"{type(error).__name__}: {error}"
    curable = isinstance(error, CredentialsRefused | ScopeMissing)
    lost = isinstance(error, PlatformUnreachable) and error.maybe_applied
    if lost or (isinstance(error, PlatformRefused) and not curable):
        outbox.finish(conn, intent.id, "parked", reason, parts.now())
        return "parked for a person"
    outbox.release(conn, intent.id, reason, parts.now(), again_in_s=300)
    return "handed over later"


def _hand_over_one(
    parts: Parts, port: HubSpotPort, intent: Intent, contact_id: str, owners: Mapping[str, str]
) -> str | None:
    """Set the owner if nobody has (a person's choice stays), then make the task; a note for the row, or None when the
    task is no longer ours to make. Raises PlatformError.
    """
    wanted = intent.payload
    found = port.by_ids([contact_id]).records
    owner = (found[0].values.get("hubspot_owner_id") if found else None) or ""
    notes = []
    if wanted.get("owner") and owner:
        notes.append("the owner was kept")
    elif wanted.get("owner"):
        owner = owners.get(str(wanted["owner"]).lower(), "")
        if owner:
            _written_or_raise(port.write([Change(contact_id, {"hubspot_owner_id": owner})]))
        else:
            notes.append("no HubSpot user has the address of the owner in tracks.yaml")
    if wanted.get("task"):
        due = datetime.fromisoformat(str(wanted["due"]))
        with parts.engine.begin() as conn:
            if not outbox.mark_sending(conn, {intent.id: "hubspot:task"}, parts.now()):
                return None
        port.create_task(
            contact_id, title=str(wanted["task"]), body=str(wanted["brief"]), due=due, owner_id=owner or None
        )
    return "; ".join(notes)


def _written_or_raise(outcomes: Sequence[RowOutcome]) -> None:
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error
