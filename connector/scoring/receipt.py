"""The receipt: why a score is what it is, in words, with lines that add up to what is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from connector.facts import Refusal
from connector.rulebook.types import POINT, Rulebook
from connector.scoring.rules import CEILING, FLOOR
from connector.scoring.verdict import ANY_ACT, NO_MODEL, SUPPRESSED, Line, Step, Verdict
from connector.scoring.words import (
    Language,
    exact_number,
    field_name,
    joined,
    one_line,
    phase_name,
    rejection,
    say,
    short_number,
    stage_label,
    written_day,
)

#: The most characters of the short form: what a person reads in a property without scrolling away.
SHORT = 1500
_WHY = 120
_ASSET = 60

#: Points taken off a line that gives nothing are worth a mention from one point on.
_WORTH_A_LINE = POINT


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the long form. `points` are exact thousandths; the rows add up to `Verdict.exact`."""

    part: str
    rule: str
    points: int
    shown: str
    why: str
    day: date | None
    times: int
    asset: str
    notes: tuple[str, ...]


def short(
    verdict: Verdict, step: Step, rulebook: Rulebook, language: Language, refusals: Collection[Refusal] = ()
) -> str:
    """The text of `trellis_why`: where she stands, then the lines, the biggest first, in at most SHORT characters.

    Each line shows whole points (largest remainder), so that they visibly add up to the score. Lines of no points are
    left out, unless an override or a limit made them so. `refusals` name why somebody is suppressed.
    """
    head = _head(verdict, step, rulebook, language, refusals)
    if verdict.score is None:
        return head
    shown = apportion([line.points for line in verdict.lines], verdict.score)
    worth = [(points, line) for points, line in zip(shown, verdict.lines, strict=True) if points or _matters(line)]
    worth.sort(key=lambda one: -abs(one[1].points))
    texts = [f"{points:+d} {_sentence(line, language)}" for points, line in worth]
    return "\n".join([head, *_fitting(texts, [points for points, _ in worth], SHORT - len(head), language)])


def long(verdict: Verdict, language: Language) -> tuple[Row, ...]:
    """Every line with its exact points, in the order of the factors, then the overrides: for `explain`."""
    return tuple(
        Row(
            part=say(language, f"part_{line.part}"),
            rule=line.rule,
            points=line.points,
            shown=exact_number(language, line.points),
            why=reason(line, language),
            day=line.day,
            times=line.times,
            asset=line.asset,
            notes=tuple(_notes(line, language)),
        )
        for line in verdict.lines
    )


def apportion(parts: Sequence[int], whole: int) -> tuple[int, ...]:
    """Whole points for each of `parts` (thousandths) that add up to `whole`, their rounded sum: largest remainder.

    No part is off by a point or more, and a part that is whole already stays as it is.
    """
    shown = [part // POINT for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-(parts[place] % POINT), place))
    for place in by_remainder[: whole - sum(shown)]:
        shown[place] += 1
    return tuple(shown)


def reason(line: Line, language: Language) -> str:
    """Why a line is there, in words: the rule's own `why`, else what its kind of line says."""
    if line.why:
        return line.why
    if line.part == "phase":
        return say(language, "line_phase", phase=phase_name(language, line.rule))
    if line.part == "profile":
        said = say(language, "line_profile", field=field_name(language, line.rule))
        return said[:1].upper() + said[1:]
    if line.part == "reaction":
        return say(language, f"answer_{line.rule}", track=line.asset)
    bounds = {FLOOR: "line_floor", CEILING: "line_ceiling"}
    return say(language, bounds[line.rule]) if line.rule in bounds else line.rule


def _head(verdict: Verdict, step: Step, rulebook: Rulebook, language: Language, refusals: Collection[Refusal]) -> str:
    stage = stage_label(rulebook, language, step.after.stage)
    if step.after.stage == SUPPRESSED and refusals:
        reasons = sorted(say(language, f"refusal_{refusal.value}") for refusal in refusals)
        stage = f"{stage}: {joined(language, 'and', reasons)}"
    if verdict.score is None:
        lacking = _lacking(verdict, language)
        return f"{stage}: {lacking}." if lacking else f"{stage}."
    on_ladder = any(one.id == step.after.stage for one in rulebook.stages.stages)
    says = [
        say(language, "score", score=verdict.score),
        say(language, "stage", stage=stage) if on_ladder else stage,
    ]
    if verdict.persona is not None:
        label = _persona_label(verdict, rulebook)
        says.append(say(language, "persona", persona=label, similarity=verdict.similarity))
    if verdict.phase is not None:
        says.append(say(language, "phase", phase=phase_name(language, verdict.phase)))
    if len(verdict.each) > 1:
        says.append(say(language, "model", model=verdict.model))
    if step.barred:
        says.append(rejection(language, step.barred))
    return " · ".join(says)


def _lacking(verdict: Verdict, language: Language) -> str:
    if NO_MODEL in verdict.missing:
        return say(language, "no_model")
    fields = [field_name(language, name) for name in verdict.missing if name != ANY_ACT]
    says = [say(language, "missing", fields=", ".join(fields))] if fields else []
    if ANY_ACT in verdict.missing:
        says.append(say(language, "missing_acts"))
    return "; ".join(says)


def _persona_label(verdict: Verdict, rulebook: Rulebook) -> str:
    model = next(model for model in rulebook.models if model.model == verdict.model)
    return model.factors.fit.personas[verdict.persona or ""].label


def _matters(line: Line) -> bool:
    return line.part == "override" or line.capped + line.withheld >= _WORTH_A_LINE


def _sentence(line: Line, language: Language) -> str:
    says = [one_line(reason(line, language), _WHY)]
    if line.times > 1:
        says.append(say(language, "times", times=line.times))
    if line.day is not None:
        says.append(written_day(language, line.day))
    if line.asset and line.part != "reaction":
        says.append(one_line(line.asset, _ASSET))
    notes = _notes(line, language)
    return " · ".join(says) + (f" ({', '.join(notes)})" if notes else "")


def _notes(line: Line, language: Language) -> list[str]:
    """What was taken off, and why; amounts only where there are any."""
    taken = {"faded": line.faded, "withheld": line.withheld, "capped": line.capped}
    notes = [say(language, key, points=short_number(language, points)) for key, points in taken.items() if points]
    return [*notes, say(language, "late")] if line.late else notes


def _fitting(texts: Sequence[str], points: Sequence[int], room: int, language: Language) -> list[str]:
    """As many of the lines as there is room for; the rest is one line, so that the sum still shows."""
    for count in range(len(texts), -1, -1):
        rest = len(texts) - count
        more = [f"{sum(points[count:]):+d} {say(language, 'line_more', count=rest)}"] if rest else []
        lines = [*texts[:count], *more]
        if sum(len(line) + 1 for line in lines) <= room:
            return lines
    return []
