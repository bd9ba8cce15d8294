"""A rollback, once it has begun in the store: each pass takes it as far as the platforms let it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from adapters.ports import PlatformError
from connector.nurturing.reasons import Left
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.tally import Tally
from connector.steps.undoing.at_hand import Rollback, rollback_at_hand
from connector.steps.undoing.endings import endings, kept_names, named_sources
from connector.steps.undoing.put_back import put_back
from connector.store import rolling_back, undo
from connector.store.engine import writer_lock
from connector.store.undo import Ended


def go_on(
    parts: Parts, down: AbstractSet[str], errors: list[PlatformError], stop: Callable[[], bool] = lambda: False
) -> Tally:
    """Take the rollback under way further, if there is one, before anybody is judged: who leaves and who stays with sales is
    decided, then values are put back, but on platforms that are `down`.

    Raises PlatformError only where the portal's order of stages is not cached and cannot be read.
    """
    tally: Tally = Counter()
    rollback = rollback_at_hand(parts)
    if rollback is None:
        return tally
    with parts.engine.begin() as conn:
        tally[str(Ended.STRANDED)] += undo.end_elsewhere(conn, rollback.span, named_sources(parts.rulebook))
    if rollback.judges_first:
        tally["taken out"] += _end_what_began(parts, rollback)
    for source in parts.platforms:
        if source.partition(":")[0] not in down and not stop():
            tally += put_back(parts, rollback.span, source, errors, stop)
    return +tally


def _end_what_began(parts: Parts, rollback: Rollback) -> int:
    """Whoever is decided on twice, because we died in between, ends the same."""
    found = endings(parts, rollback.span, rollback.first, rollback.by.after_intent)
    owned = [(one, name) for one in found.stays for name in kept_names(parts)]
    with parts.engine.begin() as conn:
        writer_lock(conn)
        rolling_back.take_out(conn, found.leaving, Left.ROLLED_BACK, parts.now())
        rolling_back.stay_handed_over(conn, found.stays)
        undo.end(conn, rollback.span, HUBSPOT, owned, Ended.KEPT)
    return len(found.leaving)
