"""What is held of people, by the rulebook: values that nothing maps, key fields that are empty or old. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from connector.rulebook.folding import fold
from connector.rulebook.mapping import COMPANY, HUBSPOT, typed
from connector.rulebook.types import FieldMapping, FieldsFile, Rulebook
from connector.steps.audit.report import Line, Section, of_people, section
from connector.steps.parts import Parts
from connector.store import audit_values
from connector.store.audit_values import HeldValue, Place

#: A value so many half-lives old has next to no weight left.
OLD_HALF_LIVES = 4
#: So much of a value is shown.
_SHOWN = 40


def unmapped(parts: Parts, conn: Connection, limit: int) -> Section:
    """Values of fields with `values:` that it does not name, and values that cannot be read as their field's type."""
    lines = [
        line
        for field, place, one in _mapped(parts.rulebook.fields)
        for line in _strange(conn, field, place, one, limit)
    ]
    lines.sort(key=lambda line: -line.count)
    cure = "Add them to `values:` of the field in fields.yaml, correct its `type:`, or tidy them up on the platform"
    return section("unmapped", "Unmapped and unreadable values", lines[:limit], cure, sum(line.count for line in lines))


def empty(parts: Parts, conn: Connection, contacts: int, limit: int) -> Section:
    """How many contacts lack each key field: those that `completeness` of a model counts."""
    fields = {name: _places(parts.rulebook.fields, name) for name in _key_fields(parts.rulebook)}
    found = audit_values.empty_fields(conn, fields, limit)
    lines = [of_people(f"{field} ({_percent(one.count, contacts)} %)", one) for field, one in found.items()]
    lines.sort(key=lambda line: -line.count)
    cure = "Ask for the most frequent ones in your forms, or enrich them; what nobody needs, take out of `completeness`"
    return section("empty", "Empty key fields", lines, cure)


def old(parts: Parts, conn: Connection, limit: int) -> Sequence[Line]:
    """Key fields whose values are so old that `freshness` leaves next to nothing of them."""
    lines = []
    for field, half_life in _half_lives(parts.rulebook).items():
        days = OLD_HALF_LIVES * half_life
        name = parts.rulebook.fields.fields[field].hubspot
        if name and not name.startswith(COMPANY):
            people = audit_values.old_values(conn, name, parts.now() - timedelta(days=days), limit)
            lines.append(of_people(f"{field} is older than {days} days", people))
    return lines


def _mapped(fields: FieldsFile) -> Iterator[tuple[str, Place, FieldMapping]]:
    """Fields that are translated or typed, with each place where they live."""
    for name, one in fields.fields.items():
        if one.values or one.type not in (None, "text", "stage"):
            yield from ((name, place, one) for place in _places(fields, name))


def _places(fields: FieldsFile, name: str) -> Sequence[Place]:
    """Where a field lives; one that is taken from the address lives where that does."""
    mapping = fields.fields[name]
    if mapping.from_ == "email":
        return [Place(HUBSPOT, "email"), *(Place(one, "email_address") for one in _audiences(fields))]
    places = [
        Place(HUBSPOT, one.removeprefix(COMPANY), company=one.startswith(COMPANY))
        for one in (mapping.hubspot, mapping.or_)
        if one
    ]
    return places + [Place(one, mapping.mailchimp) for one in _audiences(fields) if mapping.mailchimp]


def _audiences(fields: FieldsFile) -> Iterator[str]:
    return (f"mailchimp:{name}" for name in fields.audiences)


def _strange(conn: Connection, field: str, place: Place, mapping: FieldMapping, limit: int) -> Iterator[Line]:
    meant = {*mapping.values, *map(fold, mapping.values.values())}
    where = f"{place.source} {COMPANY if place.company else ''}{place.name}"
    for held in audit_values.held_values(conn, place, limit):
        if mapping.values and fold(held.value) not in meant:
            yield of_people(f"{field}: {_shown(held)} is not among its values ({where})", held.people)
        elif typed(held.value, mapping, {}) is None:
            yield of_people(f"{field}: {_shown(held)} is no {mapping.type} ({where})", held.people)


def _shown(held: HeldValue) -> str:
    """The value for people to read; one that may be an address is not told."""
    if "@" in held.value:
        return "(an address)"
    return f'"{held.value[:_SHOWN]}{"…" if len(held.value) > _SHOWN else ""}"'


def _key_fields(rulebook: Rulebook) -> Sequence[str]:
    return tuple(dict.fromkeys(name for one in rulebook.models for name in one.factors.profile.completeness))


def _half_lives(rulebook: Rulebook) -> Mapping[str, int]:
    """The shortest half-life of each key field that ages, in days."""
    found: dict[str, int] = {}
    for profile in (model.factors.profile for model in rulebook.models):
        if profile.freshness is not None:
            days = profile.freshness.half_life
            found |= {name: min(days, found.get(name, days)) for name in profile.completeness}
    return found


def _percent(count: int, of: int) -> int:
    return round(100 * count / of) if of else 0
