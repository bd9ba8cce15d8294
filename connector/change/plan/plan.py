"""The plan of a change: everything that making one rulebook the active one would do, people by id. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from connector.steps.newly_mapped import NewlyMapped

#: The scores that a distribution counts, one place each; what has no score is counted apart.
SCORES = 101


@dataclass(frozen=True, slots=True)
class Because:
    """Why somebody would move: the rule (its id, or a plain word of scoring/causes.py) and by how many thousandths of a point
    its line differs; 0 where another thing than points moved her (consent, evidence).

    `ladder` is set where by the former stages.yaml she would not move there: the stage or state whose threshold or condition
    does it. The `rule` is then the line of hers that differs most in that direction, empty where none does.
    """

    rule: str
    points: int = 0
    ladder: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One contact who would stand on another stage. `before` is None for somebody who was never judged."""

    contact: int
    before: str | None
    after: str
    rise: bool
    score_before: int | None
    score_after: int | None
    because: Because


@dataclass(frozen=True, slots=True)
class Passage:
    """One contact who would enter a track, or leave it. `why` is a sentence in the team's language."""

    contact: int
    track: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many have each score from 0 to 100, how many have none, and how many stand on each stage."""

    scores: tuple[int, ...]
    unscored: int
    stages: Mapping[str, int]

    def __post_init__(self) -> None:
        if len(self.scores) != SCORES:
            raise ValueError(f"a spread counts the scores from 0 to 100, not {len(self.scores)} of them")


@dataclass(frozen=True, slots=True)
class Cost:
    """What delivering takes: rows to write by source, calls by platform, and seconds at the least under the quota."""

    writes: Mapping[str, int]
    calls: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many would enter a track only later, as calendar, pauses and pace have it, and when the first and the last of them
    may at the earliest. Nobody is to decide about them, unless the guard holds some by then.
    """

    entries: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rulebook would change for everybody, as of one position of the ledger and one day.

    `rulebook` and `active` are hashes; `active` is None while nothing was ever made active. `versus` is set where two
    rulebooks are compared, and `before` is then what that one says and not what stands; such a plan cannot be applied.
    `creates` are the lines of `trellis provision --dry-run`; `uncreated` says why more may be missing than they tell, where a
    platform could not be asked. `held` counts by reason what would wait for a person, `waiting` who would enter
    later without one. People stand by their number, in its order.
    """

    made_at: datetime
    day: date
    rulebook: str
    active: str | None
    position: int
    contacts: int
    before: Spread
    after: Spread
    moves: tuple[Move, ...]
    enters: tuple[Passage, ...]
    leaves: tuple[Passage, ...]
    handovers: tuple[int, ...]
    creates: tuple[str, ...]
    newly_read: NewlyMapped | None
    cost: Cost
    held: Mapping[str, int]
    versus: str | None = None
    uncreated: str = ""
    waiting: Waiting | None = None

    @property
    def is_empty(self) -> bool:
        """True when nothing would be created, as far as is known, nor moved, written, entered or left."""
        people = self.moves or self.enters or self.leaves or self.handovers
        return not (people or self.creates or self.uncreated or any(self.cost.writes.values()))
