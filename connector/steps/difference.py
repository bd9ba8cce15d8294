"""What is worth writing back (promise 5): only differences, the score when it moved enough or is old, the rest at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto

from connector.rulebook.mapping import HUBSPOT, MERGE_FIELDS
from connector.rulebook.types import POINT, PropertyWrite, Rulebook
from connector.scoring.segment import segment
from connector.scoring.verdict import Step, Verdict

#: The other platform, whatever its audience.
MAILCHIMP = "mailchimp"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of the record: why she stands where she stands, what comes next, and the brief for sales."""

    why: str
    next: str
    brief: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a platform holds now for one contact, as we last read or wrote it, and when we last wrote the score."""

    values: Mapping[str, str | None]
    score_written: date | None


def same(ours: str, theirs: str | None) -> bool:
    """True when a platform's text means what we would write: 57 and 57.0, a day and its midnight in ms, "" and nothing."""
    theirs = theirs or ""
    if ours == theirs:
        return True
    if not ours or not theirs:
        return False
    return _number(ours) == _number(theirs) is not None or _day(ours) == _day(theirs) is not None


def for_hubspot(
    verdict: Verdict, step: Step, texts: Callable[[], Texts], held: Held, rulebook: Rulebook, lifecycle: str | None
) -> Mapping[str, str]:
    """The properties to write for one contact, possibly none. `lifecycle` is the value to move to, already found right."""
    write = rulebook.fields.write
    at_once = {write.stage.hubspot: step.after.stage}
    if write.persona:
        at_once[write.persona.hubspot] = verdict.persona or ""
    if write.phase:
        at_once[write.phase.hubspot] = verdict.phase or ""
    if lifecycle and write.lifecycle:
        at_once[write.lifecycle.hubspot] = lifecycle
    scores = {write.score.hubspot: _shown(verdict.score)}
    scores |= {target.hubspot: _shown(verdict.each.get(model)) for model, target in write.scores.items()}

    def riding() -> Mapping[str, str]:
        told = texts()
        riders = {
            write.stage_since.hubspot: step.after.since.isoformat(),
            write.why.hubspot: told.why,
            write.next.hubspot: told.next,
            **{target.hubspot: value for target, value in _by_choice(verdict, rulebook) if target},
            **{target.hubspot: _part(verdict, name) for name, target in write.parts.items()},
        }
        if write.brief:
            riders[write.brief.hubspot] = told.brief
        return {**scores, **riders}

    return _differences(at_once, scores, riding, held, rulebook, verdict, HUBSPOT)


def for_mailchimp(verdict: Verdict, step: Step, held: Held, rulebook: Rulebook) -> Mapping[str, str]:
    """The merge fields to write for one member, under raw names (``merge_fields.LEADSCORE``), possibly none."""
    write = rulebook.fields.write
    at_once = {
        f"merge_fields.{target.mailchimp}": value
        for target, value in _mailchimp_at_once(write.stage, write.persona, write.phase, verdict, step)
        if target is not None and target.mailchimp
    }
    own = [(write.score.mailchimp, verdict.score)]
    own += [(target.mailchimp, verdict.each.get(model)) for model, target in write.scores.items()]
    scores = {f"merge_fields.{tag}": _shown(score) for tag, score in own if tag}
    riders = [*_by_choice(verdict, rulebook), *((target, _part(verdict, name)) for name, target in write.parts.items())]
    riding = {f"merge_fields.{target.mailchimp}": value for target, value in riders if target and target.mailchimp}
    return _differences(at_once, scores, lambda: {**scores, **riding}, held, rulebook, verdict, MAILCHIMP)


def _shown(score: int | None) -> str:
    return "" if score is None else str(score)


