"""The cell a contact stands in: type of person × interaction × phase. Not everybody in one sack."""

from __future__ import annotations

from connector.rulebook.types import Rulebook
from connector.scoring.verdict import Verdict

#: Between the parts of a segment's name.
_AND = " / "
_NONE = "-"


def interaction(verdict: Verdict, rulebook: Rulebook) -> str:
    """``none``, ``low``, ``medium`` or ``high``: engagement in thirds of what the model can give for it."""
    points = verdict.parts.get("engagement", 0)
    most = next((model.factors.engagement.max for model in rulebook.models if model.model == verdict.model), 0)
    if points <= 0 or most <= 0:
        return "none"
    return ("low", "medium", "high", "high")[3 * points // most]


def segment(verdict: Verdict, rulebook: Rulebook) -> str:
    """The cell's name, such as ``finance_lead / high / decision``; empty without a score. `-`: no persona, or no phase."""
    if verdict.score is None:
        return ""
    return _AND.join((verdict.persona or _NONE, interaction(verdict, rulebook), verdict.phase or _NONE))
