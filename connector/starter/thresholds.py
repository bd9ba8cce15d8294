"""From which score on somebody is hot, qualified or nurtured: so that sales gets about what it can look at, and each stage is
reached by people who are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Where nobody is there to ask, and how far up a threshold may lie at all: whoever asks for us has 85.
_USUAL = (20, 50, 70)
_HIGHEST = 80

#: For each lead that comes up in a week so many people stand qualified or higher; of the rest this share is nurtured.
_QUALIFIED_FOR_ONE = 5
_NURTURED = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the sample on the ladder: her score, whether an act speaks for a phase, and whether she did anything in the
    last seven days.
    """

    score: int
    acted: bool
    stirred: bool


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The scores that enter each stage, ascending. With `by_acts` nobody is hot who never did anything. `told` says why."""

    nurture: int
    qualified: int
    hot: int
    by_acts: bool
    told: tuple[str, ...]


def thresholds(
    people: Sequence[Standing],
    total: int,
    capacity: int,
    highest: int,
    *,
    each: float = 1.0,
    acts_seen: bool = True,
) -> Thresholds:
    """For a sample of `total` people, a team that can look at `capacity` leads a week, and a model that gives `highest`.

    Of those who stirred in the last seven days, each of whom stands for `each` of the portal, the best `capacity` are hot;
    where nobody stirred, of all. With four different scores or more, somebody stands on each stage. Without `acts_seen` the
    sample does not tell what people did.
    """
    scores = sorted({one.score for one in people})
    by_acts = any(one.acted for one in people) or not people or not acts_seen
    if len(scores) < len(_USUAL) + 1:
        return _usual(scores, highest, by_acts=by_acts)
    acting = [one for one in people if one.acted and one.score >= scores[3]]
    eligible = acting or [one for one in people if one.score >= scores[3]]
    fresh = sorted((one.score for one in eligible if one.stirred), reverse=True)
    wanted = max(1, round(capacity / (each if fresh else max(total, len(people)) / len(people))))
    ranked = fresh or sorted((one.score for one in eligible), reverse=True)
    hot = min(ranked[min(wanted, len(ranked)) - 1], max(_HIGHEST, scores[3]))
    hot = max(hot, scores[3])
    qualified = _lower(scores[2], hot, _at_rank(people, wanted * _QUALIFIED_FOR_ONE))
    below = sorted((one.score for one in people if one.score < qualified), reverse=True)
    nurture = _lower(scores[1], qualified, below[int(len(below) * _NURTURED)])
    return Thresholds(
        nurture,
        qualified,
        hot,
        bool(acting) or not acts_seen,
        tuple(_told(people, total, capacity, hot, each if fresh else None)),
    )


def _usual(scores: Sequence[int], highest: int, *, by_acts: bool) -> Thresholds:
    """Where too few were looked at: usual thresholds, in proportion to what the model can give."""
    nurture, qualified, hot = (
        max(usual * highest // 100, least) for usual, least in zip(_USUAL, (1, 2, 3), strict=True)
    )
    why = "Nobody was looked at" if not scores else "Too few different scores were seen to place thresholds by them"
    return Thresholds(
        nurture, qualified, hot, by_acts, (f"{why}: these are usual ones. `trellis plan` says whom others would move.",)
    )


def _at_rank(people: Sequence[Standing], rank: int) -> int:
    scores = sorted((one.score for one in people), reverse=True)
    return scores[min(rank, len(scores)) - 1]


def _lower(least: int, above: int, wanted: int) -> int:
    """The wanted threshold, below the stage above it and with room for the stages below."""
    return max(least, min(wanted, above - 1))


def _told(people: Sequence[Standing], total: int, capacity: int, hot: int, each: float | None) -> list[str]:
    """How the threshold came about; `each` is None where nobody stirred."""
    looked = f"{len(people):,} with a score were looked at" + (f" of {total:,} contacts" if total > len(people) else "")
    if each is None:
        return [
            f"{looked}, and nobody did anything in the last seven days: hot are the best {capacity} of all, in proportion."
        ]
    up = round(sum(one.score >= hot and one.stirred for one in people) * each)
    asked = "; who asks for you is hot, however many do" if hot >= _HIGHEST and up > capacity else ""
    return [f"{looked}. From {hot} points on, about {up:,} a week come up to hot; sales can look at {capacity}{asked}."]
