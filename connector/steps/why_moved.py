"""Why somebody moved from stage to stage, in a sentence of the team's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.rulebook.types import Model, Rulebook
from connector.steps.labels import Language
from connector.steps.reasons import cause_of_move

#: What is said of a rule that does not hold any more.
NO_LONGER: Mapping[Language, str] = {
    "en": "no longer counts: {cause}",
    "es": "ya no cuenta: {cause}",
    "ca": "ja no compta: {cause}",
}


def why_moved(before: str | None, after: str, cause: str, rulebook: Rulebook) -> str:
    """The words for one move. Who fell by a rule that gives points has lost them, and who rose by one that takes points is rid
    of it: then it is said that the rule counts no longer.
    """
    language = rulebook.fields.language
    words = cause_of_move(cause, rulebook, language)
    ladder = [stage.id for stage in rulebook.stages.stages]
    if before not in ladder or after not in ladder:
        return words
    fell = ladder.index(after) < ladder.index(before)
    worth = (points for model in rulebook.models for rule, points in _worth(model) if rule == cause)
    over = any(points > 0 if fell else points < 0 for points in worth)
    return NO_LONGER[language].format(cause=words) if over else words


def _worth(model: Model) -> Iterator[tuple[str, int]]:
    """What each line of a model gives, or takes where it is below 0; a ceiling takes, and so does a score that is set to 0."""
    factors = model.factors
    traits = [*(trait for persona in factors.fit.personas.values() for trait in persona.traits), *factors.fit.adjust]
    yield from ((trait.id, trait.points) for trait in traits)
    yield from ((rule.id, rule.points) for group in factors.engagement.groups.values() for rule in group.rules)
    yield from ((phase, rule.points) for phase, rule in factors.phase.phases.items())
    yield from factors.reaction.points.items()
    yield from factors.profile.completeness.items()
    for override in model.overrides:
        yield override.id, override.at_least or override.add or override.set or -1
