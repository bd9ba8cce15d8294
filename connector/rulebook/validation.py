"""From plain data to a type of types.py, with every complaint of pydantic told in our words, at its key and line."""

from __future__ import annotations

import json
import re
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

#: How pydantic marks a complaint about a key itself.
_KEY = "[key]"

_WRITTEN_AS_A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")

#: pydantic's kinds of complaint → what is wanted, said to a marketer.
_WANTED = {
    "string_type": "takes a text; put numbers in quotes",
    "string_pattern_mismatch": "ids are lower case letters, digits, - and _, beginning with a letter",
    "int_type": "takes a whole number, without quotes",
    "int_from_float": "takes a whole number",
    "bool_type": "takes true or false, without quotes",
    "date_type": "takes a day, such as 2027-05-01",
    "date_from_datetime_parsing": "takes a day, such as 2027-05-01",
    "date_parsing": "takes a day, such as 2027-05-01",
    "tuple_type": "takes a list",
    "mapping_type": "takes keys with values, without dashes",
    "dict_type": "takes keys with values, without dashes",
    "model_type": "takes keys with values, without dashes",
    "model_attributes_type": "takes keys with values, without dashes",
    "too_short": "needs at least one entry",
}


def validate(document: Document, kind: type[T]) -> tuple[T | None, list[Problem]]:
    """Build `kind` from the document's data, or say everything that keeps it from being built.

    Strictly, as JSON: neither `true` nor `"3"` is a number, and no number is a day. What the document itself complains of
    is not told twice.
    """
    try:
        return kind.model_validate_json(json.dumps(document.data), strict=True), []
    except ValidationError as error:
        told = {(problem.line, problem.key) for problem in document.problems}
        details = _causes(error.errors(), kind)
        found = [problem for detail in details for problem in _problems(detail, document, kind)]
        return None, [problem for problem in found if (problem.line, problem.key) not in told]


def _causes(details: list[ErrorDetails], kind: type[BaseModel]) -> Iterator[ErrorDetails]:
    """Without what only follows: a list too short for an entry that is broken, a key missing for one that is misspelled."""
    places = [detail["loc"] for detail in details]
    meant = {
        (*loc[:-1], key)
        for loc in (detail["loc"] for detail in details if detail["type"] == "extra_forbidden")
        for key in keys_at(kind, loc[:-1])
        if did_you_mean(str(loc[-1]), [key])
    }
    for detail in details:
        loc = detail["loc"]
        follows = detail["type"] == "too_short" and any(place[: len(loc)] == loc != place for place in places)
        if not follows and not (detail["type"] == "missing" and loc in meant):
            yield detail


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
        cure = "begin the file with version: 1" if path == ("version",) else "add it"
        yield document.problem(path, f'the key "{path[-1]}" is missing', cure)
    else:
        yield document.problem(path, *_told(detail))


def _told(detail: ErrorDetails) -> tuple[str, str]:
    raw, kind = detail["input"], detail["type"]
    if kind == "literal_error":
        choices = [choice.strip("' ") for choice in detail["ctx"]["expected"].replace(" or ", ", ").split(",")]
        near = did_you_mean(raw, choices) if isinstance(raw, str) else ""
        cure = "write it without quotes" if raw in choices else near
        return f"{_shown(raw)} is not one of {', '.join(choices)}", cure
    if kind == "value_error":
        wanted = str(detail["ctx"]["error"])
        if isinstance(raw, Mapping | list):
            return wanted, ""
    else:
        wanted = _WANTED.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
        if isinstance(raw, str) and kind.startswith("date_") and _WRITTEN_AS_A_DAY.fullmatch(raw):
            return f"there is no {raw}", wanted
    return f"{_shown(raw)} will not do", _with_point(raw, wanted)


def _shown(raw: object) -> str:
    """The offending value, as the file has it."""
    if isinstance(raw, Mapping):
        return "a key with a value"
    if isinstance(raw, list):
        return "a list"
    if raw is None:
        return "nothing"
    return str(raw).lower() if isinstance(raw, bool) else f"{raw!r:.60}"


def _with_point(raw: object, wanted: str) -> str:
    comma = isinstance(raw, str) and _DECIMAL_COMMA.fullmatch(raw.strip())
    return f"{wanted}; decimals follow a point, not a comma" if comma else wanted


def _path(loc: tuple[str | int, ...], data: Any) -> Path_:
    """Turn pydantic's place into a path in the data: without its marks for keys and for the branches of a union."""
    path: list[str | int] = []
    for place, step in enumerate(loc):
        last = place == len(loc) - 1
        inner = _inside(data, step)
        a_tag = not isinstance(inner, Mapping | list) and any(further != _KEY for further in loc[place + 1 :])
        if a_tag or (inner is _ABSENT and (not last or step == _KEY)):
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
