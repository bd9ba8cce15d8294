"""One model's judgement: doubt the acts, ask for evidence, weigh five factors, apply what comes after the sum."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event, Value
from connector.rulebook.conditions import holds
from connector.rulebook.types import KnownEvidence, MinimumEvidence, Model, Rulebook
from connector.scoring import lines as receipt_lines
from connector.scoring.computed import knowledge_as_values, parts_as_values, rounded
from connector.scoring.doubts import address_domain, graded
from connector.scoring.engagement import EngagementFactor
from connector.scoring.evidence import Evidence, gather, subject_of
from connector.scoring.fit import FitFactor
from connector.scoring.knowledge import percent_known
from connector.scoring.overrides import audience, override
from connector.scoring.phase import PhaseFactor
from connector.scoring.profile import ProfileFactor
from connector.scoring.reaction import ReactionFactor
from connector.scoring.topics import TopicFinder
from connector.scoring.verdict import ANY_ACT, Line, Part, Verdict


class ModelJudge:
    """One model of a rulebook, made ready once for many contacts."""

    def __init__(self, model: Model, rulebook: Rulebook) -> None:
        self._model = model
        self._fields = rulebook.fields
        self._hash = rulebook.hash
        self._zone = ZoneInfo(rulebook.fields.timezone)
        factors = model.factors
        self._fit = FitFactor(factors.fit)
        self._phase = PhaseFactor(factors.phase)
        self._engagement = EngagementFactor(factors.engagement)
        self._reaction = ReactionFactor(factors.reaction, rulebook)
        self._profile = ProfileFactor(factors.profile)
        self._topics = TopicFinder(model)

    def judge(self, contact: Contact, known: Sequence[Event], day: date) -> Verdict | None:
        """The verdict of this model from the events that were `known`, oldest first; None if it is not meant for her."""
        model = self._model
        events = graded(known, model.trust.doubts, address_domain(contact.fields, self._fields))
        subject = subject_of(events, day, self._zone, contact.fields)
        if model.applies_to is not None and not holds(model.applies_to, subject):
            return None
        evidence = gather(contact, events, zone=self._zone, trust=model.trust, subject=subject)
        missing = _missing(model.minimum_evidence, evidence)
        if missing:
            return Verdict(contact.id, model.model, day, self._hash, enough=False, score=None, missing=missing)
        return self._weighed(evidence)

    def _weighed(self, evidence: Evidence) -> Verdict:
        model, subject = self._model, evidence.subject
        fit = self._fit.judge(subject)
        phase = self._phase.judge(evidence)
        reaction = self._reaction.judge(evidence)
        lines_of: dict[Part, Sequence[Line]] = {
            "fit": fit.lines,
            "phase": phase.lines,
            "engagement": self._engagement.judge(evidence),
            "reaction": reaction.lines,
            "profile": self._profile.judge(evidence),
        }
        parts: dict[str, int] = {part: receipt_lines.total(lines) for part, lines in lines_of.items()}
        knowledge = percent_known(model.knowledge, subject)
        topics = self._topics.judge(evidence)
        told: dict[str, Value | None] = {
            **parts_as_values(parts),
            **knowledge_as_values(knowledge),
            "similarity": fit.similarity,
            "persona": fit.persona,
            "phase": phase.phase,
            "topic": next(iter(topics), None),
        }
        known = {**subject.values, **{name: value for name, value in told.items() if value is not None}}
        lines = [line for part in lines_of.values() for line in part]
        lines += override(model.overrides, sum(parts.values()), subject, known)
        exact = receipt_lines.total(lines)
        only_reads = audience(model.audience, exact, subject, known)
        answer, decided = reaction.answer, model.factors.reaction
        return Verdict(
            contact=evidence.contact.id,
            model=model.model,
            day=evidence.day,
            rulebook=self._hash,
            enough=True,
            score=rounded(exact),
            exact=exact,
            parts=MappingProxyType(parts),
            lines=(*lines, *only_reads),
            persona=fit.persona,
            similarity=fit.similarity,
            phase=phase.phase,
            answer=answer,
            lifts=None if answer is None else decided.lifts.get(answer),
            bars=None if answer is None else decided.bars.get(answer),
            audience=bool(only_reads),
            knowledge=knowledge,
            topics=topics,
        )


def _missing(minimum: MinimumEvidence | None, evidence: Evidence) -> tuple[str, ...]:
    """What is lacking for a score; empty if one way to have enough evidence is met."""
    if minimum is None:
        return ()
    missing: dict[str, None] = {}
    for way in minimum.any:
        if isinstance(way, KnownEvidence):
            unknown = [name for name in way.of if name not in evidence.contact.fields]
            if len(way.of) - len(unknown) >= way.known:
                return ()
            missing.update(dict.fromkeys(unknown))
        else:
            if sum(event.kind not in way.except_ for event in evidence.subject.events) >= way.events:
                return ()
            missing[ANY_ACT] = None
    return tuple(missing)
