"""From raw values to typed fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.facts import Record, Value, normal_email
from connector.rulebook.folding import fold
from connector.rulebook.mapping.names import HUBSPOT
from connector.rulebook.quantities import parse_moment, parse_number, parse_range
from connector.rulebook.types import FieldMapping, FieldsFile


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
