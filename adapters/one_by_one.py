"""Asking about many, one by one or by halves: what fails for one costs the others nothing, what is about the platform ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TypeVar

from adapters.ports import CredentialsRefused, PlatformError, PlatformRefused, PlatformUnreachable, ScopeMissing

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def is_about_one(error: PlatformError) -> bool:
    """Whether the error may be about what was asked: asked about another one, the platform might answer."""
    ours = isinstance(error, CredentialsRefused | ScopeMissing)
    return isinstance(error, PlatformRefused | PlatformUnreachable) and not ours


def answers(
    ask: Callable[[_Item], _Answer],
    items: Sequence[_Item],
    together: Callable[[Callable[[_Item], tuple[_Answer, ...]], Sequence[_Item]], Sequence[tuple[_Answer, ...]]],
) -> dict[_Item, _Answer]:
    """What `ask` gives by item; `together` makes the calls. Items that got no answer are absent. Raises no PlatformError.

    A platform that is busy or refuses our key is not asked about the rest, nor is any when a deadline has passed.
    """
    over = Event()

    def one(item: _Item) -> tuple[_Answer, ...]:
        if over.is_set():
            return ()
        try:
            return (ask(item),)
        except PlatformError as error:
            if not is_about_one(error):
                over.set()
            return ()

    unique = list(dict.fromkeys(items))
    return {item: answer[0] for item, answer in zip(unique, together(one, unique), strict=True) if answer}


def by_halves(ask: Callable[[Sequence[str]], Mapping[str, _Answer]], ids: Sequence[str]) -> dict[str, _Answer]:
    """What `ask` gives of many at once, by id. Ids that got no answer are absent. Raises no PlatformError.

    What fails for many is asked again by halves: one record must not keep the others out.
    """
    if not ids:
        return {}
    try:
        return dict(ask(ids))
    except PlatformError as error:
        if len(ids) == 1 or not is_about_one(error):
            return {}
    middle = len(ids) // 2
    return {**by_halves(ask, ids[:middle]), **by_halves(ask, ids[middle:])}
