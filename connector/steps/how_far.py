"""How far the release has come whose rulebook decides: whether everybody has been judged by it, and all is delivered."""

from __future__ import annotations

from connector.steps.parts import Parts
from connector.steps.undoing.at_hand import rollback_of
from connector.store import ledger, releases, undo


def note_how_far(parts: Parts) -> None:
    """Note it once it is so; until then each pass looks."""
    with parts.engine.begin() as conn:
        present = releases.newest(conn)
        if present is None or present.done_at is not None or present.rulebook != parts.rulebook.hash:
            return
        due = ledger.count_to_judge(conn, parts.today, parts.rulebook.hash)
        if due and ledger.swept(conn, parts.rulebook.hash) < 0:
            return
        releases.note_judged(conn, present.id, parts.now())
        if due:
            return  # what was delivered may be news itself
        rollback = rollback_of(conn, present)
        open_ = rollback is not None and undo.is_open(conn, rollback.span)
        if not open_ and not releases.has_work_left(conn, present, parts.platforms):
            releases.note_done(conn, present.id, parts.now())
