"""Whether properties and merge fields can hold what is read from them: the types of counters and of fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.ports import Definition
from connector.rulebook.mapping import COMPANY, MERGE_FIELDS, typed
from connector.rulebook.quantities import parse_number, parse_range
from connector.rulebook.types import FieldMapping, FieldsFile
from connector.steps.finding import Finding

Definitions = Mapping[str, Definition]

#: What a property's own type can be read as; types that are not here hold any text (facts/hubspot.md §9,
#: facts/mailchimp.md §8.4).
_READ_AS: Mapping[str, frozenset[str]] = {
    "number": frozenset({"number", "range"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"date", "datetime"}),
    "bool": frozenset({"bool"}),
    "birthday": frozenset(),
}
_MOMENTS = ("date", "datetime")


def of_type(one: Definition) -> str:
    """``a number``, ``an enumeration``: the type of a definition in a sentence."""
    return f"{'an' if one.type[:1] in 'aeiou' else 'a'} {one.type}"


def unfit_counters(fields: FieldsFile, contacts: Definitions) -> Iterator[Finding]:
    """Counters that do not count, and dates of the last act that are none."""
    for counter in fields.counters:
        count, last = contacts.get(counter.count), contacts.get(counter.last or "")
        if count is not None and count.type != "number":
            what = f'property "{count.name}", the `count` of {counter.kind}, is {of_type(count)}, not a number'
            yield Finding("error", what, "Name HubSpot's own counter in fields.yaml", code="counter-unfit")
        if last is not None and last.type not in _MOMENTS:
            what = f'property "{last.name}", the `last` of {counter.kind}, is {of_type(last)}, not a date'
            cure = "Name the property that holds the day of the last one in fields.yaml"
            yield Finding("error", what, cure, code="counter-unfit")


def unfit_properties(fields: FieldsFile, contacts: Definitions, companies: Definitions) -> Iterator[Finding]:
    """Fields whose type their property in HubSpot cannot hold."""
    for name, mapping in fields.fields.items():
        for raw_name in filter(None, (mapping.hubspot, mapping.or_)):
            there = companies if raw_name.startswith(COMPANY) else contacts
            found = there.get(raw_name.removeprefix(COMPANY))
            if found is not None:
                yield from _unfit(name, mapping, found, f'property "{raw_name}"')


def unfit_merge_fields(fields: FieldsFile, there: Definitions, audience: str) -> Iterator[Finding]:
    """Fields whose type their merge field cannot hold."""
    for name, mapping in fields.fields.items():
        found = there.get(merge_tag(mapping) or "")
        if found is not None:
            yield from _unfit(name, mapping, found, f'merge field "{found.name}" of audience {audience}')


def merge_tag(mapping: FieldMapping) -> str | None:
    """The tag of a field's merge field; of an address, whose parts are fields too, its own."""
    raw_name = mapping.mailchimp or ""
    return raw_name.removeprefix(MERGE_FIELDS).partition(".")[0] if raw_name.startswith(MERGE_FIELDS) else None


def gone_companies(fields: FieldsFile, companies: Definitions) -> Iterator[Finding]:
    """Mapped company properties that the portal has not; nothing where its definitions are not known."""
    names = (name for one in fields.fields.values() for name in (one.hubspot, one.or_) if name)
    for name in sorted({one for one in names if one.startswith(COMPANY)}) if companies else ():
        if name.removeprefix(COMPANY) not in companies:
            what = f'HubSpot has no company property "{name.removeprefix(COMPANY)}"'
            yield Finding("error", what, "Correct its name in fields.yaml", code="property-missing")


def _unfit(name: str, mapping: FieldMapping, found: Definition, where: str) -> Iterator[Finding]:
    if mapping.type in (None, "text"):
        return
    values = [option.value for option in found.options]
    readable = [value for value in values if typed(value, mapping, {}) is not None]
    ranges = [value for value in values if parse_number(value) is None and parse_range(value) is not None]
    if mapping.type == "number" and ranges and not mapping.values:
        what = f'{where} has options such as "{ranges[0]}", and the field {name} is a number'
        cure = f"Say `type: range` for {name} in fields.yaml"
        yield Finding("warning" if readable else "error", what, cure, code="field-unfit")
    elif not (readable if values else _holds(found.type, mapping)):
        told = f'holds options such as "{values[0]}"' if values else f"is {of_type(found)}"
        cure = f"Correct the `type:` of {name} in fields.yaml, or map another property"
        what = f"{where} {told}, which cannot be read as the {mapping.type} that {name} is"
        yield Finding("error", what, cure, code="field-unfit")


def _holds(kind: str, mapping: FieldMapping) -> bool:
    if kind not in _READ_AS or mapping.type in _READ_AS[kind]:
        return True
    return mapping.type != "stage" and any(typed(key, mapping, {}) is not None for key in mapping.values)
