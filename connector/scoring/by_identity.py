"""A rulebook as a key of a cache."""

from __future__ import annotations

from dataclasses import dataclass

from connector.rulebook.types import Rulebook


@dataclass(frozen=True, slots=True, eq=False)
class ByIdentity:
    """A rulebook as a key of a cache, by which object it is: its mappings do not hash."""

    rulebook: Rulebook

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.rulebook is other.rulebook

    def __hash__(self) -> int:
        return id(self.rulebook)
