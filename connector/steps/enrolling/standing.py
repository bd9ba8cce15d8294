"""The read right before an enrollment: consent, exclude box and markers, fresh from every platform (promise 1). Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial

from adapters.one_by_one import by_halves
from adapters.ports import Deadline, Standing
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
    markers: tuple[str, ...] = ()  # the markers that stand there,
    known_as_another: frozenset[str] = frozenset()  # the sources they are of, where she has no record that is hers,
    others: frozenset[tuple[str, str]] = frozenset()  # and which they are: (source, id)


def ask(parts: Parts, people: Sequence[Person], down: AbstractSet[str], deadline: Deadline) -> Mapping[int, Asked]:
    """What every platform says of these people now, by contact, as far as they answer before the deadline.

    Platforms that are `down` count as silent, unasked.
    """
    found: dict[int, dict[str, Standing]] = defaultdict(dict)
    silent: dict[int, set[str]] = defaultdict(set)
    for source, platform in parts.platforms.items():
        ids = {person.records[source].id: person.contact for person in people if source in person.records}
        wanted = () if source.partition(":")[0] in down else sorted(ids)
        standings = by_halves(partial(platform.standings, deadline=deadline), wanted)
        for platform_id, contact in ids.items():
            if platform_id in standings:
                found[contact][source] = standings[platform_id]
            else:
                silent[contact].add(source)
    strangers, mute = _look_elsewhere(parts, {one.contact: found[one.contact] for one in people}, down, deadline)
    asked = {}
    for person in people:
        said = [parts.consent_of({record.source: record}) for record in strangers[person.contact]]
        asked[person.contact] = Asked(
            found[person.contact],
            frozenset(silent[person.contact] | mute[person.contact]),
            frozenset().union(*(consent.general for consent in said)),
            frozenset().union(*(consent.hubspot_types for consent in said)),
            tuple(_marker(parts, record) for record in strangers[person.contact]),
            frozenset(record.source for record in strangers[person.contact]) - found[person.contact].keys(),
            frozenset((record.source, record.id) for record in strangers[person.contact]),
        )
    return asked


def _marker(parts: Parts, record: Record) -> str:
    enrolled = parts.rulebook.fields.write.enrolled
    name = enrolled.hubspot if record.source == HUBSPOT else f"merge_fields.{enrolled.mailchimp or 'TRACKMARK'}"
    return record.values.get(name) or ""


def _look_elsewhere(
    parts: Parts, found: Mapping[int, Mapping[str, Standing]], down: AbstractSet[str], deadline: Deadline
) -> tuple[Mapping[int, Sequence[Record]], Mapping[int, AbstractSet[str]]]:
    """Records with somebody's present addresses that we do not know as hers, and the sources that are silent, by contact.

    A no counts even where we have not met that record yet, or know her there by another address. HubSpot's addresses are
    those that are asked for, a merged contact's all; Mailchimp's where HubSpot does not know her.
    """
    strangers: dict[int, list[Record]] = defaultdict(list)
    mute: dict[int, set[str]] = defaultdict(set)
    addresses = {contact: _addresses(parts, mine) for contact, mine in found.items()}
    for source, platform in parts.platforms.items():
        wanted = [
            (contact, address)
            for contact, hers in addresses.items()
            for address in hers
            if not (source in found[contact] and address in _own(found[contact][source]))
        ]
        away = not wanted or source.partition(":")[0] in down
        told = {} if away else platform.by_emails(sorted({address for _, address in wanted}), deadline)
        for contact, address in wanted:
            if address not in told:
                mute[contact].add(source)
            elif (record := told[address]) is not None:
                strangers[contact].append(record)
    return strangers, mute


def _addresses(parts: Parts, mine: Mapping[str, Standing]) -> Sequence[str]:
    told = (_own(mine[source]) for source in (HUBSPOT, *parts.mailchimp) if source in mine)
    return next(filter(None, told), ())


def _own(standing: Standing) -> Sequence[str]:
    every = (normal_email(each or "") for each in (standing.email, *standing.other_emails))
    return [each for each in every if each]
