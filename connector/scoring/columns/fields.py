"""From raw platform values in columns to typed fields: what `rulebook.mapping.interpret` does, once per distinct text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from connector.facts import Value, normal_email
from connector.rulebook.conditions import names
from connector.rulebook.folding import fold
from connector.rulebook.mapping import HUBSPOT, typed
from connector.rulebook.types import FieldMapping, FieldsFile, Rulebook
from connector.scoring.columns.crowd import UNKNOWN, Column, RawColumn
from connector.scoring.columns.evidence import evidence_names

#: Raw values by source and the platform's name; "company.<property>" of the associated company under "hubspot".
RawColumns = Mapping[tuple[str, str], RawColumn]

#: Codes, and what they stand for; None stands for nothing.
_Found = tuple[NDArray[np.int32], Sequence[Value | None]]

_EMAIL = "email"


def typed_columns(
    raw: RawColumns,
    present: Mapping[str, NDArray[np.bool_]],
    addresses: Mapping[str, RawColumn],
    rulebook: Rulebook,
    stage_order: Sequence[str] = (),
) -> Mapping[str, Column]:
    """The typed fields of everybody, but for those that nothing in the rulebook asks for.

    `present` says by source who has a record there that is not archived (others have no raw values); `addresses` are
    the e-mails of the records themselves, by source. `stage_order` are the portal's lifecycle stages.
    """
    fields = rulebook.fields
    sources = [HUBSPOT, *(f"mailchimp:{audience}" for audience in fields.audiences)]
    stages = {fold(stage): stage for stage in stage_order}
    columns = {}
    for name in asked_fields(rulebook):
        mapping = fields.fields[name]
        if mapping.from_ == _EMAIL:
            found = _addresses(raw, present, addresses, sources, fields)
            column = _joined([(found.codes, [_domain(str(one)) or None for one in found.values])]) if found else None
        else:
            column = _joined(
                (one.codes, [_read(name, text, mapping, stages) for text in one.texts])
                for one in _raw_columns(raw, sources, mapping)
            )
        if column is not None:
            columns[name] = column
    return columns


def asked_fields(rulebook: Rulebook) -> tuple[str, ...]:
    """The fields that any part of the rulebook asks for, in the order of fields.yaml."""
    asked: set[str] = set()
    for model in rulebook.models:
        fit, knowledge = model.factors.fit, model.knowledge
        traits = [*fit.adjust, *knowledge.brand, *knowledge.offer]
        traits += [trait for persona in fit.personas.values() for trait in persona.traits]
        audience = () if model.audience is None else (model.audience,)
        for rule in (*traits, *model.overrides, *audience):
            asked |= names(rule.when)
        asked |= names(model.applies_to) if model.applies_to else frozenset()
        asked.update(evidence_names(model.minimum_evidence), model.factors.profile.completeness)
        asked.update(_telling_domain(rulebook.fields) if model.trust.doubts.gateways else ())
    stages = rulebook.stages
    conditions = [*(one.when for one in stages.states.values()), *(one.enter for one in stages.stages)]
    conditions += rulebook.tracks.asked
    for condition in conditions:
        asked |= names(condition) if condition else frozenset()
    return tuple(name for name in rulebook.fields.fields if name in asked)


def _telling_domain(fields: FieldsFile) -> Iterator[str]:
    """The fields that tell of somebody's domain, see `doubts.address_domain`."""
    yield _EMAIL
    yield from (name for name, mapping in fields.fields.items() if mapping.from_ == _EMAIL)


def _raw_columns(raw: RawColumns, sources: Sequence[str], mapping: FieldMapping | None) -> Iterator[RawColumn]:
    """Everything that is there for one field, best first."""
    if mapping is None:
        return
    for source in sources:
        for name in (mapping.hubspot, mapping.or_) if source == HUBSPOT else (mapping.mailchimp,):
            if name and (source, name) in raw:
                yield raw[source, name]


def _read(name: str, text: str, mapping: FieldMapping, stages: Mapping[str, str]) -> Value | None:
    text = text.strip()
    value = typed(text, mapping, stages) if text else None
    return normal_email(text) if name == _EMAIL and value is not None else value


def _addresses(
    raw: RawColumns,
    present: Mapping[str, NDArray[np.bool_]],
    addresses: Mapping[str, RawColumn],
    sources: Sequence[str],
    fields: FieldsFile,
) -> Column | None:
    """The first address that is there: the mapped ones, whatever they hold, then those of the records."""
    found: list[_Found] = [
        (one.codes, [text.strip() or None for text in one.texts])
        for one in _raw_columns(raw, sources, fields.fields.get(_EMAIL))
    ]
    for source in sources:
        if source in addresses:
            codes = np.where(present[source], addresses[source].codes, np.int32(UNKNOWN))
            found.append((codes, [text or None for text in addresses[source].texts]))
    return _joined(found)


def _domain(address: str) -> str:
    return normal_email(address).rpartition("@")[2] if "@" in address else ""


def _joined(found: Iterable[_Found]) -> Column | None:
    """One column of the first value that is there; None if there is nothing to look at."""
    places: dict[tuple[type, Value], int] = {}
    codes: NDArray[np.int32] | None = None
    for given, values in found:
        place = [UNKNOWN if one is None else places.setdefault((type(one), one), len(places)) for one in values]
        taken = np.array([*place, UNKNOWN], np.int32)[given]
        codes = taken if codes is None else np.where(codes == UNKNOWN, taken, codes)
    return None if codes is None else Column(codes, tuple(value for _, value in places))
