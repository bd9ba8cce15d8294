"""Copies of frozen content with one place changed, down any path of models, mappings and tuples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)

#: Keys of models and mappings, and places in tuples.
Path_ = tuple[str | int, ...]


class _Removed(Enum):
    REMOVED = "removed"


#: Stands for no content: an entry is taken out; a key of a model gets its default again.
REMOVED: Final = _Removed.REMOVED


def at(content: Any, path: Path_) -> Any:
    """What stands at `path`. Raises AttributeError, KeyError or IndexError where there is nothing."""
    for key in path:
        content = getattr(content, str(key)) if isinstance(content, BaseModel) else content[key]
    return content


def replaced(content: T, path: Path_, new: object) -> T:
    """A copy of `content` with `new` at `path`; everything off the path is shared. Nothing is validated."""
    changed = _replaced(content, path, new)
    assert isinstance(changed, type(content))
    return changed


def _replaced(content: Any, path: Path_, new: object) -> Any:
    if not path:
        return new
    key, rest = path[0], path[1:]
    inner = _replaced(at(content, (key,)), rest, new)
    if isinstance(content, BaseModel):
        if inner is REMOVED:
            inner = type(content).model_fields[str(key)].get_default(call_default_factory=True)
        return _afresh(content.model_copy(update={str(key): inner}))
    if isinstance(content, Mapping):
        return {one: inner if one == key else old for one, old in content.items() if one != key or inner is not REMOVED}
    return tuple(inner if one == key else old for one, old in enumerate(content) if one != key or inner is not REMOVED)


def _afresh(copied: BaseModel) -> BaseModel:
    """Without what was computed of the content before it was changed: a copy of pydantic's takes it along."""
    for name in copied.__dict__.keys() - type(copied).model_fields.keys():
        del copied.__dict__[name]
    return copied


def inside(content: Any) -> Iterator[Any]:
    """`content` and everything in it, outside in; what is no model, mapping or tuple is left whole."""
    yield content
    inner: Iterable[Any] = ()
    if isinstance(content, BaseModel):
        inner = (value for _, value in content)
    elif isinstance(content, Mapping):
        inner = content.values()
    elif isinstance(content, tuple):
        inner = content
    for one in inner:
        yield from inside(one)
