"""What people write for each kind of value, as JSON Schema: the side of our readers that pydantic cannot look into.

A shape is named once and referred to everywhere (`named`), so that an editor's hint and its complaint say the same.
`patternErrorMessage` is what the YAML language server of editors tells instead of the bare pattern.

Three decimals of points are not in a shape: `multipleOf: 0.001` is computed in binary floats by editors, and 0.4 fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from connector.rulebook import arguments, kinds
from connector.rulebook.arguments import MAX_ENTRIES, Argument
from connector.rulebook.conditions import ASSET, COMPUTED
from connector.rulebook.dosing_file import Hours, Weekdays
from connector.rulebook.fields_file import FieldName, TimeZone
from connector.rulebook.operators import OPERATORS
from connector.rulebook.parse import JOINING
from connector.rulebook.patterns import MAX_PATTERN

Shape = dict[str, Any]


def named(name: str) -> Shape:
    """A reference to the shape of that name in SHAPES."""
    return {"$ref": f"#/$defs/{name}"}


def _text_like(pattern: str, description: str) -> Shape:
    return {"type": "string", "pattern": pattern, "description": description, "patternErrorMessage": description}


def _list_of(entry: Shape) -> Shape:
    return {"type": "array", "items": entry, "minItems": 1, "maxItems": MAX_ENTRIES}


def _pair_of(entry: Shape) -> Shape:
    return {"type": "array", "items": entry, "minItems": 2, "maxItems": 2}


_IDENTIFIER = r"^[a-z][a-z0-9_-]{0,62}$"
_CLOCK = r"([01]\d|2[0-4]):[0-5]\d"
_WEEKDAY = "([Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)"
_NUMBER: Shape = {"type": "number"}

#: The shape of each argument that operators take.
_ARGUMENTS: Mapping[Argument, Shape] = {
    arguments.TEXT: named("text"),
    arguments.TEXTS: _list_of(named("text")),
    arguments.SCALAR: named("value"),
    arguments.SCALARS: _list_of(named("value")),
    arguments.FLAG: {"type": "boolean"},
    arguments.NUMBER: _NUMBER,
    arguments.BOUNDS: {"anyOf": [_pair_of(_NUMBER), _pair_of(named("day"))]},
    arguments.DAY: named("day"),
    arguments.DURATION: named("duration"),
    arguments.PATTERN: {"type": "string", "minLength": 1, "maxLength": MAX_PATTERN},
}


def _joins(of: str) -> Shape:
    """The keys that join conditions (or the tests of one field)."""
    several = {"type": "array", "items": named(of)}
    return {
        "any": {**several, "description": "At least one of the list holds; an empty list: never."},
        "all": {**several, "description": "All of the list hold; an empty list: always."},
        "not": {**named(of), "description": "The condition does not hold."},
    }


_DID: Shape = {
    "type": "object",
    "description": "She did such an event, with such an asset, in the last `within` days, `at_least` so often.",
    "properties": {
        "event": {"type": "string", "description": "The name of an event of fields.yaml."},
        "asset": named("test"),
        "within": named("duration"),
        "at_least": {"type": "integer", "minimum": 1},
    },
    "required": ["event"],
    "additionalProperties": False,
}

_CONDITION: Shape = {
    "type": "object",
    "description": "`field: {operator: value}`; several must all hold. A bare value means `is`.",
    "properties": {**_joins("condition"), "did": _DID},
    "additionalProperties": named("test"),
    "minProperties": 1,
}

_OPERATORS: Shape = {
    "type": "object",
    "properties": {
        **{name: {**_ARGUMENTS[one.takes], "description": one.meaning} for name, one in OPERATORS.items()},
        **_joins("test"),
    },
    "additionalProperties": False,
    "minProperties": 1,
}

#: Every named shape. Only those that a file refers to stand in its schema.
SHAPES: Mapping[str, Shape] = {
    "points": {
        "type": "number",
        "minimum": -1000,
        "maximum": 1000,
        "description": "Points, with at most three decimals: 5, 0.2, -30.",
    },
    "trust": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "A share of trust: 0 does not count, 1 counts in full.",
    },
    "seconds": _text_like(
        r"^\s*\d{1,4}\s*[smSM]\s*$", "A short time: a whole number of seconds or minutes, such as 10s or 5m."
    ),
    "duration": _text_like(
        r"^\s*\d{1,5}\s*[dwDW]\s*$", "A duration: a whole number of days or weeks, such as 21d or 3w."
    ),
    "share": {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            _text_like(r"^\s*\d+(\.\d+)?\s*%?\s*$", "A percentage such as 10%."),
        ],
        "description": "A share: 10% or 0.1.",
    },
    "day": _text_like(r"^\s*\d{4}-\d{2}-\d{2}\s*$", "A day, such as 2027-05-01."),
    "text": _text_like(r"\S", "A text; a number goes in quotes."),
    "value": {"anyOf": [named("text"), _NUMBER, {"type": "boolean"}], "description": "One value."},
    "condition": _CONDITION,
    "test": {
        "description": "A bare value (is), or operators side by side, which must all hold.",
        "anyOf": [named("value"), _OPERATORS],
    },
    "time_zone": {"type": "string", "minLength": 1, "description": "A time zone, such as Europe/Madrid."},
    "hours": _text_like(rf"^\s*{_CLOCK}-{_CLOCK}\s*$", 'Opening and closing, such as "09:00-18:00".'),
    "weekdays": _text_like(
        rf"^ *{_WEEKDAY} *(- *{_WEEKDAY} *)?(, *{_WEEKDAY} *(- *{_WEEKDAY} *)?)*$", "Days, such as mon-fri or mon,wed."
    ),
    "field_name": {
        **_text_like(_IDENTIFIER, "Lower case letters, digits, - and _, beginning with a letter; no computed name."),
        "not": {"enum": sorted({*COMPUTED, *JOINING, ASSET})},
    },
}


def _reader(kind: Any) -> Callable[..., Any]:
    """The function of ours that reads values of `kind`; the outermost, where there are several."""
    marks = (BeforeValidator, AfterValidator, PlainValidator)
    found: list[Callable[..., Any]] = [mark.func for mark in get_args(kind)[1:] if isinstance(mark, marks)]
    return found[-1]


#: The name of the shape that each of our readers reads.
BY_READER: Mapping[Callable[..., Any], str] = {
    _reader(kind): name
    for kind, name in (
        (kinds.Points, "points"),
        (kinds.Trusted, "trust"),
        (kinds.Seconds, "seconds"),
        (kinds.Days, "duration"),
        (kinds.Share, "share"),
        (kinds.When, "condition"),
        (kinds.TextTest, "test"),
        (FieldName, "field_name"),
        (TimeZone, "time_zone"),
        (Hours, "hours"),
        (Weekdays, "weekdays"),
    )
}
