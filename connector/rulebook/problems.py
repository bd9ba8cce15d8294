"""What is wrong with a rulebook: one line per problem, naming file, line, key and cure (promise 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one file. `line` counts from 1; 0 and an empty `key` mean the file as a whole."""

    file: str
    line: int
    key: str
    message: str
    cure: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{place} {self.key}" if self.key else place
        return f"{where}: {self.message}; {self.cure}" if self.cure else f"{where}: {self.message}"


class RulebookError(Exception):
    """The rulebook cannot be used. `problems` are all that were found, by file and line; the text is one line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def key_text(path: Iterable[str | int]) -> str:
    """("traits", 0, "when") → `traits[0].when`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
