"""The read right before an enrollment: consent, exclude box and markers, fresh from every platform (promise 1). Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adapters.ports import PlatformError, Standing
from connector.facts import Refusal
from connector.steps.parts import HUBSPOT, Parts
from connector.store.ledger import Person


@dataclass(frozen=True, slots=True)
class Asked:
    """What the platforms say of one person right now, by source; `unreadable` are sources that gave no answer."""

    standings: Mapping[str, Standing]
    unreadable: frozenset[str] = frozenset()
    elsewhere: frozenset[Refusal] = frozenset()  # of a member with her address whom we did not know yet


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
        elsewhere, mute = _look_elsewhere(parts, person, mine, down)
        asked[person.contact] = Asked(mine, frozenset(silent[person.contact] | mute), elsewhere)
    return asked


def _look_elsewhere(
    parts: Parts, person: Person, mine: Mapping[str, Standing], down: AbstractSet[str]
) -> tuple[frozenset[Refusal], frozenset[str]]:
    """An opt-out at Mailchimp counts even where we have not met that member yet: ask by the address HubSpot shows now."""
    email = mine[HUBSPOT].email if HUBSPOT in mine else None
    refusals: frozenset[Refusal] = frozenset()
    mute: set[str] = set()
    for source, port in parts.mailchimp.items():
        if source in person.records or not email:
            continue
        if source.partition(":")[0] in down:
            mute.add(source)
            continue
        try:
            record = port.member_by_email(email)
        except PlatformError:
            mute.add(source)
            continue
        if record is not None:
            refusals |= parts.consent_of({source: record}).general
    return refusals, frozenset(mute)
