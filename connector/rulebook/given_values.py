"""The fields of a golden person: what a marketer writes in a case, as the typed value that a platform would give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from connector.facts import Value, normal_email
from connector.rulebook.fields_file import FieldMapping
from connector.rulebook.folding import fold
from connector.rulebook.quantities import parse_day, parse_moment, parse_range


def given_value(name: str, raw: object, mapping: FieldMapping) -> Value:
    """`raw` as the field holds it. Raises ValueError that says what the field takes.

    A text may be written as platforms say it (España) or as we do (ES): `values` of fields.yaml translates the former.
    """
    match mapping.type:
        case "number":
            return _number(raw)
        case "range":
            return _range(raw)
        case "bool":
            if not isinstance(raw, bool):
                raise ValueError("takes true or false")
            return raw
        case "date" | "datetime":
            return _time(raw, moment=mapping.type == "datetime")
        case _:
            return _text(name, raw, mapping)


def with_domains(given: Mapping[str, Value], fields: Mapping[str, FieldMapping]) -> Mapping[str, Value]:
    """`given`, and what `from: email` makes of the address, where the case says nothing else."""
    domain = str(given.get("email", "")).rpartition("@")[2]
    derived = {name: domain for name, mapping in fields.items() if mapping.from_ == "email" and domain}
    return {**derived, **given}


def _text(name: str, raw: object, mapping: FieldMapping) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError('takes a text; put numbers in quotes ("120"), and leave out what is unknown')
    text = raw.strip()
    if name == "email":
        return normal_email(text)
    return text if text in mapping.values.values() else mapping.values.get(fold(text), text)


def _number(raw: object) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("takes a number without quotes, such as 120")
    return raw


def _range(raw: object) -> Value:
    found = parse_range(raw) if isinstance(raw, str) else _number(raw)
    if found is None:
        raise ValueError('takes a number such as 120, or a range such as "100-500" or "1000+"')
    return found


def _time(raw: object, *, moment: bool) -> Value:
    day = parse_day(raw) if isinstance(raw, str) else None
    if day is not None:
        return datetime.combine(day, time(), UTC) if moment else day
    found = parse_moment(raw) if isinstance(raw, str) and moment else None
    if found is None:
        raise ValueError("takes a day, such as 2026-11-20" + (', or "2026-11-20T09:30:00+01:00"' if moment else ""))
    return found
