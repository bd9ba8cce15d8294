"""What sales has made its own since a release: no rollback takes it away from whoever works with her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from connector.scoring.sales import ACCEPTED
from connector.steps.parts import Parts
from connector.steps.sales.overdue import OWNER, look_at
from connector.steps.writes import ACCEPTED_LIFECYCLE
from connector.store import handovers
from connector.store.undo import Overwritten

Held = Mapping[str, Mapping[str, str | None]]


def taken_by_sales(parts: Parts, rows: Sequence[Overwritten], held: Held) -> AbstractSet[tuple[int, str]]:
    """Which of these values at HubSpot stay, by contact and name: the lifecycle stage of whom sales has accepted, and the
    owner of whom somebody has touched since she was handed over. `held` is what stands there now. Raises PlatformError.
    """
    write = parts.rulebook.fields.write
    lifecycle = write.lifecycle.hubspot if write.lifecycle else ""
    accepted = {
        (row.contact, row.name)
        for row in rows
        if row.name == lifecycle and _is_accepted(held.get(row.platform_id, {}), lifecycle, write.sales_verdict.hubspot)
    }
    owned = {row.contact: row.platform_id for row in rows if row.name == OWNER}
    return accepted | {(contact, OWNER) for contact in _touched(parts, owned)}


def _is_accepted(present: Mapping[str, str | None], lifecycle: str, verdict: str) -> bool:
    return present.get(lifecycle) == ACCEPTED_LIFECYCLE and present.get(verdict) == ACCEPTED


def _touched(parts: Parts, ids: Mapping[int, str]) -> AbstractSet[int]:
    with parts.engine.connect() as conn:
        known, open_ = handovers.touched(conn, list(ids)), handovers.open_of(conn, list(ids))
    if not open_ or parts.hubspot is None:
        return known
    look = look_at(parts, parts.hubspot, open_, ids)
    return known | {one.contact for one in open_ if look.touched(one)}
