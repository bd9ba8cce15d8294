"""What scoring says of one contact on one day. Points are thousandths; the receipt's lines add up to the score exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

Part = Literal["fit", "phase", "engagement", "reaction", "profile", "override"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the receipt: which rule, how many thousandths it adds, and what was taken off and why.

    `gross` is what the rule would give untouched; `points` what counted. The difference is told apart in `faded`,
    `withheld` (trust) and `capped`, each ≥ 0, so that gross − faded − withheld − capped = points for positive lines.
    """

    part: Part
    rule: str
    points: int
    why: str = ""
    gross: int = 0
    faded: int = 0
    withheld: int = 0
    capped: int = 0
    day: date | None = None  # the day of the newest act, where there is one
    times: int = 0
    asset: str = ""
    late: bool = False  # told to us later than it happened


@dataclass(frozen=True, slots=True)
class Verdict:
    """Score, parts, persona, phase and receipt of one contact for one day, under one model.

    `enough` False: the minimum evidence is missing; then `score` is None, never 0, and `missing` says what is lacking.
    `score` is whole points 0–100; the lines' thousandths add up to `exact`, and `exact` rounds half up to `score`.
    Where several models apply, this is the best of them, and `each` has the score of every one.
    """

    contact: int
    model: str
    day: date
    rulebook: str
    enough: bool
    score: int | None
    exact: int = 0
    parts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    lines: tuple[Line, ...] = ()
    persona: str | None = None
    similarity: int = 0  # of the best persona, in whole percent
    phase: str | None = None
    answer: str | None = None  # the reaction to the latest episode
    lifts: str | None = None  # at least this stage
    bars: str | None = None  # below this stage
    missing: tuple[str, ...] = ()
    audience: bool = False  # reads everything and never buys: barred from stages with a hand-over
    knowledge: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # brand, offer: whole percent
    topics: tuple[str, ...] = ()  # what she was interested in, the most first
    each: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))  # every model that applies


#: What `Verdict.missing` names where not a field but any act is lacking, and where no model is meant for her.
ANY_ACT = "(any act)"
NO_MODEL = "no model applies"

#: States that are always there, beside those of stages.yaml.
NOT_ENOUGH_DATA = "not_enough_data"
CUSTOMER = "customer"
SUPPRESSED = "suppressed"
STATES = (NOT_ENOUGH_DATA, CUSTOMER, SUPPRESSED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact stands on the ladder (or in a state), and since which day."""

    stage: str
    since: date


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a contact: from the last place to the next; `cause` is a rule id or a plain word; None: no move.

    `barred` is the rejection of sales that keeps her from the stages with a hand-over, moved or not.
    """

    before: Place | None
    after: Place
    cause: str
    rise: bool = False
    barred: str = ""

    @property
    def moved(self) -> bool:
        """True when the stage changed (the first place counts as a move)."""
        return self.before is None or self.before.stage != self.after.stage