def _part(verdict: Verdict, name: str) -> str:
    """Whole points, half up; empty without a score."""
    return "" if verdict.score is None else str((2 * verdict.parts.get(name, 0) + POINT) // (2 * POINT))


def _by_choice(verdict: Verdict, rulebook: Rulebook) -> tuple[tuple[PropertyWrite | None, str], ...]:
    """What the admin may have mapped besides the core (design §4.4)."""
    write, scored = rulebook.fields.write, verdict.score is not None
    return (
        (write.similarity, str(verdict.similarity) if scored else ""),
        (write.segment, segment(verdict, rulebook)),
        (write.model, verdict.model if scored else ""),
        (write.scored_at, verdict.day.isoformat()),
    )


def lifecycle_back(
    present: str | None, stage: str, ours: str | None, rulebook: Rulebook, order: Sequence[str]
) -> str | None:
    """The lower lifecycle stage to write because she stands on a lower stage of ours now, or None.

    Only where fields.yaml says ``when: both`` and the platform still holds `ours`, the stage that we wrote last, or none
    at all, as between the two requests of a move back: what a person or HubSpot has set since stays (facts/hubspot.md
    §8). A stage of the ladder without a `lifecycle` of its own has that of the nearest one below.
    """
    write = rulebook.fields.write.lifecycle
    ladder = [one.id for one in rulebook.stages.stages]
    if write is None or write.when != "both" or ours is None or stage not in ladder:
        return None
    below = [one.lifecycle for one in rulebook.stages.stages[: ladder.index(stage) + 1] if one.lifecycle]
    if not below or (present and present != ours) or ours not in order or below[-1] not in order:
        return None
    return below[-1] if order.index(below[-1]) < order.index(ours) else None


def lifecycle_forward(
    present: str | None, risen_to: str | None, rulebook: Rulebook, order: Sequence[str]
) -> str | None:
    """The lifecycle stage to write because she has risen to a stage of ours, or None.

    Forward only from the `present` one, in the portal's own order; a stage that the portal does not list, or an unknown
    present one, is left alone (facts/hubspot.md §8).
    """
    target = next((stage.lifecycle for stage in rulebook.stages.stages if stage.id == risen_to), None)
    return None if rulebook.fields.write.lifecycle is None else forward(present, target, order)


def forward(present: str | None, target: str | None, order: Sequence[str]) -> str | None:
    """`target`, where that is a move forward from the `present` lifecycle stage in the portal's own order; else None."""
    if target is None or target not in order:
        return None
    if present and (present not in order or order.index(present) >= order.index(target)):
        return None
    return target


def _mailchimp_at_once(
    stage: PropertyWrite, persona: PropertyWrite | None, phase: PropertyWrite | None, verdict: Verdict, step: Step
) -> tuple[tuple[PropertyWrite | None, str], ...]:
    return (stage, step.after.stage), (persona, verdict.persona or ""), (phase, verdict.phase or "")


def _differences(
    at_once: Mapping[str, str],
    scores: Mapping[str, str],
    riding: Callable[[], Mapping[str, str]],
    held: Held,
    rulebook: Rulebook,
    verdict: Verdict,
    platform: str,
) -> Mapping[str, str]:
    """Text and dates ride along only with a changed score or stage; or where the platform holds nothing of them yet, which
    is so once, when the admin maps one more.
    """
    urgent = _unlike(at_once, held.values)
    due = any(
        _score_is_due(score, held.values.get(name), held.score_written, rulebook, verdict.day)
        for name, score in scores.items()
    )
    empty = verdict.score is not None and any(not held.values.get(name) for name in rider_names(rulebook, platform))
    if not urgent and not due and not empty:
        return {}
    return {**urgent, **_unlike(riding(), held.values)}


def rider_names(rulebook: Rulebook, platform: str) -> tuple[str, ...]:
    """The raw names of what rides along on a platform, and has a value for everybody who has a score."""
    write = rulebook.fields.write
    chosen = (write.similarity, write.segment, write.model, write.scored_at, *write.parts.values())
    if platform == HUBSPOT:
        core = (write.stage_since, write.why, write.next, write.brief)
        return tuple(target.hubspot for target in (*core, *chosen) if target)
    return tuple(f"{MERGE_FIELDS}{target.mailchimp}" for target in chosen if target and target.mailchimp)


class Due(Enum):
    """When a score that differs from the platform's is worth a write."""

    NEVER = auto()
    NOW = auto()
    ONCE_OLD = auto()  # only when it was written `at_least` so long ago


def score_is_due(ours: str, theirs: str | None, min_change: int) -> Due:
    """Whether our score is worth a write beside the platform's: a great change is, a small one once it is old."""
    if same(ours, theirs):
        return Due.NEVER
    before, after = _number(theirs or ""), _number(ours)
    far = before is None or after is None or abs(after - before) >= min_change
    return Due.NOW if far else Due.ONCE_OLD


def _score_is_due(ours: str, theirs: str | None, written: date | None, rulebook: Rulebook, today: date) -> bool:
    rule = rulebook.fields.write.score
    due = score_is_due(ours, theirs, rule.min_change)
    is_old = written is None or today - written >= timedelta(days=rule.at_least)
    return due is Due.NOW or (due is Due.ONCE_OLD and is_old)


def _unlike(wanted: Mapping[str, str], held: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if not same(value, held.get(name))}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """A platform shows a date as ISO text or as milliseconds of its midnight UTC (facts/hubspot.md §9)."""
    try:
        if text.isdecimal() and len(text) >= 12:
            return datetime.fromtimestamp(int(text) / 1000, UTC).date()
        return datetime.fromisoformat(text).date()
    except (ValueError, OverflowError, OSError):  # a person may have typed any number there
        return None
