"""cases/*.yaml: golden people. Who each is, what she did, and what the rulebook must say of her."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from connector.facts import Refusal, Trust
from connector.rulebook.kinds import Days, Identifier, Seconds, Strict
from connector.rulebook.units import parse_points

#: The word for "there is none": no score, no persona, no phase, no track.
NONE = "none"

#: The word for a line that must not be in the receipt.
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from `low` to `high`, both included; None is open. `written` is how the file says it."""

    low: int | None
    high: int | None
    written: str

    def holds(self, value: int | None) -> bool:
        """Whether there is a value, and it lies within."""
        return (
            value is not None and (self.low is None or self.low <= value) and (self.high is None or value <= self.high)
        )


@dataclass(frozen=True, slots=True)
class Nothing:
    """There must be no value at all; `written` is how the file says it."""

    written: str

    def holds(self, value: int | None) -> bool:
        """Whether there is no value."""
        return value is None


Wanted = Span | Nothing


def _whole(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueError("takes a whole number from 0 to 100, {at_least: 75, at_most: 90}, or none")
    return raw


def _wanted_score(raw: object) -> Wanted:
    """`82`, `{at_least: 75}` or `none` (not enough data)."""
    if raw == NONE:
        return Nothing(NONE)
    if isinstance(raw, Mapping):
        return _bounds({key: _whole(value) for key, value in raw.items()})
    score = _whole(raw)
    return Span(score, score, str(score))


def _wanted_line(raw: object) -> Wanted:
    """`17`, `5.438`, `{at_least: 10}` or `absent`, in thousandths."""
    if raw == ABSENT:
        return Nothing(ABSENT)
    if isinstance(raw, Mapping):
        span = _bounds({key: parse_points(value) for key, value in raw.items()})
        return Span(span.low, span.high, ", ".join(f"{key} {value}" for key, value in raw.items()))
    if not isinstance(raw, int | float):
        raise ValueError("takes points such as 17 or 5.438, {at_least: 10}, or absent")
    points = parse_points(raw)
    return Span(points, points, str(raw))


def _bounds(raw: Mapping[Any, int]) -> Span:
    if not raw or not set(raw) <= {"at_least", "at_most"}:
        raise ValueError("takes at_least, at_most, or both")
    low, high = raw.get("at_least"), raw.get("at_most")
    if low is not None and high is not None and low > high:
        raise ValueError("at_least lies above at_most")
    return Span(low, high, ", ".join(f"{key} {value}" for key, value in raw.items()))


def _wanted_names(raw: object) -> tuple[str, ...]:
    """`finance-consideration`, several in a list, or `none`."""
    if raw == NONE:
        return ()
    names = raw if isinstance(raw, list | tuple) else (raw,)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError("takes a name, several in a list, or none")
    return tuple(names)


_NUMBER = {"type": "number"}


def _or_bounds(*alternatives: Mapping[str, Any]) -> WithJsonSchema:
    bounds = {
        "type": "object",
        "properties": {"at_least": _NUMBER, "at_most": _NUMBER},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return WithJsonSchema({"anyOf": [*alternatives, bounds]})


WantedScore = Annotated[Wanted, PlainValidator(_wanted_score), _or_bounds({"type": "integer"}, {"const": NONE})]
WantedLine = Annotated[Wanted, PlainValidator(_wanted_line), _or_bounds(_NUMBER, {"const": ABSENT})]
WantedNames = Annotated[
    tuple[str, ...],
    PlainValidator(_wanted_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class Deed(Strict):
    """What she did, or what happened to her: `ago` before the day of the case, or shortly `after` the deed above it.

    Deeds of one day happen in their order, a minute apart; `times` repeats one so. Without `trust` it is what platforms
    tell: an open is unsure, everything else a person's.
    """

    event: Identifier
    asset: str = ""
    ago: Days = 0
    after: Seconds | None = None
    times: int = Field(1, ge=1, le=100)
    trust: Trust | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Deed:
        if self.after is not None and self.ago:
            raise ValueError("give ago: (before the day) or after: (the deed above), not both")
        return self


class OnTrack(Strict):
    """The track she is on, and how long ago she entered it."""

    track: Identifier
    entered: Days


class WasOn(Strict):
    """A track that she was on, how long ago she entered it, and how long ago she left."""

    track: Identifier
    entered: Days
    left: Days

    @model_validator(mode="after")
    def _in_order(self) -> WasOn:
        if self.left > self.entered:
            raise ValueError("she left before she entered: left: is the shorter time")
        return self


class Was(Strict):
    """The stage or state in which she stood until now, and for how long."""

    stage: Identifier
    since: Days


class Expect(Strict):
    """What must come out. What is not named may be anything; of `lines` only those named are looked at.

    `track` names all tracks that she is on afterwards: stayed on or entered, lists without a listener included; `segments`
    all that she belongs to. `by` is the platform by which she is to enter first of all. `leaves` are the tracks that she is
    taken out of, each with its cause, and no others; of those that she is `refused`, each with its reason, only the named
    ones are looked at. `standing` is a nurturing.intents.Tended.
    """

    score: WantedScore | None = None
    stage: Identifier | None = None
    persona: Identifier | None = None
    phase: Identifier | None = None
    model: Identifier | None = None
    lines: Mapping[str, WantedLine] = Field(default_factory=dict)
    track: WantedNames | None = None
    by: Literal["hubspot", "mailchimp"] | None = None
    leaves: Mapping[Identifier, str] | None = None
    refused: Mapping[Identifier, str] = Field(default_factory=dict)
    standing: Identifier | None = None
    segments: WantedNames | None = None
    cause: str | None = None
    audience: bool | None = None
    knows_brand: WantedScore | None = None
    knows_offer: WantedScore | None = None
    topics: tuple[Identifier, ...] | None = None

    @model_validator(mode="after")
    def _something(self) -> Expect:
        if not self.model_fields_set:
            raise ValueError("a case that expects nothing proves nothing: add a score, a stage, lines …")
        return self


class Case(Strict):
    """One golden person on one day.

    `rose` is how long ago she last rose to a higher stage; `touches` how long ago she got mail or a call besides that of
    her tracks. `known_at` are the platforms that know her; without it all do.
    """

    name: str = Field(min_length=1, max_length=200)
    day: date | None = None
    given: Mapping[str, Any] = Field(default_factory=dict)
    changed: Mapping[str, Days] = Field(default_factory=dict)
    did: tuple[Deed, ...] = ()
    on_track: OnTrack | None = None
    was_on: tuple[WasOn, ...] = ()
    was: Was | None = None
    rose: Days | None = None
    touches: tuple[Days, ...] = ()
    known_at: tuple[Literal["hubspot", "mailchimp"], ...] = Field(("hubspot", "mailchimp"), min_length=1)
    refused: tuple[Refusal, ...] = ()
    expect: Expect


class CasesFile(Strict):
    """cases/*.yaml: golden people. `day` is the day of every case that names none."""

    version: Literal[1]
    day: date | None = None
    cases: tuple[Case, ...] = Field(min_length=1)
