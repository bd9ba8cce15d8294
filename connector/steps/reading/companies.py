"""The companies of our contacts: once each, again when they change."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.ports import HubSpotPort
from connector.rulebook.mapping import company_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.cursors import OVERLAP, cursor, known_until, set_cursor
from connector.store import companies
from connector.store.engine import writer_lock


def read_companies(parts: Parts, port: HubSpotPort) -> None:
    """Read those that are new to us or have changed, where fields.yaml asks for any. Raises PlatformError."""
    if not company_properties(parts.rulebook.fields):
        return
    until = parts.now()
    since = cursor(parts, HUBSPOT, "companies")
    known = known_until(parts, HUBSPOT)
    since = min(since, known) if since and known else since
    with parts.engine.connect() as conn:
        unknown = companies.unknown(conn)
    changed = port.changed_companies(since - OVERLAP, until) if since else ()
    with parts.engine.connect() as conn:
        changed = companies.of_our_contacts(conn, changed)
    refresh_companies(parts, port, [*unknown, *changed])
    set_cursor(parts, HUBSPOT, "companies", until)


def refresh_companies(parts: Parts, port: HubSpotPort, ids: Iterable[str]) -> None:
    """Read these companies again; contacts of those that changed are judged anew. Raises PlatformError."""
    wanted = sorted(set(ids))
    if not wanted:
        return
    values = port.company_values(wanted)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        companies.keep(conn, {one: values.get(one, {}) for one in wanted}, parts.now())
