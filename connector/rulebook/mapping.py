"""From raw platform values to typed fields and events, by fields.yaml. Pure: the ledger keeps what the platform said, so
a new fields.yaml reads the same history anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.facts import Event, Record, Trust, Value, normal_email
from connector.rulebook.folding import fold
from connector.rulebook.quantities import parse_moment, parse_number, parse_range
from connector.rulebook.types import FieldMapping, FieldsFile, HubSpotEvents, TracksFile

HUBSPOT = "hubspot"
COMPANY = "company."
MERGE_FIELDS = "merge_fields."

#: Most acts that one growth of a counter becomes: more would be an import, not a person.
MAX_GROWTH = 50

#: What HubSpot holds that speaks for or against mail, or says who somebody is (facts/hubspot.md §7, §11).
_ALWAYS_READ = (
    "email",
    "hs_email_optout",
    "hs_email_bounce",
    "hs_email_hard_bounce_reason_enum",
    "hs_email_quarantined",
    "hs_marketable_status",
    "hs_merged_object_ids",
    "hubspot_owner_id",
    "lifecyclestage",
)

#: Acts that a machine may have done: mail programs open mail before people do (facts/hubspot.md §7).
_UNSURE = frozenset({"email_open"})


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A raw value that its field's type cannot hold; the field counts as unknown. `value` stays out of the repr."""

    name: str
    source: str
    raw_name: str
    wanted: str
    value: str = field(repr=False)


def interpret(
    records: Mapping[str, Record], fields: FieldsFile, stage_order: Sequence[str] = ()
) -> Mapping[str, Value]:
    """The typed fields of one person from her records, by source. What is empty or unreadable everywhere is absent.

    HubSpot's value comes first, then its `or`, then Mailchimp's, in the order of the audiences; the first readable one
    counts. `stage_order` are the portal's lifecycle stages: a stage is given in the portal's own spelling.
    """
    return {name: value for name, value in _readings(records, fields, stage_order) if not isinstance(value, Unreadable)}


def unreadable_values(
    records: Mapping[str, Record], fields: FieldsFile, stage_order: Sequence[str] = ()
) -> tuple[Unreadable, ...]:
    """The values that `interpret` had to leave out, also those for which another source stood in."""
    return tuple(value for _, value in _readings(records, fields, stage_order) if isinstance(value, Unreadable))


def growth(before: Record | None, after: Record, fields: FieldsFile, known_at: datetime) -> tuple[Event, ...]:
    """The acts that HubSpot's counters tell of between two sights of one record, oldest first.

    A counter seen for the first time (a new record, or a property mapped since) gives its last act only, known at its own
    time: it is history. Growth from a to b gives acts a+1 … b (the newest MAX_GROWTH) at the date of the last; should
    that date be missing, at the record's own modification. A counter that stands or falls gives nothing, and as acts
    are named by their ordinal, growing again to where it was tells nothing new.
    """
    if after.source != HUBSPOT:
        return ()
    acts: list[Event] = []
    for kind, mapping in fields.events.items():
        if mapping.hubspot is not None and mapping.hubspot.count is not None:
            acts += _counted(kind, mapping.hubspot, before, after, known_at)
    return tuple(sorted(acts, key=lambda act: act.happened_at))


def hubspot_properties(fields: FieldsFile, tracks: TracksFile | None = None) -> tuple[str, ...]:
    """Every contact property that has to be read, sorted: mapped fields, counters, consent, and what is written back
    (to write differences only). With `tracks`, also the consent and the properties that single tracks need.
    """
    wanted = {*_ALWAYS_READ, *mapped_properties(fields)}
    subscriptions = {audience.subscription for audience in fields.audiences.values()}
    for track in tracks.tracks.values() if tracks else ():
        subscriptions.add(track.subscription)
        wanted.update(way.hubspot.property for way in track.enroll if way.hubspot and way.hubspot.property)
    wanted.update(f"hs_email_optout_{subscription}" for subscription in subscriptions if subscription is not None)
    if company_properties(fields):
        wanted.add("associatedcompanyid")
    return tuple(sorted(wanted))


def mapped_properties(fields: FieldsFile) -> tuple[str, ...]:
    """The contact properties that fields.yaml itself names or, under `write`, has by default; sorted."""
    wanted: set[str] = set()
    for mapping in fields.fields.values():
        wanted.update(name for name in (mapping.hubspot, mapping.or_) if name and not name.startswith(COMPANY))
    for event in fields.events.values():
        if event.hubspot is not None:
            wanted.update(filter(None, (event.hubspot.count, event.hubspot.last, event.hubspot.asset)))
    wanted.update(target.hubspot for target in fields.write.targets.values())
    return tuple(sorted(wanted))


