"""How it ended for some people who were to be put on a list, given a tag, or taken off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.ports import PlatformError
from connector.store.roster import Listed


@dataclass(frozen=True, slots=True)
class Ended:
    """`done` are as they should be; of the `refused` it says why. Whoever is neither waits, with `away` for the platform."""

    done: tuple[Listed, ...] = ()
    refused: Mapping[Listed, str] = field(default_factory=dict)
    away: PlatformError | None = None
