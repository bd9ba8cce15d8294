"""A rulebook that is being checked: each file as it was read, and as it was understood, where it could be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connector.rulebook.document import Document, Path_
from connector.rulebook.types import FieldsFile, Model, StagesFile, TracksFile

T = TypeVar("T")

#: Keys of model, stages and tracks behind which a condition stands.
CONDITION_KEYS = frozenset({"when", "applies_to", "enter", "exit_when"})


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One file: its plain data with lines, and its content, None if the file is not valid by itself."""

    document: Document
    content: T | None


@dataclass(frozen=True, slots=True)
class Draft:
    """All files of a rulebook. A check looks at what is there, so that one broken file does not hide the rest."""

    fields: Part[FieldsFile]
    models: tuple[Part[Model], ...]
    stages: Part[StagesFile]
    tracks: Part[TracksFile]


def walk(data: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every key and entry of plain data with its path, outside in; what is inside a condition is left to its parser."""
    inner: Iterator[tuple[str | int, Any]]
    if isinstance(data, dict):
        inner = iter(data.items())
    elif isinstance(data, list):
        inner = iter(enumerate(data))
    else:
        return
    for step, value in inner:
        at = (*path, step)
        yield at, value
        if step not in CONDITION_KEYS:
            yield from walk(value, at)