def company_properties(fields: FieldsFile) -> tuple[str, ...]:
    """The properties of associated companies that are mapped, without `company.`, sorted."""
    names = [name for mapping in fields.fields.values() for name in (mapping.hubspot, mapping.or_) if name]
    return tuple(sorted({name.removeprefix(COMPANY) for name in names if name.startswith(COMPANY)}))


def mailchimp_merge_fields(fields: FieldsFile) -> tuple[str, ...]:
    """The tags of the merge fields that are read or written, sorted."""
    read = [mapping.mailchimp for mapping in fields.fields.values() if mapping.mailchimp]
    written = [getattr(target, "mailchimp", None) for target in fields.write.targets.values()]
    tags = {name.removeprefix(MERGE_FIELDS) for name in read if name.startswith(MERGE_FIELDS)}
    return tuple(sorted(tags | {tag.removeprefix(MERGE_FIELDS) for tag in written if tag}))


def _readings(
    records: Mapping[str, Record], fields: FieldsFile, stage_order: Sequence[str]
) -> Iterator[tuple[str, Value | Unreadable]]:
    """What each field is, after what could not be read of it."""
    sources = [HUBSPOT, *(f"mailchimp:{audience}" for audience in fields.audiences)]
    stages = {fold(stage): stage for stage in stage_order}
    for name, mapping in fields.fields.items():
        if mapping.from_ is not None:
            continue
        for source, raw_name, raw in _raw_values(records, sources, mapping):
            value = typed(raw, mapping, stages)
            if value is not None:
                yield name, normal_email(raw) if name == "email" else value
                break
            yield name, Unreadable(name, source, raw_name, f"a {mapping.type}", raw)
    derived = [name for name, mapping in fields.fields.items() if mapping.from_ == "email"]
    domain = _domain(records, sources, fields.fields.get("email")) if derived else ""
    if domain:
        yield from ((name, domain) for name in derived)


def _raw_values(
    records: Mapping[str, Record], sources: Sequence[str], mapping: FieldMapping
) -> Iterator[tuple[str, str, str]]:
    """(source, platform's name, value) of everything that is there for one field, best first."""
    for source in sources:
        record = records.get(source)
        if record is None:
            continue
        for name in (mapping.hubspot, mapping.or_) if source == HUBSPOT else (mapping.mailchimp,):
            raw = record.values.get(name) if name else None
            if name and raw is not None and raw.strip():
                yield source, name, raw.strip()


def _domain(records: Mapping[str, Record], sources: Sequence[str], email: FieldMapping | None) -> str:
    mapped = (raw for _, _, raw in _raw_values(records, sources, email)) if email else iter(())
    own = (records[source].email for source in sources if source in records)
    address = next(mapped, None) or next(filter(None, own), "")
    return normal_email(address).rpartition("@")[2] if "@" in address else ""


def typed(raw: str, mapping: FieldMapping, stages: Mapping[str, str]) -> Value | None:
    """`raw` (trimmed), translated by the field's `values`, as its type, or None where it is not of that type.

    `stages` are the portal's lifecycle stages by their folded spelling.
    """
    raw = mapping.values.get(fold(raw), raw) if mapping.values else raw
    if mapping.type == "stage":
        return stages.get(fold(raw), raw)
    return _READERS[mapping.type](raw) if mapping.type in _READERS else raw


def _range(raw: str) -> Value | None:
    number = parse_number(raw)
    return parse_range(raw) if number is None else number


def _day(raw: str) -> Value | None:
    moment = parse_moment(raw)
    return moment.date() if moment else None


_READERS: dict[str | None, Callable[[str], Value | None]] = {
    "number": parse_number,
    "range": _range,
    "bool": lambda raw: {"true": True, "false": False}.get(raw.lower()),
    "date": _day,
    "datetime": parse_moment,
}


def _counted(
    kind: str, counter: HubSpotEvents, before: Record | None, after: Record, known_at: datetime
) -> Iterator[Event]:
    assert counter.count is not None
    now = _count(after, counter.count)
    last = parse_moment(after.values.get(counter.last or "") or "")
    if before is None or counter.count not in before.values:
        first, happened_at, known_at = now, last, last or known_at
    else:
        first = max(_count(before, counter.count) + 1, now - MAX_GROWTH + 1)
        happened_at = last or after.modified_at
    if happened_at is None or now < 1:
        return
    asset = after.values.get(counter.asset or "") or ""
    trust = Trust.UNSURE if kind in _UNSURE else Trust.HUMAN
    for ordinal in range(first, now + 1):
        key = f"{HUBSPOT}:{kind}:#{ordinal}"
        yield Event(kind, happened_at, known_at, key, asset=asset, channel=HUBSPOT, trust=trust)


def _count(record: Record, name: str) -> int:
    """A counter's value; what is empty or no whole number is 0."""
    number = parse_number(record.values.get(name) or "")
    return number if isinstance(number, int) and number > 0 else 0
