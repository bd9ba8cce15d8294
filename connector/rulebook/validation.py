"""From plain data to a type of types.py, with every complaint of pydantic told in our words, at its key and line."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from connector.rulebook.document import Document, Path_
from connector.rulebook.parse import ConditionError
from connector.rulebook.problems import Problem
from connector.rulebook.spelling import did_you_mean

T = TypeVar("T", bound=BaseModel)

_ABSENT = object()

#: pydantic's kinds of complaint → what is wanted, said to a marketer.
_WANTED = {
    "string_type": "takes a text; put numbers in quotes",
    "string_pattern_mismatch": "ids are lower case letters, digits, - and _, beginning with a letter",
    "int_type": "takes a whole number",
    "int_parsing": "takes a whole number",
    "int_from_float": "takes a whole number",
    "bool_type": "takes true or false",
    "bool_parsing": "takes true or false",
    "date_type": "takes a day, such as 2027-05-01",
    "date_from_datetime_parsing": "takes a day, such as 2027-05-01",
    "date_parsing": "takes a day, such as 2027-05-01",
    "tuple_type": "takes a list",
    "mapping_type": "takes keys with values",
    "dict_type": "takes keys with values",
    "model_type": "takes keys with values",
    "model_attributes_type": "takes keys with values",
    "too_short": "needs at least one entry",
}


def validate(document: Document, kind: type[T]) -> tuple[T | None, list[Problem]]:
    """Build `kind` from the document's data, or say everything that keeps it from being built.

    Strictly, as JSON: neither `true` nor `"3"` is a number, and no number is a day.
    """
    try:
        return kind.model_validate_json(json.dumps(document.data), strict=True), []
    except ValidationError as error:
        found = [problem for detail in error.errors() for problem in _problems(detail, document, kind)]
        return None, found


def _problems(detail: ErrorDetails, document: Document, kind: type[BaseModel]) -> Iterator[Problem]:
    path = _path(detail["loc"], document.data)
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, ConditionError):
        for flaw in cause.flaws:
            yield document.problem((*path, *flaw.at), flaw.message, flaw.cure)
    elif detail["type"] == "extra_forbidden":
        known = keys_at(kind, detail["loc"][:-1])
        wrong = str(path[-1])
        yield document.problem(
            path, f'there is no key "{wrong}" here', did_you_mean(wrong, known) or f"its keys are {', '.join(known)}"
        )
    elif detail["type"] == "missing":
        yield document.problem(path, f'the key "{path[-1]}" is missing', "add it")
    else:
        yield document.problem(path, *_told(detail))


def _told(detail: ErrorDetails) -> tuple[str, str]:
    raw, kind = detail["input"], detail["type"]
    shown = f"{raw!r:.60}" if isinstance(raw, str | int | float | bool) or raw is None else "this"
    if kind == "literal_error":
        choices = [choice.strip("' ") for choice in detail["ctx"]["expected"].replace(" or ", ", ").split(",")]
        cure = did_you_mean(raw, choices) if isinstance(raw, str) else ""
        return f"{shown} is not one of {', '.join(choices)}", cure
    if kind == "value_error":
        message = str(detail["ctx"]["error"])
        return (message, "") if shown == "this" else (f"{shown} will not do", message)
    return f"{shown} will not do", _WANTED.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])


def _path(loc: tuple[str | int, ...], data: Any) -> Path_:
    """Turn pydantic's place into a path in the data: without its marks for keys and for the branches of a union."""
    path: list[str | int] = []
    for place, step in enumerate(loc):
        last = place == len(loc) - 1
        inner = _inside(data, step)
        if inner is _ABSENT and (not last or step == "[key]"):
            continue
        path.append(step)
        data = inner
    return tuple(path)


def _inside(data: Any, step: str | int) -> Any:
    if isinstance(data, Mapping) and step in data:
        return data[step]
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return _ABSENT


def keys_at(kind: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the type at `loc` (pydantic's place) inside `kind` knows; empty if it is no mapping of known keys."""
    kind, origin = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not loc:
            return [field.alias or name for name, field in kind.model_fields.items()]
        inner = [field.annotation for name, field in kind.model_fields.items() if loc[0] in (name, field.alias)]
        return keys_at(inner[0], loc[1:]) if inner else []
    args = [arg for arg in get_args(kind) if arg not in (type(None), ...)]
    if origin in (Union, types.UnionType):
        branches = [branch for branch in args if _named(branch) == (loc[0] if loc else None)] or args
        tagged = branches is not args
        return [key for branch in branches for key in keys_at(branch, loc[1:] if tagged else loc)]
    return keys_at(args[-1], loc[1:]) if args and loc else []


def _bare(kind: Any) -> tuple[Any, Any]:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind, get_origin(kind)


def _named(kind: Any) -> str | None:
    """The tag of a union's branch, as pydantic puts it into places."""
    marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((mark.tag for mark in marks if hasattr(mark, "tag")), None)
