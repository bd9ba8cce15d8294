"""Of whom it cannot be said that nothing differs between two days because it does not differ on these."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from connector.rulebook.conditions import Condition, Did, names
from connector.rulebook.types import POINT
from connector.scoring.columns.acts import ActTable, Worth
from connector.scoring.columns.crowd import UNKNOWN
from connector.scoring.columns.lines import Bools
from connector.scoring.columns.model import ModelColumns
from connector.scoring.columns.signs import after_scoring, of_scoring, turning
from connector.scoring.columns.verdicts import NOT_MEANT, Verdicts
from connector.scoring.decay import half_life_curve

#: A phase's points lie less than two thousandths below its true worth; who leads by more than three leads truly.
_ROUNDING, _LEAD = 2, 3


def careful(verdicts: Verdicts) -> Bools:
    """Whose score may rise by fading (as something fades that took points), or hangs on a score before overrides; whose
    phase or topic may be overtaken by rounding; whom two models judge; and of whose acts tests are asked that no model
    answers.
    """
    found = np.asarray((verdicts.each >= 0).sum(axis=1) > 1, np.bool_)
    found |= _unanswered(verdicts)
    later = tuple(after_scoring(verdicts.rulebook))
    for place, columns in enumerate(verdicts.models):
        if len(columns.rows):
            own = _of_model(columns, verdicts)
            asked = (*later, *of_scoring(columns.model))
            if len(verdicts.topics) > 1 and any("topic" in names(one) for one in asked):
                own |= (verdicts.model[columns.rows] == place) & (verdicts.topics[1, columns.rows] != UNKNOWN)
            found[columns.rows] |= own & columns.evidence.enough
    return found


def _of_model(columns: ModelColumns, verdicts: Verdicts) -> Bools:
    model, fields = columns.model, verdicts.rulebook.fields
    table = ActTable(verdicts.crowd.take(columns.rows), verdicts.day, None, model, fields)
    found = _close_phases(table, columns)
    for group in model.factors.engagement.groups.values():
        for rule in group.rules:
            if rule.points < 0:
                found[table.find(rule.event, rule.asset, rule.within).row] = True
    if any("score" in names(rule.when) for rule in model.overrides):
        found[:] = True
    return found


def _close_phases(table: ActTable, columns: ModelColumns) -> Bools:
    """Who is in a phase that leads by so little that rounding may decide before it is over, at half a point."""
    phase = columns.model.factors.phase
    curve = half_life_curve(phase.half_life)
    strengths = np.zeros((max(2, len(phase.phases)), table.people), np.int64)
    for strength, rule in zip(strengths, phase.phases.values(), strict=False):
        worth = Worth.of(rule.points, columns.model.trust, curve)
        for signal in rule.signals:
            acts = table.find(signal.event, signal.asset, worth.oldest)
            np.maximum.at(strength, acts.row, worth.after_fading(acts))
    strengths.sort(axis=0)
    second, first = strengths[-2], strengths[-1]
    lead = (first - second - _ROUNDING) * (POINT // 2)
    return np.asarray((columns.phase != UNKNOWN) & (lead <= _LEAD * (first + _ROUNDING)), np.bool_)


def _unanswered(verdicts: Verdicts) -> Bools:
    """Who did something, and no model that asks of such acts is meant for her."""
    rulebook, crowd = verdicts.rulebook, verdicts.crowd
    found = np.zeros(len(verdicts), np.bool_)
    if _asks_of_acts(after_scoring(rulebook)):
        found |= verdicts.model == UNKNOWN
    for place, model in enumerate(rulebook.models):
        if model.applies_to is not None and _asks_of_acts([model.applies_to]):
            found |= verdicts.each[:, place] == NOT_MEANT
    active = np.zeros(len(verdicts), np.bool_)
    active[crowd.acts.row] = True
    return found & active


def _asks_of_acts(conditions: Iterable[Condition]) -> bool:
    return any(isinstance(leaf, Did) for leaf in turning(conditions))
