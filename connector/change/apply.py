"""Applying: what is missing is created, a rulebook made active, everybody judged by it, and all that is due delivered.

Killed anywhere, it goes on: by `trellis apply` again, or by the worker's next pass, to the same end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connector.change.moved import Moved, require_same
from connector.change.plan.figure import figure
from connector.change.plan.plan import Plan
from connector.rulebook.read import rulebook_from_source
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.alerts import tell_alerts
from connector.steps.alone import alone
from connector.steps.carry_out import carry_out
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.steps.retain import retain
from connector.steps.round import Summary
from connector.steps.undoing.at_hand import rollback_of
from connector.steps.watch import by_platform
from connector.store import ledger, releases, state, undo
from connector.store.engine import writer_lock

__all__ = ["Applied", "Moved", "apply"]

#: So long a plan of the ledger's present position is what it was: somebody may have approved, discarded or rolled back since,
#: or brought it from another store that stands at that position, too.
_FRESH = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying came to: the number of the release, and what judging and delivering did.

    `created` is what was made on the platforms, `calls` those made by platform, `foreseen` those of the
    plan, where the release began by it. What is not
    `done` waits for a platform; the worker, or `trellis apply` again, goes on with it.
    """

    release: int
    summary: Summary
    created: tuple[str, ...]
    calls: Mapping[str, int]
    foreseen: Mapping[str, int]
    done: bool


def apply(parts: Parts, plan: Plan, *, stop: Callable[[], bool] = lambda: False, patience_s: float = 0) -> Applied:
    """Do what a plan says, and make its rulebook, which is that of `parts`, the active one.

    Where it is the active one already, what is left of its release is done. Another process at work is waited for
    `patience_s` seconds. A platform that fails while it delivers is in the summary's `errors`.

    Raises Moved for a plan that does not fit, or no more; Busy; PortalMismatch, or PlatformError where something could not
    be created or looked at: then the rulebook that decided goes on deciding. Before the first whole pass nobody was judged
    yet, and there is nothing to apply: `is_baseline` tells.
    """
    before = parts.calls()
    with alone(parts.engine, patience_s):
        retain(parts, stop)
        number, created, begun = _made_active(parts, plan)
        summary = carry_out(parts, stop)
        with parts.engine.connect() as conn:
            present = releases.release(conn, number)
    tell_alerts(parts, stop)
    made = by_platform(parts.calls() - before)
    done = present is not None and present.done_at is not None
    return Applied(number, summary, created, made, plan.cost.calls if begun else {}, done)


def _made_active(parts: Parts, plan: Plan) -> tuple[int, tuple[str, ...], bool]:
    """Returns the number of the release, what was created, and whether it begins here."""
    with parts.engine.connect() as conn:
        active, present = state.active(conn), releases.newest(conn)
        rolling = rollback_of(conn, present)
        half_back = rolling is not None and (rolling.judges_first or undo.is_open(conn, rolling.span, parts.platforms))
    if plan.versus is not None:
        raise Moved("this plan compares two rulebooks, and cannot be applied: make one without --versus")
    if plan.rulebook != parts.rulebook.hash:
        raise Moved("the files say something else than those that the plan was made from: make a new plan")
    if active is not None and active.hash == plan.rulebook:
        return active.release, (), False
    if rolling is not None and half_back:
        raise Moved(
            f"release {rolling.first.id} is being rolled back: let `trellis rollback {rolling.first.id}` end first"
        )
    _require_fit(parts, plan, None if active is None else rulebook_from_source(active.source, active.hash))
    created = _create(parts) if plan.creates else ()
    if parts.hubspot is not None:
        portal.require(parts)
    for source in parts.mailchimp:
        portal.require_audience(parts, source)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        rulebook = parts.rulebook
        number = state.activate(conn, rulebook.hash, rulebook.source, parts.now(), plan=counts(plan))
    return number, created, True


def _require_fit(parts: Parts, plan: Plan, active: Rulebook | None) -> None:
    if plan.active != (None if active is None else active.hash):
        raise Moved("another rulebook was made active since the plan was made: make a new plan")
    with parts.engine.connect() as conn:
        position = ledger.position(conn)
    fresh = abs(parts.now() - plan.made_at) < _FRESH
    if not fresh or (position, parts.today) != (plan.position, plan.day):
        require_same(plan, figure(parts, active, creates=plan.creates, reading=portal.look(parts)))


def _create(parts: Parts) -> tuple[str, ...]:
    done = provision(parts, dry_run=False, webhook_url=None)
    if done.errors:
        raise done.errors[0]
    return tuple(done.lines)


def counts(plan: Plan) -> Mapping[str, Any]:
    """What is kept of a plan with its release: how many, and nobody."""
    moves = Counter(f"{one.before or ''}>{one.after}" for one in plan.moves)
    return {
        "made_at": plan.made_at.isoformat(),
        "day": plan.day.isoformat(),
        "position": plan.position,
        "contacts": plan.contacts,
        "moves": dict(moves),
        "enters": dict(Counter(one.track for one in plan.enters)),
        "leaves": dict(Counter(one.track for one in plan.leaves)),
        "handovers": len(plan.handovers),
        "creates": list(plan.creates),
        "writes": dict(plan.cost.writes),
        "calls": dict(plan.cost.calls),
        "held": dict(plan.held),
    }
