"""What a case expects against what came out: each difference with the part of the receipt that explains it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connector.change.golden import Outcome, Person, person_of
from connector.rulebook.cases_file import ABSENT, NONE, Expect, Wanted
from connector.rulebook.read_cases import Golden
from connector.rulebook.types import Rulebook
from connector.scoring.computed import in_points
from connector.scoring.verdict import Line, Verdict


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that came out otherwise than expected; `why` is what the receipt says of it."""

    key: str
    expected: str
    got: str
    why: str

    def __str__(self) -> str:
        told = f"{self.key}: expected {self.expected}, got {self.got}"
        return f"{told} ({self.why})" if self.why else told


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that does not hold, and everything that came out otherwise."""

    golden: Golden
    misses: tuple[Miss, ...]

    def __str__(self) -> str:
        told = "; ".join(str(miss) for miss in self.misses)
        return f"{self.golden.file}:{self.golden.line} {self.golden.case.name}: {told}"


def failures(cases: Iterable[Golden], rulebook: Rulebook) -> tuple[Failure, ...]:
    """The cases that do not hold under `rulebook`, in their order."""
    judged = ((golden, tuple(misses(person_of(golden, rulebook), rulebook))) for golden in cases)
    return tuple(Failure(golden, found) for golden, found in judged if found)


def misses(person: Person, rulebook: Rulebook) -> Iterator[Miss]:
    """What a rulebook makes of her otherwise than her case expects. Lazy: who asks for the first pays for no more."""
    expect, outcome = person.golden.case.expect, Outcome(person, rulebook)
    yield from _of_score(expect, outcome.verdict)
    yield from _of_lines(expect, outcome.verdict)
    yield from _of_answers(expect, outcome.verdict)
    if expect.stage is not None and expect.stage != outcome.step.after.stage:
        yield Miss("stage", expect.stage, outcome.step.after.stage, _why_stage(outcome))
    if expect.cause is not None and expect.cause != outcome.step.cause:
        yield Miss("cause", expect.cause, outcome.step.cause or "no move", _why_stage(outcome))
    yield from _of_nurturing(expect, outcome)


def _of_score(expect: Expect, verdict: Verdict) -> Iterator[Miss]:
    if expect.model is not None and expect.model != (verdict.model or NONE):
        yield Miss("model", expect.model, verdict.model or NONE, _lacking(verdict))
    if expect.score is not None and not expect.score.holds(verdict.score):
        yield Miss("score", expect.score.written, _number(verdict.score), _lacking(verdict) or _sum(verdict))


def _of_lines(expect: Expect, verdict: Verdict) -> Iterator[Miss]:
    for rule, wanted in expect.lines.items():
        line = next((line for line in verdict.lines if line.rule == rule), None)
        if not wanted.holds(None if line is None else line.points):
            got = ABSENT if line is None else str(in_points(line.points))
            yield Miss(f"lines.{rule}", wanted.written, got, _lacking(verdict) or (_taken_off(line) if line else ""))


def _of_answers(expect: Expect, verdict: Verdict) -> Iterator[Miss]:
    """What the verdict says beside the score: who she is, how near she is, what she knows and likes."""
    if expect.persona is not None and expect.persona != (verdict.persona or NONE):
        yield Miss("persona", expect.persona, verdict.persona or NONE, _part(verdict, "fit"))
    if expect.phase is not None and expect.phase != (verdict.phase or NONE):
        yield Miss("phase", expect.phase, verdict.phase or NONE, _part(verdict, "phase"))
    if expect.audience is not None and expect.audience != verdict.audience:
        yield Miss("audience", str(expect.audience).lower(), str(verdict.audience).lower(), _sum(verdict))
    known: dict[str, tuple[Wanted | None, str]] = {
        "knows_brand": (expect.knows_brand, "brand"),
        "knows_offer": (expect.knows_offer, "offer"),
    }
    for key, (wanted, of) in known.items():
        if wanted is not None and not wanted.holds(verdict.knowledge.get(of)):
            yield Miss(key, wanted.written, _number(verdict.knowledge.get(of)), _lacking(verdict))
    if expect.topics is not None and expect.topics != verdict.topics:
        yield Miss("topics", _listed(expect.topics), _listed(verdict.topics), _lacking(verdict))


def _of_nurturing(expect: Expect, outcome: Outcome) -> Iterator[Miss]:
    """Which tracks she is on, leaves and is refused, how she stands, and where she belongs."""
    if expect.track is not None and set(expect.track) != outcome.tracks:
        yield Miss("track", _listed(expect.track), _listed(sorted(outcome.tracks)), _why_track(outcome))
    if expect.by is not None and outcome.platforms != {expect.by}:
        yield Miss("by", expect.by, _listed(sorted(outcome.platforms)), _why_track(outcome))
    if expect.leaves is not None and expect.leaves != (left := {one.track: str(one.why) for one in outcome.plan.leave}):
        yield Miss("leaves", _paired(expect.leaves), _paired(left), _why_track(outcome))
    if expect.refused:
        refused = {one.track: str(one.reason) for one in outcome.plan.refused}
        for track, reason in expect.refused.items():
            if refused.get(track) != reason:
                yield Miss(f"refused.{track}", reason, refused.get(track, ABSENT), _why_track(outcome))
    if expect.standing is not None and expect.standing != outcome.plan.standing.state:
        yield Miss("standing", expect.standing, str(outcome.plan.standing.state), _why_track(outcome))
    if expect.segments is not None and set(expect.segments) != outcome.plan.segments:
        yield Miss("segments", _listed(expect.segments), _listed(sorted(outcome.plan.segments)), _why_track(outcome))


def _lacking(verdict: Verdict) -> str:
    return "" if verdict.score is not None else f"not enough data: {', '.join(verdict.missing)}"


def _sum(verdict: Verdict) -> str:
    told = [f"{part} {in_points(points)}" for part, points in verdict.parts.items()]
    return ", ".join([*told, *(_told(line) for line in verdict.lines if line.part == "override")])


def _part(verdict: Verdict, part: str) -> str:
    lines = ", ".join(_told(line) for line in verdict.lines if line.part == part)
    return _lacking(verdict) or lines or f"no line of {part}"


def _why_stage(outcome: Outcome) -> str:
    verdict, cause = outcome.verdict, outcome.step.cause
    line = next((line for line in verdict.lines if line.rule == cause), None)
    told = "no move" if not cause else f"cause {cause if line is None else _told(line)}"
    return f"{_lacking(verdict) or f'score {verdict.score}'}, {told}"


def _why_track(outcome: Outcome) -> str:
    left = [f"left {leave.track}: {leave.why}" for leave in outcome.plan.leave]
    refused = [f"not {one.track}: {one.reason}" for one in outcome.plan.refused]
    return ", ".join([f"stage {outcome.step.after.stage}", *left, *refused])


def _told(line: Line) -> str:
    off = _taken_off(line)
    return f"{line.rule} {in_points(line.points)}" + (f" [{off}]" if off else "")


def _taken_off(line: Line) -> str:
    """What the rule gives untouched and what was taken off it; empty if nothing was."""
    taken = {"faded": line.faded, "withheld": line.withheld, "capped": line.capped}
    told = [f"{in_points(points)} {how}" for how, points in taken.items() if points]
    return f"{in_points(line.gross)}, of that {', '.join(told)}" if told else ""


def _number(value: int | None) -> str:
    return NONE if value is None else str(value)


def _paired(reasons: Mapping[str, str]) -> str:
    return _listed(f"{track}: {reason}" for track, reason in reasons.items())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or NONE
