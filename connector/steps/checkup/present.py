"""The values and acts of everybody in the store, typed as rules see them."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.facts import Value
from connector.rulebook.folding import fold
from connector.rulebook.mapping import HUBSPOT, typed
from connector.rulebook.types import FieldMapping
from connector.scoring.columns.fields import asked_fields
from connector.steps.checkup.may_hold import Present
from connector.steps.parts import Parts
from connector.steps.portal.kept import kept_stage_order
from connector.store.occurring import occurring

#: Everybody has her own.
_EVERYBODYS = "email"

#: Of a field with more different values than that, anything may be a value.
_MANY = 20_000


def present(parts: Parts, conn: Connection, seconds: float) -> Present:
    """What there is of the fields that rules ask for, and of acts. Read-only. Raises store.occurring.TooLong."""
    fields = parts.rulebook.fields
    named = {name: fields.fields[name] for name in asked_fields(parts.rulebook) if name != _EVERYBODYS}
    asked = {name: mapping for name, mapping in named.items() if mapping.from_ is None}
    sources = (HUBSPOT, *(f"mailchimp:{audience}" for audience in fields.audiences))
    wanted = {source: sorted({raw for one in asked.values() for raw in _raw_names(source, one)}) for source in sources}
    found = occurring(conn, wanted, seconds)
    stages = {fold(stage): stage for stage in kept_stage_order(parts)}
    values: dict[str, frozenset[Value]] = {}
    for name, mapping in asked.items():
        raw = {text for source in sources for key in _raw_names(source, mapping) for text in found.values[source, key]}
        if len(raw) <= _MANY:
            read = (typed(text.strip(), mapping, stages) for text in raw if text.strip())
            values[name] = frozenset(value for value in read if value is not None)
    return Present(values, found.assets, parts.today, ZoneInfo(fields.timezone))


def _raw_names(source: str, mapping: FieldMapping) -> Iterator[str]:
    names = (mapping.hubspot, mapping.or_) if source == HUBSPOT else (mapping.mailchimp,)
    yield from filter(None, names)
