"""Rolling back: the rulebook from before a release decides again, and what only that release and later ones did is taken back.

It begins in the store, in one transaction; killed anywhere after that, it goes on: by `trellis rollback` again, or by the
worker's next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.change.plan.housekeeping import calls_to_listen, housekeeping_calls
from connector.change.undoable import CannotUndo, Target, target_of
from connector.change.would_go_back import would_go_back
from connector.nurturing.reasons import Left
from connector.rulebook.read import rulebook_from_source
from connector.steps import portal
from connector.steps.alerts import tell_alerts
from connector.steps.alone import alone
from connector.steps.carry_out import carry_out
from connector.steps.enrolling.settle import settle
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.retain import retain
from connector.steps.round import Summary
from connector.steps.undoing.endings import endings, may_go_on, named_sources
from connector.steps.undoing.heard_back import heard_back
from connector.steps.watch import by_platform
from connector.store import releases, rolling_back, state, undo
from connector.store.engine import writer_lock
from connector.store.rolling_back import Begun, LeftBehind
from connector.store.stood import count_stood
from connector.store.undo import Ended, Span

#: Who listens is looked at before a rollback begins, and when it is carried out.
_LOOKS = 2
#: Beyond every number that the store gives.
_NEVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What rolling back came to, or would come to. `release` is its own number; None where nothing was done.

    `values` counts values by what became of them (`store.undo.Ended`; "" is nothing yet), `moved` the contacts who stand as
    before. `taken_out` leave a track; of those in `mailed_on` mails may go on; `withdrawn` are entries and hand-overs that
    waited or were held. `calls` by platform were made, `foreseen` is what
    taking it back would take at the least. What is not `done` waits for a platform.
    """

    release: int | None
    target: Target
    values: Mapping[str, int]
    moved: int
    taken_out: Sequence[Begun]
    mailed_on: Sequence[Begun]
    withdrawn: int
    left_behind: LeftBehind
    summary: Summary
    calls: Mapping[str, int]
    done: bool
    foreseen: Mapping[str, int] = field(default_factory=dict)


def rollback(
    parts: Parts, number: int, *, stop: Callable[[], bool] = lambda: False, patience_s: float = 0
) -> RolledBack:
    """Take back release `number` and all later ones. The rulebook of `parts` is the one from before it (`target_of` tells).

    One that is under way goes on. Another process at work is waited for `patience_s` seconds. A platform that fails is in the
    summary's `errors`: what is left is taken back by later passes. Raises CannotUndo, Busy.
    """
    before = parts.calls()
    with alone(parts.engine, patience_s):
        retain(parts, stop)
        with parts.engine.connect() as conn:
            target = target_of(conn, number, parts.now())
        assert parts.rulebook.hash == target.into.rulebook, "the rulebook from before decides again"
        if target.under_way is None:
            _require_unheard(parts, _span_of(parts, target))
            settle(parts, frozenset())
            with parts.engine.begin() as conn:
                writer_lock(conn)
                by = rolling_back.begin_rollback(conn, target.first, parts.rulebook.hash, parts.today, parts.now())
        else:
            by = target.under_way
        summary = carry_out(parts, stop)
        told = _told(parts, target, by, summary)
    tell_alerts(parts, stop)
    return told(by_platform(parts.calls() - before))


def foresee(parts: Parts, number: int) -> RolledBack:
    """What taking back release `number` would come to by now. It asks the platforms what stands there, and changes nothing.

    Raises CannotUndo, PlatformError.
    """
    before = parts.calls()
    with parts.engine.connect() as conn:
        target = target_of(conn, number, parts.now())
    span = _span_of(parts, target)
    if target.under_way is None:
        _require_unheard(parts, span)
    with parts.engine.connect() as conn:
        moved, behind = count_stood(conn, span), rolling_back.left_behind(conn, target.first.after_intent, _NEVER)
        withdrawn = rolling_back.withdrawn(conn, target.first.after_intent, _NEVER)
    decided = endings(parts, span, target.first, _NEVER)
    found = would_go_back(parts, span, decided)
    values, foreseen = found.values, found.calls
    with parts.engine.connect() as conn:
        values[Ended.STRANDED] += undo.count_elsewhere(conn, span, named_sources(parts.rulebook))
        foreseen[HUBSPOT] += housekeeping_calls(parts, conn)
    if parts.hubspot is not None:
        foreseen[HUBSPOT] += _LOOKS * calls_to_listen(portal.last_reading(parts))
    return RolledBack(
        release=None,
        target=target,
        values=+values,
        moved=moved,
        taken_out=decided.leaving,
        mailed_on=_mailed_on(parts, target, decided.leaving),
        withdrawn=withdrawn,
        left_behind=behind,
        summary=Summary(baseline=False),
        calls=by_platform(parts.calls() - before),
        done=False,
        foreseen=+foreseen,
    )


def _span_of(parts: Parts, target: Target) -> Span:
    """All that is taken back, or would be now."""
    if target.under_way is not None:
        return Span(target.first.id, target.under_way)
    with parts.engine.connect() as conn:
        newest = releases.newest(conn)
    assert newest is not None, "there is one to take back"
    return Span(target.first.id, newest.id + 1)


def _require_unheard(parts: Parts, span: Span) -> None:
    heard = heard_back(parts, span)
    if heard.is_beyond:
        contacts = f"{heard.people:,} contact{'' if heard.people == 1 else 's'}"
        raise CannotUndo(
            f"the values from before may let {contacts} into workflows of the portal"
            f" ({', '.join(heard.flows)}), and the guard allows {heard.room:,} now: switch these off until it is rolled back"
        )


def _told(parts: Parts, target: Target, by: int, summary: Summary) -> Callable[[Mapping[str, int]], RolledBack]:
    with parts.engine.connect() as conn:
        own = releases.release(conn, by)
        assert own is not None, "it has begun"
        span = Span(target.first.id, by)
        leaving = rolling_back.taken_out(conn, Left.ROLLED_BACK, own.after_intent)
        values, moved = undo.count(conn, span), count_stood(conn, span)
        behind = rolling_back.left_behind(conn, target.first.after_intent, own.after_intent)
        withdrawn = rolling_back.withdrawn(conn, target.first.after_intent, own.after_intent)
    mailed_on = _mailed_on(parts, target, leaving)
    return lambda calls: RolledBack(
        by, target, values, moved, leaving, mailed_on, withdrawn, behind, summary, calls, own.done_at is not None
    )


def _mailed_on(parts: Parts, target: Target, leaving: Sequence[Begun]) -> Sequence[Begun]:
    """Whose mails may go on, by all rulebooks that know of the track."""
    with parts.engine.connect() as conn:
        kept = [state.kept_rulebook(conn, one) for one in dict.fromkeys(target.rulebooks)]
    known = [rulebook_from_source(one.source, one.hash) for one in kept if one is not None]
    hearing = portal.hearing(parts)
    return [one for one in leaving if may_go_on(known, hearing, one)]
