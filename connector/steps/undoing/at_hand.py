"""The rollback that is under way: what it takes back, and whether everybody has been judged since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from connector.steps.parts import Parts
from connector.store import releases, undo
from connector.store.judgement import Judgement
from connector.store.releases import Kind, Release
from connector.store.undo import Span


@dataclass(frozen=True, slots=True)
class Rollback:
    """A rollback (`by`) that is not done, and the `first` release that it takes back."""

    first: Release
    by: Release

    @property
    def span(self) -> Span:
        """All that it takes back."""
        return Span(self.first.id, self.by.id)

    @property
    def judges_first(self) -> bool:
        """True while not everybody has been judged since."""
        return self.by.judged_at is None


def rollback_at_hand(parts: Parts) -> Rollback | None:
    """The one under way, if there is one. Read-only."""
    with parts.engine.connect() as conn:
        return rollback_of(conn, releases.newest(conn))


def rollback_of(conn: Connection, by: Release | None) -> Rollback | None:
    """The same, by the newest release. Read-only."""
    if by is None or by.kind is not Kind.ROLLBACK or by.undoes is None or by.done_at is not None:
        return None
    first = releases.release(conn, by.undoes)
    return None if first is None else Rollback(first, by)


def without_open(conn: Connection, span: Span, rows: Sequence[Judgement]) -> list[Judgement]:
    """Judgements that ask for no write to where something of their contact is still to be put back: it comes first."""
    still = undo.sources_open(conn, span, [row.contact for row in rows])
    return [
        replace(
            row, writes={source: values for source, values in row.writes.items() if source not in still[row.contact]}
        )
        if row.contact in still
        else row
        for row in rows
    ]
