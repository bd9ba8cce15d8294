"""Single rules that give more points than the bound above them lets through. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connector.rulebook.types import Model
from connector.rulebook.units import write_points
from connector.steps.finding import Finding


def points_cut_off(model: Model) -> Iterator[Finding]:
    """One line for each: several together may well come to more than their bound, one alone was hardly meant so."""
    for name, points, bound, most in _bounded(model):
        if points > most:
            what = (
                f"model {model.model}: {name} gives {write_points(points)} points, and {bound} lets no more than"
                f" {write_points(most)} through"
            )
            yield Finding("warning", what, "Lower the one, or raise the other", code="points-cut-off")


def _bounded(model: Model) -> Iterator[tuple[str, int, str, int]]:
    """What gives points, how many at once, the key that bounds them and where; in thousandths."""
    factors = model.factors
    traits = [trait for persona in factors.fit.personas.values() for trait in persona.traits]
    for rule in (*traits, *factors.fit.adjust):
        yield f"rule {rule.id}", rule.points, "factors.fit.max", factors.fit.max
    for name, phase in factors.phase.phases.items():
        yield f"phase {name}", phase.points, "factors.phase.max", factors.phase.max
    for name, group in factors.engagement.groups.items():
        yield f"group {name}", group.max, "factors.engagement.max", factors.engagement.max
        for one in group.rules:
            yield f"rule {one.id}", one.points, f"factors.engagement.groups.{name}.max", group.max
    for answer, points in factors.reaction.points.items():
        yield f"the answer {answer}", points, "factors.reaction.max", factors.reaction.max
    for name, points in factors.profile.completeness.items():
        yield f"profile {name}", points, "factors.profile.max", factors.profile.max
