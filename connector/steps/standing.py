"""The read right before an enrollment: consent, exclude box and markers, fresh from every platform (promise 1). Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adapters.ports import PlatformError, Standing
from connector.facts import Record, Refusal, normal_email
from connector.steps.parts import HUBSPOT, Parts
from connector.store.ledger import Person


@dataclass(frozen=True, slots=True)
class Asked:
    """What the platforms say of one person right now, by source; `unreadable` are sources that gave no answer."""

    standings: Mapping[str, Standing]
    unreadable: frozenset[str] = frozenset()
    elsewhere: frozenset[Refusal] = frozenset()  # of a member with her address whom we did not know yet ...
    markers: tuple[str, ...] = ()  # ... and the marker that stands there


def ask(parts: Parts, people: Sequence[Person], down: AbstractSet[str] = frozenset()) -> Mapping[int, Asked]:
    """What every platform says of these people now, by contact. Platforms that are `down` count as silent, unasked."""
    found: dict[int, dict[str, Standing]] = defaultdict(dict)
    silent: dict[int, set[str]] = defaultdict(set)
    for source, platform in parts.platforms.items():
        ids = {person.records[source].id: person.contact for person in people if source in person.records}
        if not ids:
            continue
        try:
            standings = {} if source.partition(":")[0] in down else platform.standings(sorted(ids))
        except PlatformError:
            standings = {}
        for platform_id, contact in ids.items():
            if platform_id in standings:
                found[contact][source] = standings[platform_id]
            else:
                silent[contact].add(source)
    asked = {}
    for person in people:
        mine = found[person.contact]
        strangers, mute = _look_elsewhere(parts, mine, down)
        refusals = (parts.consent_of({record.source: record}).general for record in strangers)
        marker = f"merge_fields.{parts.rulebook.fields.write.enrolled.mailchimp or 'TRACKMARK'}"
        asked[person.contact] = Asked(
            mine,
            frozenset(silent[person.contact] | mute),
            frozenset().union(*refusals),
            tuple(record.values.get(marker) or "" for record in strangers),
        )
    return asked


def _look_elsewhere(
    parts: Parts, mine: Mapping[str, Standing], down: AbstractSet[str]
) -> tuple[Sequence[Record], AbstractSet[str]]:
    """Members with the address that HubSpot shows now and whom we do not know as hers, and the sources that are silent.

    An opt-out at Mailchimp counts even where we have not met that member yet, or know her there by another address.
    """
    address = normal_email(mine[HUBSPOT].email or "") if HUBSPOT in mine else ""
    strangers: list[Record] = []
    mute: set[str] = set()
    for source, port in parts.mailchimp.items():
        if not address or (source in mine and normal_email(mine[source].email or "") == address):
            continue
        if source.partition(":")[0] in down:
            mute.add(source)
            continue
        try:
            record = port.member_by_email(address)
        except PlatformError:
            mute.add(source)
            continue
        if record is not None:
            strangers.append(record)
    return strangers, mute
