"""Where rules compare a field with values that somebody must have chosen: `is`, `is_not`, `in`, `not_in`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from connector.rulebook.conditions import Compare, Condition, Did, Every, Not, Some, leaves
from connector.rulebook.types import Rule, Rulebook, Stage

_CONDITIONS = (Compare, Every, Some, Not, Did)
_EQUALITY = frozenset({"is", "is_not", "in", "not_in"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One such test: of which field, with which values (texts are folded), and where it stands."""

    field: str
    values: tuple[str | bool | int | float, ...]
    file: str
    key: str


def comparisons(rulebook: Rulebook) -> Iterator[Comparison]:
    """All of them, in the order of the files. Those of computed names and of assets are not of fields. Pure."""
    parts: list[tuple[str, Any]] = [(f"model {model.model}", model) for model in rulebook.models]
    parts += [("stages.yaml", rulebook.stages), ("tracks.yaml", rulebook.tracks)]
    for file, part in parts:
        for key, condition in _conditions(part, ""):
            for leaf in leaves(condition):
                if isinstance(leaf, Compare) and leaf.operator in _EQUALITY and leaf.name in rulebook.fields.fields:
                    yield Comparison(leaf.name, _values(leaf), file, key)


def _values(leaf: Compare) -> tuple[Any, ...]:
    return leaf.argument if isinstance(leaf.argument, tuple) else (leaf.argument,)


def _conditions(part: Any, key: str) -> Iterator[tuple[str, Condition]]:
    """Every condition inside, with the rule, stage, state or track that it is of, or the key it stands under."""
    if isinstance(part, _CONDITIONS):
        yield key, part
    elif isinstance(part, BaseModel):
        own = f"rule {part.id}" if isinstance(part, Rule) else f"stage {part.id}" if isinstance(part, Stage) else key
        for name, inner in part:
            yield from _conditions(inner, own or name)
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _conditions(inner, f"{key.removesuffix('s')} {name}" if key in ("states", "tracks") else key)
    elif isinstance(part, tuple):
        for inner in part:
            yield from _conditions(inner, key)
