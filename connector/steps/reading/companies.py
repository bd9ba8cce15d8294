"""The companies of our contacts: once each, again when they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from adapters.hubspot_port import HubSpotPort
from connector.rulebook.mapping import company_properties
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.reading.cursors import OVERLAP, cursor, known_until, set_cursor
from connector.steps.reading.groups import in_groups
from connector.steps.tally import Tally
from connector.store import companies
from connector.store.engine import writer_lock

#: Companies of one transaction.
GROUP = 2000


def read_companies(
    parts: Parts,
    port: HubSpotPort,
    *,
    full: bool = False,
    pause: Callable[[], None] = lambda: None,
    group: int = GROUP,
) -> Tally:
    """Read those that are new to us or have changed, or with `full` all of them, where fields.yaml asks for any.

    `pause` is called between transactions, of `group` companies each. Raises PlatformError; those that were read by then are
    kept.
    """
    tally: Tally = Counter()
    if not company_properties(parts.rulebook.fields):
        return tally
    until = parts.now()
    since = cursor(parts, HUBSPOT, "companies")
    changed = port.changed_companies(since - OVERLAP, until) if since and not full else ()
    with parts.engine.connect() as conn:
        known = companies.ids(conn) if full else companies.of_our_contacts(conn, changed)
        wanted = [*companies.unknown(conn), *known]
    for some in in_groups(wanted, group):
        refresh_companies(parts, port, some)
        tally["companies"] += len(some)
        pause()
    set_cursor(parts, HUBSPOT, "companies", min(until, known_until(parts, HUBSPOT) or until))
    return tally


def refresh_companies(parts: Parts, port: HubSpotPort, ids: Iterable[str]) -> None:
    """Read these companies again; contacts of those that changed are judged anew. Raises PlatformError."""
    wanted = sorted(set(ids))
    if not wanted:
        return
    values = port.company_values(wanted)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        companies.keep(conn, {one: values.get(one, {}) for one in wanted}, parts.now())
