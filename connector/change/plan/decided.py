"""What a single judgement of somebody would have done, beside and in the place of what waits for her (store/deciding.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from connector.change.plan.ears import Ears
from connector.change.plan.singly import Single
from connector.change.plan.wishes import AGAIN, NEW, Wish, rank_of, waiting_wish, written_wish
from connector.facts import Refusal
from connector.nurturing.intents import Enter, HandOver, Leave
from connector.nurturing.reasons import Held
from connector.nurturing.ways import source_of
from connector.steps.keep import stays_with_sales
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.sending import moves_back
from connector.store.bulk.waiting import WaitingIntent, standing_wishes
from connector.store.deciding import refused_wishes

_OWNER = "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Decided:
    """What of somebody's judgement is news to the outbox, beside which nothing of the kind stands yet."""

    single: Single
    enters: tuple[Enter, ...]
    leaves: tuple[Leave, ...]
    handover: HandOver | None


def decided(conn: Connection, singles: Sequence[Single], now: datetime) -> Iterator[Decided]:
    """Leave out what stands in the outbox already, and what a person or a platform has refused. Read-only."""
    plans = [(one, one.judged.plan) for one in singles]
    wanted = [
        (
            one.contact,
            enter.track,
            state.matched_since if (state := plan.tracks.get(enter.track)) else one.judged.verdict.day,
        )
        for one, plan in plans
        for enter in plan.enter
    ]
    refused = refused_wishes(conn, wanted, now)
    entering = standing_wishes(conn, "enroll", [one.contact for one, plan in plans if plan.enter], now)
    leaving = standing_wishes(conn, "leave", [one.contact for one, plan in plans if plan.leave], now)
    for one, plan in plans:
        yield Decided(
            one,
            tuple(
                enter
                for enter in plan.enter
                if (enter.contact, enter.track, enter.episode) not in entering
                and (enter.contact, enter.track) not in refused
            ),
            tuple(leave for leave in plan.leave if (leave.contact, leave.track, leave.episode) not in leaving),
            plan.handover,
        )


def wishes_of(
    parts: Parts,
    one: Decided,
    waiting: Sequence[WaitingIntent],
    ears: Ears,
    order: Sequence[str],
    *,
    baseline: bool,
    again: bool,
) -> Iterator[Wish]:
    """Everything that delivering would do for her then, held or not. `waiting` is what waits for her now; `again`: something
    that waited is over.
    """
    her, contact = one.single, one.single.contact
    for intent in waiting:
        if intent.kind != "write" and _goes_on(parts, her, intent):
            yield waiting_wish(
                _renewed(parts, her, intent), asked=her.sources, sought=her.sought, calls=_CALLS_OF_A_TASK
            )
    for source, values in her.writes.items():
        held = her.person.records[source].values
        yield written_wish(
            contact,
            source,
            waiting,
            moved=her.judged.step.moved and not baseline,
            heard=source == HUBSPOT and ears.hear(values, held),
            empty=source == HUBSPOT and _moves_back(parts, values, held, order),
        )
    for enter in one.enters:
        yield Wish(
            contact,
            "enroll",
            enter.ways[0].source,
            (AGAIN if again else NEW, contact),
            track=enter.track,
            way=enter.ways[0].key,
            segment=enter.ways[0].segment,
            due=enter.not_before <= parts.now(),
            not_before=enter.not_before,
            rank=rank_of(parts.rulebook.tracks.tracks[enter.track].priority, her.judged.verdict.score),
            asked=her.sources,
            sought=her.sought,
        )
    for leave in one.leaves:
        yield Wish(contact, "leave", source_of(leave.key), (NEW, contact), track=leave.track, way=leave.key)
    if one.handover is not None:
        calls = _calls_to_hand_over(parts, her, one.handover)
        heard = ears.hear_owners and bool(one.handover.owners)
        yield Wish(contact, "handover", HUBSPOT, (NEW, contact), heard=heard, calls=calls)


def _renewed(parts: Parts, her: Single, one: WaitingIntent) -> WaitingIntent:
    """What waits as it would be wanted now: an enrollment as early, and as urgent, as the new rulebook makes it."""
    for enter in her.judged.plan.enter if one.kind == "enroll" else ():
        if (enter.track, enter.episode) == (one.track, one.episode):
            begins, now = min(one.not_before, enter.not_before), parts.now()
            due = one.due or begins <= now < one.not_before
            priority = parts.rulebook.tracks.tracks[enter.track].priority
            urgent = {"priority": priority, "score": her.judged.verdict.score}
            return replace(one, not_before=begins, due=due, payload={**one.payload, **urgent})
    return one


#: A hand-over that waits is looked at, gets its owner and its task: about so many calls.
_CALLS_OF_A_TASK = 3


def _goes_on(parts: Parts, her: Single, one: WaitingIntent) -> bool:
    plan = her.judged.plan
    match one.kind:
        case "enroll":
            undecided: AbstractSet[str] = {
                no.track for no in plan.refused if no.reason in (Refusal.UNREADABLE, Held.STALE)
            }
            wanted = {(enter.track, enter.episode) for enter in plan.enter}
            return (one.track, one.episode) in wanted or (one.approved and one.track in undecided)
        case "leave":
            state = plan.tracks.get(one.track)
            leaves = {leave.track for leave in plan.leave}
            return state is None or not state.matched or one.track in leaves
        case _:
            stays = her.person.handed_over and stays_with_sales(parts, her.person, her.judged.step.after.stage)
            return plan.handover is not None or stays


def _calls_to_hand_over(parts: Parts, her: Single, over: HandOver) -> int:
    """The look at who she is now, the write of owner or spent verdict, the task and the note (steps/sales/hand_over.py)."""
    record = her.person.records.get(HUBSPOT)
    if record is None:
        return 0
    verdict = record.values.get(parts.rulebook.fields.write.sales_verdict.hubspot)
    writes = bool(verdict) or (bool(over.owners) and not record.values.get(_OWNER))
    return 1 + writes + bool(over.task) + over.note


def _moves_back(parts: Parts, values: Mapping[str, str], held: Mapping[str, str | None], order: Sequence[str]) -> bool:
    write = parts.rulebook.fields.write.lifecycle
    if write is None or write.when != "both":
        return False
    return moves_back(values.get(write.hubspot), held.get(write.hubspot), order)
