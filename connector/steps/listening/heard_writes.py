"""Writes that enroll: a stage or an owner that a marketer's workflow listens to lets people into it (promise 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from adapters.ports import Flow
from connector.steps import portal
from connector.steps.listening.listeners import OWNER, lets_in, outputs
from connector.steps.parts import HUBSPOT, Parts
from connector.store import ledger
from connector.store.heard import Waiting, hold_heard_beyond, waiting_for


def hold_heard(parts: Parts) -> int:
    """Beyond the guard's enrollments in 24 h, hold what waits and a switched-on workflow was last seen to hear.

    A reading that is old counts as well: who could not be looked at since has hardly become fewer.
    """
    last = portal.last_reading(parts) if parts.hubspot is not None else None
    if last is None:
        return 0
    on = [flow for flow in last.flows if flow.enabled is not False]
    names = [name for name in outputs(parts.rulebook) if any(flow.looks_at("property", name) for flow in on)]
    with parts.engine.begin() as conn:
        waiting = [one for one in (waiting_for(conn, names) if names else ()) if _may_hear(on, one, names)]
        held = ledger.held_values(conn, HUBSPOT, [one.contact for one in waiting])
        before = {contact: values for contact, (_, values) in held.items()}
        heard = [one.id for one in waiting if _may_hear(on, one, names, before.get(one.contact))]
        return hold_heard_beyond(conn, heard, parts.rulebook.tracks.guard.enrollments, parts.now())


def owners_are_heard(parts: Parts) -> bool:
    """Whether a workflow that is not known to be off was last seen to let people in by whose they are."""
    last = portal.last_reading(parts) if parts.hubspot is not None else None
    return last is not None and any(
        flow.enabled is not False and flow.looks_at("property", OWNER) for flow in last.flows
    )


def _may_hear(
    flows: Sequence[Flow], one: Waiting, names: Collection[str], before: Mapping[str, str | None] | None = None
) -> bool:
    """Whether any of them may let her in for it; `before` is what HubSpot holds of her, None or empty if that is not known."""
    if one.kind == "handover":  # the owner's id is not known yet, only the address
        return bool(one.payload.get("owners")) and OWNER in names
    wanted: Mapping[str, str] = one.payload["values"]
    return any(
        lets_in(flow, name, value, (before.get(name) or "") if before else None)
        for name, value in wanted.items()
        for flow in flows
    )
