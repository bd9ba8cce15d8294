"""Contacts of one kind: many were refused for what they are, and a rule of the portal treats those who are alike alike.

HubSpot names the property that a rule wants filled in, not when it is wanted; most rules hang on a lifecycle stage or a
lead status. One read per 100 contacts tells all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.read import read_values
from adapters.ports import Change, Deadline, PlatformError

_RULES_HANG_ON = ("lifecyclestage", "hs_lead_status")
_PROBES = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows whose contacts are alike; `clear` if they have all that the rules are known to want."""

    rows: Sequence[Change]
    clear: bool


def kinds_of(
    client: HubSpotClient, rows: Sequence[Change], wanted: Collection[str], deadline: Deadline | None
) -> list[Kind]:
    """The rows by kind, the largest first; all of one kind where the contacts cannot be read."""
    names = (*sorted(wanted), *_RULES_HANG_ON)
    try:
        values = read_values(client, "contacts_read", [row.id for row in rows], names, deadline)
    except PlatformError:
        return [Kind(rows, clear=False)]
    kinds: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for row in rows:
        held = values.get(row.id)
        shared = None if held is None else tuple(held.get(name) for name in _RULES_HANG_ON)
        kinds[held is not None and _has_all(held, wanted), shared].append(row)
    found = [Kind(some, clear=bool(key[0])) for key, some in kinds.items()]
    return sorted(found, key=lambda kind: len(kind.rows), reverse=True)


def probes_of(rows: Sequence[Change]) -> Sequence[Change]:
    """A few rows at random, others whenever the values to write are others."""
    return sorted(rows, key=lambda row: crc32(repr((row.id, sorted(row.values.items()))).encode()))[:_PROBES]


def _has_all(held: Mapping[str, str | None], wanted: Collection[str]) -> bool:
    return bool(wanted) and all(held.get(name) for name in wanted)
