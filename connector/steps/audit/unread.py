"""Up to when each source has been read, and what of it was never read. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.rulebook.mapping import MERGE_FIELDS, company_properties, hubspot_properties, mailchimp_merge_fields
from connector.steps.audit.report import Line, Reading, Section, section
from connector.steps.parts import HUBSPOT, Parts
from connector.store import audit, audit_values, companies, failures, past, state


def sources(parts: Parts, conn: Connection) -> Sequence[str]:
    """Every source that is on, or of which something is kept; HubSpot first."""
    return list(dict.fromkeys((*parts.platforms, *audit.sources(conn))))


def reading(conn: Connection, source: str) -> Reading:
    """How far a source has been read."""
    until = state.get_cursor(conn, source, "records")
    return Reading(source, datetime.fromisoformat(until) if until else None, state.baseline_done(conn, source))


def unread(parts: Parts, conn: Connection, those: Sequence[str], limit: int) -> Section:
    """Sources, histories, companies, properties and rows that have not been read."""
    return section(
        "unread",
        "Never read",
        [*_sources(conn, those), *_streams(parts, conn), *_names(parts, conn, those), *_rows(conn, limit)],
        "`trellis sync` reads on; `trellis sync --full` reads newly mapped properties of everybody; `trellis failures list`"
        " says why a row could not be read",
    )


def _sources(conn: Connection, those: Sequence[str]) -> Iterator[Line]:
    for source in those:
        if reading(conn, source).until is None:
            yield Line(f"{source} as a whole", 1)


def _streams(parts: Parts, conn: Connection) -> Iterator[Line]:
    yield Line("histories of contacts at hubspot", past.count_to_read(conn))
    if company_properties(parts.rulebook.fields):
        yield Line("companies of contacts", len(companies.unknown(conn)))


def _names(parts: Parts, conn: Connection, those: Sequence[str]) -> Iterator[Line]:
    """Names that the rulebook reads and that stand in no record: mapped since, or unknown to the platform."""
    for source in those:
        if source == HUBSPOT:
            names = hubspot_properties(parts.rulebook.fields, parts.rulebook.tracks)
        else:
            names = tuple(f"{MERGE_FIELDS}{tag}" for tag in mailchimp_merge_fields(parts.rulebook.fields))
        for name in audit_values.never_held(conn, source, names):
            yield Line(f"{source} {name}", 1)


def _rows(conn: Connection, limit: int) -> Iterator[Line]:
    found = failures.list_failures(conn, step="read", limit=failures.count_open(conn) or 1)
    for source in sorted({one.source for one in found}):
        own = [one.platform_id for one in found if one.source == source]
        yield Line(f"rows of {source} that could not be read", len(own), tuple(own[:limit]))
