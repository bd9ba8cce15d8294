"""The names that scoring computes, as conditions of stages, tracks and overrides see them."""

from __future__ import annotations

from collections.abc import Mapping

from connector.facts import Value
from connector.rulebook.types import POINT
from connector.scoring.verdict import Verdict

#: What every lead is scored and nurtured for, until she is won.
WIN = "win"

#: What a customer who is on no track is nurtured for, unless tracks.yaml says otherwise.
RETAIN = "retain"


def in_points(thousandths: int) -> int | float:
    """Thousandths as a number of points: 18000 → 18, 200 → 0.2 (the very number that the file's 0.2 is read as)."""
    return thousandths // POINT if thousandths % POINT == 0 else thousandths / POINT


def rounded(thousandths: int) -> int:
    """Whole points, half up: 74500 → 75."""
    return (2 * thousandths + POINT) // (2 * POINT)


def parts_as_values(parts: Mapping[str, int]) -> dict[str, Value]:
    """The points of each factor under its name."""
    return {name: in_points(points) for name, points in parts.items()}


def knowledge_as_values(percents: Mapping[str, int]) -> dict[str, Value]:
    """What she knows in percent, under `knows_brand` and `knows_offer`."""
    return {f"knows_{name}": percent for name, percent in percents.items()}


def as_values(verdict: Verdict) -> dict[str, Value]:
    """All that a verdict says, under the computed names; what it does not know is absent.

    `score` is the whole number that people see, the factors are exact points, `similarity` and what she knows are in
    percent, `topic` is the first one. `stage` and `aim` are not a verdict's to know: whoever places or nurtures her adds
    them.
    """
    values = {**parts_as_values(verdict.parts), **knowledge_as_values(verdict.knowledge)}
    if verdict.model:
        values["model"] = verdict.model
    if verdict.score is not None:
        values["score"] = verdict.score
        values["similarity"] = verdict.similarity
        values["audience"] = verdict.audience
    if verdict.persona is not None:
        values["persona"] = verdict.persona
    if verdict.phase is not None:
        values["phase"] = verdict.phase
    if verdict.topics:
        values["topic"] = verdict.topics[0]
    return values
