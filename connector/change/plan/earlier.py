"""The lines of receipts that are kept, whichever rulebook made them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from connector.rulebook.read import rulebook_from_source
from connector.rulebook.types import Rulebook
from connector.scoring.packed import Packing
from connector.scoring.verdict import Line
from connector.store import state
from connector.store.bulk.receipts import read_receipts


class EarlierLines:
    """Unpacks receipts, each by its own rulebook: of whoever kept her verdict through a change, that is an older one."""

    def __init__(self, conn: Connection, known: Sequence[Rulebook]) -> None:
        self._conn = conn
        self._packings: dict[str, Packing | None] = {one.hash: Packing(one) for one in known}

    def of(self, contacts: Sequence[int]) -> Mapping[int, tuple[Line, ...]]:
        """The lines by contact, assets apart; none of whose receipt nobody can read any more."""
        lines = {}
        for contact, kept in read_receipts(self._conn, contacts).items():
            packing = self._packing(kept.made_by)
            if packing is not None:
                lines[contact] = packing.unpack(kept.packed, kept.model, kept.score, defaultdict(str)).lines
        return lines

    def _packing(self, made_by: str) -> Packing | None:
        if made_by not in self._packings:
            kept = state.kept_rulebook(self._conn, made_by) if made_by else None
            self._packings[made_by] = None if kept is None else Packing(rulebook_from_source(kept.source, kept.hash))
        return self._packings[made_by]
