"""JSON Schemas of the rulebook's files, for editors: generated from the types that load them (`make schema`).

`python -m connector.rulebook.json_schema [FOLDER]` writes them, by default to `mappings/schema/`. They describe what
people write, before it is read: `18` points, `3w`, `{contains: demo}`. An empty key is refused here, since it is a slip
although it loads. What needs a second look at the file (maxima that add up, names that exist) is left to `check`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from connector.rulebook.cases_file import CasesFile
from connector.rulebook.json_shapes import BY_READER, SHAPES, named
from connector.rulebook.kinds import Strict
from connector.rulebook.types import (
    Decay,
    Enroll,
    FieldMapping,
    FieldsFile,
    HubSpotEvents,
    HubSpotTarget,
    MailchimpTarget,
    Model,
    Override,
    Segment,
    StagesFile,
    TracksFile,
)

FOLDER = Path("mappings/schema")

#: The type behind each schema, by the schema's name.
FILES: Mapping[str, type[BaseModel]] = {
    "fields": FieldsFile,
    "model": Model,
    "stages": StagesFile,
    "tracks": TracksFile,
    "cases": CasesFile,
}

#: Keys of which exactly one is given, and sets of keys of which at least one is: their validators say so after reading.
_EXACTLY_ONE: Mapping[type[BaseModel], tuple[str, ...]] = {
    Decay: ("half_life", "linear", "cliff"),
    Override: ("at_least", "at_most", "set", "add"),
    HubSpotTarget: ("property", "list", "workflow", "task"),
    MailchimpTarget: ("tag", "journey"),
    Enroll: ("hubspot", "mailchimp"),
}
_AT_LEAST_ONE: Mapping[type[BaseModel], tuple[tuple[str, ...], ...]] = {
    Segment: (("hubspot",), ("mailchimp",)),
    FieldMapping: (("hubspot",), ("mailchimp",), ("from",)),
    HubSpotEvents: (("lists",), ("changed",), ("deals",), ("count", "last")),
}

_KIND = "$kind"


def json_schema(kind: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what may be written for `kind`; the same at every call."""
    schema = kind.model_json_schema(by_alias=True, schema_generator=_AsWritten, mode="validation")
    linked = _linked(schema)
    own = linked.pop("$defs", {})
    if "Writes" in own:
        _name_by_default(own)
    names = sorted(set(_references([linked, own])) - own.keys())
    return {"$schema": GenerateJsonSchema.schema_dialect, **linked, "$defs": {**own, **_closed(names)}}


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write every schema to `folder`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, kind in FILES.items():
        file = folder / f"{name}.json"
        file.write_text(as_text(json_schema(kind)), encoding="utf-8")
        written.append(file)
    return tuple(written)


def as_text(schema: Mapping[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


class _AsWritten(GenerateJsonSchema):
    """pydantic's generator, told what our readers read, and what a model's own validators demand."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002 — pydantic's
        """Keep the order of the types: it is the order in which people write."""
        return value

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 — pydantic's signature
        """A title that repeats the key says nothing."""
        return False

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """What the reader reads; else what the rest of the chain takes."""
        return _read_by(schema) or super().function_before_schema(schema)

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        """What the reader reads; else what the rest of the chain takes."""
        return _read_by(schema) or super().function_after_schema(schema)

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        """What the reader reads."""
        return _read_by(schema) or super().function_plain_schema(schema)

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:  # noqa: ARG002 — pydantic's signature
        """A day by its pattern: validators do not look at formats unless told to."""
        return {_KIND: "day"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """An optional key is left out, not left empty."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Tell a default only where it is what people would write."""
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        plain = isinstance(default, bool | int | str) and not {"$ref", _KIND} & inner.keys()
        return {**inner, "default": default} if plain else inner

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Keys of any name that their type allows."""
        values = self.generate_inner(schema["values_schema"])
        names = self.generate_inner(schema["keys_schema"])
        written = {"type": "object", "additionalProperties": values}
        return written if names == {"type": "string"} else {**written, "propertyNames": names}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A model with its docstring, or that of the type it specializes."""
        written = super().model_schema(schema)
        kind = schema["cls"]
        written.pop("title", None)
        written["description"] = _docstring(kind)
        if not written["description"]:
            del written["description"]
        if kind in _EXACTLY_ONE:
            written["oneOf"] = [{"required": [key]} for key in _EXACTLY_ONE[kind]]
        if kind in _AT_LEAST_ONE:
            written["anyOf"] = [{"required": list(keys)} for keys in _AT_LEAST_ONE[kind]]
        return written


def _read_by(schema: Mapping[str, Any]) -> JsonSchemaValue | None:
    name = BY_READER.get(schema["function"]["function"])
    return None if name is None else {_KIND: name}


def _docstring(kind: type[BaseModel]) -> str:
    own = next((base.__doc__ for base in kind.__mro__ if base is Strict or base.__doc__), "")
    return "" if own == Strict.__doc__ else " ".join((own or "").replace("``", "`").split())


def _linked(schema: Any) -> Any:
    """`schema` with references in place of the marks that stood for our shapes while pydantic counted its own."""
    if isinstance(schema, dict):
        if isinstance(name := schema.get(_KIND), str):
            return named(name)
        return {key: _linked(value) for key, value in schema.items()}
    return [_linked(one) for one in schema] if isinstance(schema, list) else schema


def _name_by_default(own: dict[str, Any]) -> None:
    """Under `write`, a target without `hubspot:` keeps its default there; in `parts` and `scores` none has one."""
    target = named("PropertyWrite")
    written = own["Writes"]["properties"]
    own["Writes"]["properties"] = {key: named("Renamed") if one == target else one for key, one in written.items()}
    own["Renamed"] = {key: value for key, value in own["PropertyWrite"].items() if key != "required"}


def _closed(names: list[str]) -> dict[str, Any]:
    """The named shapes, and those that they refer to in turn."""
    closed: dict[str, Any] = {}
    while names:
        closed |= {name: SHAPES[name] for name in names}
        names = sorted(set(_references(closed)) - closed.keys())
    return dict(sorted(closed.items()))


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix("#/$defs/")
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from _references(one)


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
