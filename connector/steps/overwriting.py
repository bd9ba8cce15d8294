"""Before values are overwritten: what stands there is kept, so that the release that decides can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.ports import Change
from connector.steps.parts import Parts
from connector.steps.sending import Held
from connector.store import releases, undo
from connector.store.engine import writer_lock


def about_to_write(parts: Parts, source: str, rows: Sequence[Change], held: Held) -> None:
    """Keep what these rows are about to replace; `held` is what the platform holds, by record id, as far as we know.

    It is kept before the bytes leave, and costs nothing where the release cannot be taken back (the first one, old ones).
    """
    if not rows:
        return
    with parts.engine.begin() as conn:
        present = releases.newest(conn)
        if present is None or not present.can_be_undone(parts.now()):
            return
        writer_lock(conn)
        replacing = {
            row.id: {name: (held.get(row.id, {}).get(name) or None, value) for name, value in row.values.items()}
            for row in rows
        }
        undo.keep(conn, present.id, source, replacing, parts.now())
