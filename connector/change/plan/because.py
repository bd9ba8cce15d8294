"""Why somebody would move: the rule whose points differ most between two receipts, or what moved her without points. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.change.plan.plan import Because
from connector.rulebook.types import Rulebook
from connector.scoring.causes import BY_CONSENT, BY_EVIDENCE, BY_FADING, BY_SCORE, Change, changes
from connector.scoring.verdict import NOT_ENOUGH_DATA, SUPPRESSED, Line, Step, Verdict


def because(
    step: Step,
    verdict: Verdict,
    earlier: Sequence[Line],
    rulebook: Rulebook,
    *,
    by_ladder: bool = False,
    same_model: bool = True,
) -> Because:
    """Why `step` moves her. `earlier` are the lines of her former receipt, none where nobody knows them; `by_ladder` says
    that by the former stages.yaml the same verdict would not have put her there: the file is told then, and beside it what
    her points did in that direction, if they did, for it may have taken both. Only where the `same_model` judged her then
    can days alone have taken what a line lost.
    """
    ranks = {stage.id: rank for rank, stage in enumerate(rulebook.stages.stages)}
    before, after = step.before.stage if step.before else "", step.after.stage
    falls = before in ranks and ranks.get(after, len(ranks)) < ranks[before]
    changed = changes(verdict.lines, earlier) if {before, after} <= ranks.keys() else []
    differs = _most_lost(changed, same_model=same_model) if falls else _most_grown(changed)
    by_file = Because("", ladder=before if falls else after)
    if by_ladder:
        had_a_part = _total(verdict.lines) < _total(earlier) if falls else _total(verdict.lines) > _total(earlier)
        return replace(differs or by_file, ladder=by_file.ladder) if had_a_part else by_file
    if step.before is None and after in ranks:
        return Because(step.cause or BY_SCORE)
    if (word := _beside_the_ladder(before, after, ranks)) is not None:
        return Because(word)
    if falls:
        if (barred_by := _barred_by(step, verdict, ranks, rulebook)) is not None:
            return Because(barred_by)
        return differs or by_file
    return _lifted(step, verdict, ranks) or differs or by_file


def _total(lines: Sequence[Line]) -> int:
    """All of it, bounds and all: what a rule gives more may be cut off again."""
    return sum(line.points for line in lines)


def _beside_the_ladder(before: str, after: str, ranks: Mapping[str, int]) -> str | None:
    """What takes her to a state beside the ladder, or is over; None for who stands on the ladder before and after."""
    state = next((one for one in (after, before) if one not in ranks), None)
    return {SUPPRESSED: BY_CONSENT, NOT_ENOUGH_DATA: BY_EVIDENCE}.get(state, state) if state is not None else None


def _lifted(step: Step, verdict: Verdict, ranks: Mapping[str, int]) -> Because | None:
    if verdict.answer is None or step.cause != verdict.answer:
        return None
    lifts = ranks.get(verdict.lifts or "", -1) >= ranks[step.after.stage]
    return Because(verdict.answer) if lifts else None


def _barred_by(step: Step, verdict: Verdict, ranks: Mapping[str, int], rulebook: Rulebook) -> str | None:
    """What keeps her from the stage that she stood on, if anything does: sales, her answer, or that she merely reads."""
    stood = ranks[step.before.stage] if step.before else -1
    for_sales = next((rank for rank, stage in enumerate(rulebook.stages.stages) if stage.handover), len(ranks))
    if step.barred and stood >= for_sales:
        return step.barred
    if verdict.bars and stood >= ranks.get(verdict.bars, len(ranks)):
        return verdict.answer
    model = next((one for one in rulebook.models if one.model == verdict.model), None)
    if verdict.audience and stood >= for_sales and model is not None and model.audience is not None:
        return model.audience.id
    return None


def _most_grown(changed: Sequence[Change]) -> Because | None:
    grown = [one for one in changed if one.points > 0]
    if not grown:
        return None
    most = max(grown, key=lambda one: (one.points, one.after.rule))
    return Because(most.after.rule, most.points)


def _most_lost(changed: Sequence[Change], *, same_model: bool) -> Because | None:
    lost = [one for one in changed if one.points < 0]
    if not lost:
        return None
    most = min(lost, key=lambda one: (one.points, one.after.rule))
    return Because(BY_FADING if most.by_time and same_model else most.after.rule, most.points)
