"""A slice of the store as the crowd that scoring is asked with: raw values typed, days counted, consent read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connector.facts import Record, Refusal
from connector.nurturing.segments import paused_place, places
from connector.rulebook.types import FieldMapping
from connector.scoring.columns.crowd import UNKNOWN, Acts, Crowd
from connector.scoring.columns.days import days_of
from connector.scoring.columns.fields import asked_fields, typed_columns
from connector.scoring.stages import SUPPRESSING
from connector.steps.parts import HUBSPOT, Parts
from connector.store.bulk.slice import NONE, Slice, Wanted

_NEVER_MODIFIED = datetime(1970, 1, 1, tzinfo=UTC)


def wanted(parts: Parts) -> Wanted:
    """What judging and writing need of the records, by the rulebook."""
    fields = parts.rulebook.fields
    names: dict[str, set[str]] = {source: set(of_source) for source, of_source in parts.consent_names.items()}
    mapped = [fields.fields[name] for name in asked_fields(parts.rulebook)]
    mapped += [fields.fields["email"]] if "email" in fields.fields else []
    for source, raw in names.items():
        raw.update(name for one in mapped for name in _raw_names(source, one))
        raw.update(name for one in fields.write.targets.values() if (name := written_as(source, one)) is not None)
    score = {source: name for source in names if (name := written_as(source, fields.write.score)) is not None}
    return Wanted(
        names={source: tuple(sorted(of_source)) for source, of_source in names.items()},
        changed=frozenset((HUBSPOT, name) for name in _aging(parts).values()),
        score_names=score,
        tracks=tuple(parts.rulebook.tracks.tracks),
        keys=tuple(place.key for place in places(parts.rulebook)),
        rises_since=_rises_since(parts),
    )


def written_as(source: str, target: object) -> str | None:
    """The raw name under which a source holds something that we write; None where it does not."""
    if source == HUBSPOT:
        return getattr(target, "hubspot", None)
    tag = getattr(target, "mailchimp", None)
    return f"merge_fields.{tag}" if tag else None


def _rises_since(parts: Parts) -> date | None:
    """Since which day a rise may still keep somebody waiting; None where nobody asks."""
    days = parts.rulebook.tracks.dosing.hold_after_rise
    return parts.today - timedelta(days=days) if days and paused_place(parts.rulebook) is not None else None


def crowd_of(
    parts: Parts, people: Slice, order: Sequence[str], words: Mapping[int, str], assets: Mapping[int, str]
) -> tuple[Crowd, NDArray[np.int32]]:
    """The crowd of a slice, and the store's id of each of its assets. `words` are all texts of the dictionary, `assets`
    those of the slice's events, by id.
    """
    rulebook, events = parts.rulebook, people.events
    zone = ZoneInfo(rulebook.fields.timezone)
    ids = np.array(sorted(assets), np.int32)
    texts = tuple(words.get(number, "") for number in range(max(words, default=0) + 1))
    changed = {
        field: np.where(at > 0, days_of(at, zone), 0).astype(np.int32)
        for field, name in _aging(parts).items()
        if (at := people.changed.get((HUBSPOT, name))) is not None
    }
    crowd = Crowd(
        ids=people.ids,
        fields=typed_columns(people.raw, people.present, people.email, rulebook, order),
        acts=Acts(
            row=events.row,
            kind=events.kind,
            channel=events.channel,
            asset=np.searchsorted(ids, events.asset).astype(np.int32),
            at=events.at,
            known_at=events.known_at,
            day=days_of(events.at, zone),
            trust=events.trust,
        ),
        kinds=texts,
        channels=texts,
        assets=tuple(assets[number] for number in ids.tolist()),
        suppressed=refused(parts, people, SUPPRESSING),
        stage=np.where(people.kept.judged == NONE, UNKNOWN, people.kept.stage).astype(np.int16),
        since=people.kept.since,
        stages=texts,
        changed=changed,
    )
    return crowd, ids


def _raw_names(source: str, mapping: FieldMapping) -> Iterator[str]:
    if source == HUBSPOT:
        yield from filter(None, (mapping.hubspot, mapping.or_))
    elif mapping.mailchimp:
        yield mapping.mailchimp


def _aging(parts: Parts) -> Mapping[str, str]:
    """The fields whose values lose weight with age in some model, and their HubSpot names."""
    profiles = [model.factors.profile for model in parts.rulebook.models]
    aging = {name for profile in profiles if profile.freshness for name in profile.completeness}
    mapped = parts.rulebook.fields.fields
    return {name: raw for name in sorted(aging) if (raw := mapped[name].hubspot)}


def refused(parts: Parts, people: Slice, kinds: AbstractSet[Refusal]) -> NDArray[np.bool_]:
    """Whom a refusal of these `kinds` keeps from all mail. People who say the same of consent are asked about once."""
    columns = [(source, "", people.present[source].astype(np.int32)) for source in parts.consent_names]
    columns += [
        (source, name, people.raw[source, name].codes)
        for source, names in parts.consent_names.items()
        for name in names
    ]
    addressed = _addressed(people)
    alike = addressed.astype(np.int64)
    for _, _, codes in columns:
        _, alike = np.unique(alike * (int(codes.max(initial=0)) + 2) + codes + 1, return_inverse=True)
    _, examples, alike = np.unique(alike, return_index=True, return_inverse=True)
    answers = [bool(kinds & _refusals(parts, people, int(row), addressed=bool(addressed[row]))) for row in examples]
    return np.array(answers, np.bool_)[alike]


def _addressed(people: Slice) -> NDArray[np.bool_]:
    """Who has an address on any record."""
    there = [people.present[source] & (column.codes != NONE) for source, column in people.email.items()]
    result: NDArray[np.bool_] = np.any([np.zeros(len(people), np.bool_), *there], axis=0)
    return result


def _refusals(parts: Parts, people: Slice, row: int, *, addressed: bool) -> AbstractSet[Refusal]:
    records = {}
    for source, names in parts.consent_names.items():
        if people.present[source][row]:
            held = {name: people.raw[source, name] for name in names}
            values = {name: None if (code := one.codes[row]) == NONE else one.texts[code] for name, one in held.items()}
            records[source] = Record(source, "", None, values, _NEVER_MODIFIED)
    general = parts.consent_of(records).general
    return general - {Refusal.NO_ADDRESS} if addressed else general
