"""The read right before an enrollment: consent, exclude box and markers, fresh from every platform (promise 1). Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
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
    elsewhere: frozenset[Refusal] = frozenset()  # of records with her address that we did not know as hers,
    hubspot_types: frozenset[str] = frozenset()  # the subscription types opted out of there,
    markers: tuple[str, ...] = ()  # and the markers that stand there


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
        said = [parts.consent_of({record.source: record}) for record in strangers]
        asked[person.contact] = Asked(
            mine,
            frozenset(silent[person.contact] | mute),
            frozenset().union(*(consent.general for consent in said)),
            frozenset().union(*(consent.hubspot_types for consent in said)),
            tuple(_marker(parts, record) for record in strangers),
        )
    return asked


def _marker(parts: Parts, record: Record) -> str:
    enrolled = parts.rulebook.fields.write.enrolled
    name = enrolled.hubspot if record.source == HUBSPOT else f"merge_fields.{enrolled.mailchimp or 'TRACKMARK'}"
    return record.values.get(name) or ""


def _look_elsewhere(
    parts: Parts, mine: Mapping[str, Standing], down: AbstractSet[str]
) -> tuple[Sequence[Record], AbstractSet[str]]:
    """Records with her present address that we do not know as hers, and the sources that are silent.

    A no counts even where we have not met that record yet, or know her there by another address. HubSpot's address is the
    one that is asked for; Mailchimp's where HubSpot does not know her.
    """
    told = (mine[source].email for source in (HUBSPOT, *parts.mailchimp) if source in mine)
    address = normal_email(next(filter(None, told), ""))
    strangers: list[Record] = []
    mute: set[str] = set()
    for source, find in _finders(parts).items():
        if not address or (source in mine and normal_email(mine[source].email or "") == address):
            continue
        if source.partition(":")[0] in down:
            mute.add(source)
            continue
        try:
            record = find(address)
        except PlatformError:
            mute.add(source)
            continue
        if record is not None:
            strangers.append(record)
    return strangers, mute


def _finders(parts: Parts) -> Mapping[str, Callable[[str], Record | None]]:
    """How each source is asked for an address."""
    hubspot = {HUBSPOT: parts.hubspot.contact_by_email} if parts.hubspot else {}
    return {**hubspot, **{source: port.member_by_email for source, port in parts.mailchimp.items()}}
