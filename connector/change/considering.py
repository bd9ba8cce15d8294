"""What becomes of changed files: their plan is figured, and where nobody need look at it, applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from adapters.ports import PlatformError
from connector.change.apply import Moved
from connector.change.by_itself import for_a_person
from connector.change.cases import failures
from connector.change.noticed import Size
from connector.change.plan.figure import figure
from connector.change.plan.plan import Plan
from connector.change.small import why_it_waits
from connector.change.watching import Considered
from connector.rulebook.opens import opens_alone
from connector.rulebook.problems import RulebookError
from connector.rulebook.read_cases import read_cases
from connector.rulebook.types import Rulebook
from connector.steps import portal
from connector.steps.parts import Parts
from connector.steps.provision import provision
from connector.steps.sync import Busy, is_baseline
from connector.store.holds import enrolled_since, moves_delivered
from connector.store.releases import taken_back

#: People change while a plan is figured, too.
_ATTEMPTS = 2

_KEYS_TOLD = 3


def consider(
    parts: Parts, active: Rulebook, folder: Path, *, release: Callable[[Parts, Plan], int] | None
) -> Considered:
    """Figure what the rulebook of `parts`, read from `folder`, would change. Asks the platforms only what they lack.

    `release` applies a plan, and is called for one that is small and safe; None: for none. Raises StoreUnavailable.
    """
    reason = ""
    for _ in range(_ATTEMPTS):
        plan = _plan(parts, active)
        if release is None:
            break
        reason = _why_it_waits(parts, plan, active, folder)
        if reason:
            break
        try:
            return Considered(size_of(plan), release=release(parts, plan))
        except Moved as error:
            reason = str(error)
        except (Busy, portal.PortalMismatch) as error:
            return Considered(size_of(plan), str(error))
        except PlatformError as error:  # what a platform says may be long, and is in the log of the next pass
            return Considered(size_of(plan), f"{error.platform} failed while it was applied ({type(error).__name__})")
    return Considered(size_of(plan), reason)


def size_of(plan: Plan) -> Size:
    """A plan in figures."""
    return Size(
        moves=len(plan.moves),
        enters=len(plan.enters),
        leaves=len(plan.leaves),
        handovers=len(plan.handovers),
        writes=sum(plan.cost.writes.values()),
        calls=sum(plan.cost.calls.values()),
        held=sum(plan.held.values()),
        creates=len(plan.creates),
        reads=0 if plan.newly_read is None else len(plan.newly_read.names),
    )


def _plan(parts: Parts, active: Rulebook) -> Plan:
    lacking = provision(parts, dry_run=True, webhook_url=None)
    plan = figure(parts, active, creates=tuple(lacking.lines), reading=portal.look(parts))
    return replace(plan, uncreated=" ".join(type(error).__name__ for error in lacking.errors))


def _why_it_waits(parts: Parts, plan: Plan, active: Rulebook, folder: Path) -> str:
    """Nothing, where nobody need look at this plan; the dearest look comes last."""
    if is_baseline(parts):
        return "the first pass is not over"
    with parts.engine.connect() as conn:
        if taken_back(conn, parts.rulebook.hash):
            return "it was rolled back"
        moved, enrolled = moves_delivered(conn, parts.now()), enrolled_since(conn, parts.now())
    return (
        why_it_waits(plan, active.tracks.guard, moved=moved, enrolled=enrolled)
        or _of_cases(folder, parts.rulebook)
        or _of_portal(parts)
        or _of_keys(active, parts.rulebook)
    )


def _of_keys(active: Rulebook, files: Rulebook) -> str:
    """What no plan of today shows."""
    keys = for_a_person(active, files)
    if keys:
        others = f" and {len(keys) - _KEYS_TOLD} more" if len(keys) > _KEYS_TOLD else ""
        return f"{', '.join(keys[:_KEYS_TOLD])}{others} is for a person to apply"
    return "opens alone could change a stage: `trellis check` says how" if opens_alone(files) else ""


def _of_cases(folder: Path, rulebook: Rulebook) -> str:
    try:
        failed = failures(read_cases(folder, rulebook), rulebook)
    except RulebookError:
        return "the golden people cannot be read: `trellis test` says why"
    return f"{len(failed):,} golden people come out otherwise: `trellis test` says who" if failed else ""


def _of_portal(parts: Parts) -> str:
    """What would stop every pass as soon as these files decide."""
    try:
        portal.require(parts)
        for source in parts.mailchimp:
            portal.require_audience(parts, source)
    except portal.PortalMismatch as error:
        return error.findings[0]
    except PlatformError as error:
        return f"{error.platform} could not be asked whether it fits ({type(error).__name__})"
    return ""
