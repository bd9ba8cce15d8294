"""What becomes of whom sales was given: touched in time, or known to be overdue, told, and passed on to the next in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.hubspot_port import HubSpotPort
from adapters.ports import Change, Deadline, PlatformError, PlatformRefused, ScopeMissing
from connector.logs import log
from connector.rulebook.quantities import parse_moment
from connector.steps.enrolling.enroll import DEADLINE_S
from connector.steps.listening.heard_writes import owners_are_heard
from connector.steps.overwriting import about_to_write
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.sales.hand_over import in_working_days, until_touched, written_or_raise
from connector.steps.tally import Tally
from connector.steps.write import facts_of
from connector.store import handovers, ledger, state
from connector.store.engine import writer_lock
from connector.store.handovers import Handed

#: When somebody last called her, met her or wrote to her, as logged in HubSpot (facts/hubspot.md §7).
CONTACTED = "notes_last_contacted"
OWNER = "hubspot_owner_id"

#: Which counters a note moves is not documented: what comes together with our own hand-over is no touch.
_OUR_OWN = timedelta(minutes=2)
#: Those that are known to be overdue are looked at so often.
_AGAIN_S = 3600.0
_LOOKED = "looked at who is overdue"
_AT_ONCE = 2_000


def chase(parts: Parts, port: HubSpotPort) -> Tally:
    """End the hand-overs that somebody has touched, or who are for sales no more; note the others once their time is over.

    Two calls for each hundred of those whose time is over; without any, none. So many new owners at once that the guard
    would hold them, where a workflow hears of them, are for a person. Raises PlatformError.
    """
    tally: Tally = Counter()
    rulebook, now = parts.rulebook, parts.now()
    for_sales = [stage.id for stage in rulebook.stages.stages if stage.handover]
    with parts.engine.begin() as conn:
        handovers.end_by_what_is_known(conn, for_sales, rulebook.fields.write.sales_verdict.hubspot, now)
        known_too = state.cached(conn, _LOOKED, _AGAIN_S, now) is None
        due = handovers.to_look_at(conn, now, _AT_ONCE, known_too=known_too)
        if not due:
            return tally
        if known_too:
            state.put_cached(conn, _LOOKED, True, now)
        ids = handovers.platform_ids(conn, [one.contact for one in due])
        decided = handovers.payloads(conn, [one.intent for one in due])
    look = look_at(parts, port, due, ids)
    touched = {one.id: by for one in due if (by := look.touched(one))}
    late = [one for one in due if one.id not in touched and one.due_at is not None and one.due_at <= now]
    with parts.engine.begin() as conn:
        handovers.end(conn, touched, now)
        handovers.tell(conn, [one.id for one in late], now)
    tally["touched by sales"], tally["overdue"] = len(touched), len(late)
    rules = rulebook.tracks.handover
    if rules is None or rules.overdue != "reroute":
        return +tally
    active = _active_owners(port) if late else {}
    following: list[tuple[Handed, str, Mapping[str, object]]] = []
    for one in late:
        wanted = decided.get(one.intent, {})
        turn = [active.get(str(each).lower(), "") for each in _owners(wanted)]
        if one.ours and (whom := _whom(turn, one, look.owner(one), wanted)):
            following.append((one, whom, wanted))
    if len(following) > rulebook.tracks.guard.enrollments and owners_are_heard(parts):
        log("nobody passed on", level="WARNING", people=len(following), reason="a workflow hears of new owners")
        return +tally
    for one, whom, wanted in following:
        tally["rerouted"] += _pass_on(parts, port, one, ids[one.contact], whom, wanted)
    return +tally


@dataclass(frozen=True, slots=True)
class Look:
    """What HubSpot shows now: chosen values of contacts, and which tasks are done."""

    ids: Mapping[int, str]
    values: Mapping[str, Mapping[str, str | None]]
    done: Mapping[str, bool]
    verdict: str

    def _value(self, one: Handed, name: str) -> str:
        return self.values.get(self.ids.get(one.contact, ""), {}).get(name) or ""

    def owner(self, one: Handed) -> str:
        """The id of her owner now."""
        return self._value(one, OWNER)

    def touched(self, one: Handed) -> str:
        """By what somebody has touched her, or "". Of a task that was deleted nobody can tell."""
        if self._value(one, self.verdict):
            return "verdict"
        if self.done.get(one.task):
            return "task"
        contacted = parse_moment(self._value(one, CONTACTED))
        return "contacted" if contacted is not None and contacted > one.at + _OUR_OWN else ""


def look_at(parts: Parts, port: HubSpotPort, due: Sequence[Handed], ids: Mapping[int, str]) -> Look:
    """Look what has become of hand-overs; `ids` are those at HubSpot, by contact. Raises PlatformError."""
    verdict = parts.rulebook.fields.write.sales_verdict.hubspot
    values = port.values_of(sorted(set(ids.values())), (OWNER, CONTACTED, verdict))
    return Look(ids, values, _tasks_done(port, sorted({one.task for one in due if one.task})), verdict)


def _tasks_done(port: HubSpotPort, tasks: Sequence[str]) -> Mapping[str, bool]:
    """Of tasks that HubSpot does not let us read nobody can tell either; the other signs count all the same."""
    try:
        return port.tasks_done(tasks) if tasks else {}
    except PlatformRefused as error:
        log("tasks not read", level="WARNING", kind=type(error).__name__, error=error.message)
        return {}


def _active_owners(port: HubSpotPort) -> Mapping[str, str]:
    """Ids by address; where we may not see who works there, nobody is passed on."""
    try:
        return {owner.email.lower(): owner.id for owner in port.owners()}
    except ScopeMissing as error:
        log("owners not read", level="WARNING", kind=type(error).__name__, error=error.message)
        return {}


def _owners(payload: Mapping[str, object]) -> Sequence[object]:
    owners = payload.get("owners")
    return owners if isinstance(owners, list) else ()


def _whom(turn: Sequence[str], one: Handed, present: str, wanted: Mapping[str, object]) -> str:
    """To whom she is passed on: nobody ("") whose owner a person has set; whom we had begun to pass her on to, if we died."""
    if present == one.owner:
        return _next(turn, one)
    return present if present and present == wanted.get("chosen") else ""


def _next(turn: Sequence[str], one: Handed) -> str:
    """Who comes after the present owner and works in the portal; "" once the turn has come round.

    One who works there no more is not in the turn: so many have had theirs as she was passed on, at the least.
    """
    following = turn[turn.index(one.owner) + 1 :] if one.owner in turn else turn[one.rerouted :]
    return next((each for each in following if each), "")


def _pass_on(
    parts: Parts, port: HubSpotPort, one: Handed, contact_id: str, owner: str, wanted: Mapping[str, object]
) -> int:
    """Give her to the next in turn, with a task of her own; the task at most once. 1 when it is done.

    Should we die after the owner is written, it is known to be ours, and the next look goes on there.
    """
    deadline = Deadline.after(DEADLINE_S, parts.monotonic)
    with parts.engine.begin() as conn:
        handovers.choose_owner(conn, one.intent, owner)
    try:
        about_to_write(parts, HUBSPOT, [Change(contact_id, {OWNER: owner})], {contact_id: {OWNER: one.owner}})
        written_or_raise(port.write([Change(contact_id, {OWNER: owner})], deadline))
        with parts.engine.begin() as conn:
            writer_lock(conn)
            ledger.wrote(conn, HUBSPOT, {contact_id: {OWNER: owner}}, parts.now(), facts=facts_of(parts, HUBSPOT))
            handovers.pass_on(conn, one.id, owner, until_touched(parts))
        rules = parts.rulebook.tracks.handover
        if wanted.get("task") and rules is not None and rules.task is not None:
            task = port.create_task(
                contact_id,
                title=str(wanted["task"]),
                body=str(wanted.get("brief", "")),
                due=in_working_days(parts, rules.task.due),
                owner_id=owner,
                deadline=deadline,
            )
            with parts.engine.begin() as conn:
                handovers.note_task(conn, one.id, task)
    except PlatformError as error:
        log("not passed on", level="WARNING", contact=one.contact, kind=type(error).__name__, error=error.message)
        return 0
    return 1
