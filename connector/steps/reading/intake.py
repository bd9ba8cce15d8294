"""Records into the ledger, wherever they come from: a poll, a webhook, a question by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import Found
from connector.facts import Record
from connector.steps.parts import Parts
from connector.steps.reading.counters import acts_of, keep_acts
from connector.steps.reading.groups import in_groups
from connector.steps.tally import Tally
from connector.store import failures, ledger
from connector.store.engine import writer_lock
from connector.store.failures import Failing

#: The step under which failures name whom nobody could read.
READ = "read"

_ASKED_AT_ONCE = 1000


def take_in(
    parts: Parts, source: str, records: Sequence[Record], unreadable: Mapping[str, str] = MappingProxyType({})
) -> Tally:
    """Put records of a source into the ledger, with the acts that their counters tell of; in one transaction.

    Those that are `unreadable` (id → reason) are listed as failures until they can be read.
    """
    tally: Tally = Counter()
    with parts.engine.begin() as conn:
        writer_lock(conn)
        now = parts.now()
        taken = ledger.take_in(conn, records, now)
        if taken.changed:
            ledger.settle_conflicts(conn, now)
        acts = acts_of(conn, taken.changed.values(), parts.rulebook.fields, now)
        tally["events"] = keep_acts(conn, acts, parts.rulebook.fields, taken.newcomers)
        failures.resolve_failures(conn, step=READ, source=source, platform_ids=[one.id for one in records], at=now)
        failures.record_failures(
            conn, [Failing(one, None, why) for one, why in unreadable.items()], step=READ, source=source, at=now
        )
    tally["read"], tally["changed"], tally["unreadable"] = len(records), len(taken.changed), len(unreadable)
    return tally


def read_by_ids(parts: Parts, source: str, port: HubSpotPort | MailchimpPort, ids: Sequence[str]) -> Tally:
    """Ask for these ids: who is there is taken in, who is really not there any more is marked so.

    Raises PlatformError; those before are kept.
    """
    tally: Tally = Counter()
    for some in in_groups(ids, _ASKED_AT_ONCE):
        tally += take_in_found(parts, source, port.by_ids(some))
    return tally


def take_in_found(parts: Parts, source: str, found: Found) -> Tally:
    """Take in what a platform answered about some ids: who is there, and who is really not there any more."""
    tally = take_in(parts, source, found.records, found.unreadable)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        now = parts.now()
        tally["gone"] += ledger.mark_archived(conn, source, found.missing, now)
        failures.resolve_failures(conn, step=READ, source=source, platform_ids=found.missing, at=now)
    return tally
