"""Ports over which the process dies: before or after the n-th call that changes something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

#: What changes something on a platform, and the channels that do.
_ACTS = {"write", "define", "create_list", "create_task", "create_note", "put_on_list", "take_off_list", "set_tag"}
_CHANNEL_ACTS = {"enroll", "leave"}


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class Fate:
    """The process dies at the n-th act, counted from 1 (0: never); `after` it was done, or before."""

    at: int = 0
    after: bool = False
    acts: int = 0

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """The act, with what is to befall at it."""

        @wraps(act)
        def run(*given: Any, **named: Any) -> Any:
            self.acts += 1
            meant = self.acts == self.at
            if meant and not self.after:
                raise Killed
            done = act(*given, **named)
            if meant:
                raise Killed
            return done

        return run


@dataclass(frozen=True)
class Mortal:
    """A port, or a channel of it, whose acts meet a fate."""

    inner: Any
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name in _ACTS or (name in _CHANNEL_ACTS and hasattr(self.inner, "repeat_safe")):
            return self.fate.around(found)
        if name.endswith("_channel"):
            return lambda *given: Mortal(found(*given), self.fate)
        return found
