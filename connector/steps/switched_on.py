"""A platform that was off for a while: whoever was judged meanwhile was not written to there, and may be due for nothing."""

from __future__ import annotations

from connector.steps.parts import Parts
from connector.store import ledger, state
from connector.store.engine import writer_lock

#: Under this name the store remembers which sources were on when people were last judged.
_OURS, _ON = "trellis", "on"


def look_again_where_switched_on(parts: Parts) -> None:
    """Mark everybody on a source that is on again for a new judgement; one small question where nothing was switched."""
    present = sorted(parts.platforms)
    with parts.engine.connect() as conn:
        kept = state.get_cursor(conn, _OURS, _ON)
    if kept == ",".join(present):
        return
    before = present if kept is None else kept.split(",")
    with parts.engine.begin() as conn:
        writer_lock(conn)
        ledger.mark_judged_on(conn, [source for source in present if source not in before])
        state.set_cursor(conn, _OURS, _ON, ",".join(present), parts.now())
