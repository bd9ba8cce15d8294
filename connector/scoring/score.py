"""From facts to a verdict: choose the model, ask for evidence, weigh five factors, apply the overrides, add up.

A pure function of contact, rulebook, day and known-by moment. The same input gives an equal verdict, in whatever order
the events arrived; the lines add up to the score exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connector.facts import Contact, Event, Value
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.types import POINT, KnownEvidence, MinimumEvidence, Model, Override, Rulebook
from connector.scoring import lines as receipt_lines
from connector.scoring.computed import parts_as_values, rounded
from connector.scoring.doubts import address_domain, graded
from connector.scoring.engagement import EngagementFactor
from connector.scoring.evidence import Evidence, gather, known_events, subject_of
from connector.scoring.fit import FitFactor
from connector.scoring.phase import PhaseFactor
from connector.scoring.profile import ProfileFactor
from connector.scoring.reaction import ReactionFactor
from connector.scoring.rules import CEILING, FLOOR
from connector.scoring.verdict import Line, Part, Verdict

#: What `Verdict.missing` names where not a field but any act is lacking, and where no model is meant for her.
ANY_ACT = "(any act)"
NO_MODEL = "no model applies"

_MOST = 100 * POINT


def judge(contact: Contact, rulebook: Rulebook, day: date, known_by: datetime | None = None) -> Verdict:
    """Judge one contact as of the end of `day` in the team's zone, with the events known at `known_by` (None: all).

    `contact.fields`, `consent` and `episodes` are taken as given: it is the caller who reads them as of then. The first
    model whose `applies_to` holds judges. If none does (customers need no acquisition score) the verdict has no model
    and no score, and `missing` says NO_MODEL.
    """
    return _judge_for(_Identity(rulebook)).judge(contact, day, known_by)


@dataclass(frozen=True, slots=True, eq=False)
class _Identity:
    """A rulebook as a key of a cache, by which object it is: its mappings do not hash."""

    rulebook: Rulebook

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.rulebook is other.rulebook

    def __hash__(self) -> int:
        return id(self.rulebook)


@lru_cache(maxsize=16)
def _judge_for(identity: _Identity) -> _Judge:
    return _Judge(identity.rulebook)


class _Judge:
    """A rulebook made ready once, for many contacts."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._hash = rulebook.hash
        self._fields = rulebook.fields
        self._zone = ZoneInfo(rulebook.fields.timezone)
        self._models = tuple(_ModelJudge(model, rulebook) for model in rulebook.models)

    def judge(self, contact: Contact, day: date, known_by: datetime | None) -> Verdict:
        known = known_events(contact, self._zone, day, known_by)
        domain = address_domain(contact.fields, self._fields)
        for judge in self._models:
            events = judge.believed(known, domain)
            subject = subject_of(events, day, self._zone, contact.fields)
            if judge.applies_to(subject):
                return judge.judge(contact, events, subject, self._zone, self._hash)
        return Verdict(contact.id, "", day, self._hash, enough=False, score=None, missing=(NO_MODEL,))


class _ModelJudge:
    """One model, its factors ready."""

    def __init__(self, model: Model, rulebook: Rulebook) -> None:
        self._model = model
        factors = model.factors
        self._fit = FitFactor(factors.fit)
        self._phase = PhaseFactor(factors.phase)
        self._engagement = EngagementFactor(factors.engagement)
        self._reaction = ReactionFactor(factors.reaction, rulebook)
        self._profile = ProfileFactor(factors.profile)

    def believed(self, events: tuple[Event, ...], domain: str) -> tuple[Event, ...]:
        return graded(events, self._model.trust.doubts, domain)

    def applies_to(self, subject: Subject) -> bool:
        return self._model.applies_to is None or holds(self._model.applies_to, subject)

    def judge(
        self, contact: Contact, events: tuple[Event, ...], subject: Subject, zone: ZoneInfo, rulebook_hash: str
    ) -> Verdict:
        model, day = self._model, subject.day
        evidence = gather(contact, events, zone=zone, trust=model.trust, subject=subject)
        missing = _missing(model.minimum_evidence, evidence)
        if missing:
            return Verdict(contact.id, model.model, day, rulebook_hash, enough=False, score=None, missing=missing)
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
        lines = [line for part in lines_of.values() for line in part]
        known: dict[str, Value] = {**subject.values, **parts_as_values(parts), "similarity": fit.similarity}
        if fit.persona is not None:
            known["persona"] = fit.persona
        if phase.phase is not None:
            known["phase"] = phase.phase
        lines += _override(model.overrides, sum(parts.values()), subject, known)
        exact = receipt_lines.total(lines)
        answer = reaction.answer
        decided = model.factors.reaction
        return Verdict(
            contact=contact.id,
            model=model.model,
            day=day,
            rulebook=rulebook_hash,
            enough=True,
            score=rounded(exact),
            exact=exact,
            parts=MappingProxyType(parts),
            lines=tuple(lines),
            persona=fit.persona,
            similarity=fit.similarity,
            phase=phase.phase,
            answer=answer,
            lifts=None if answer is None else decided.lifts.get(answer),
            bars=None if answer is None else decided.bars.get(answer),
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


def _override(overrides: tuple[Override, ...], points: int, subject: Subject, known: dict[str, Value]) -> list[Line]:
    """The lines of the overrides that hold, in the file's order, each seeing the score so far; then the bounds.

    An override that holds but changes nothing still has its line, of 0 points: it is a reason too.
    """
    lines = []
    for rule in overrides:
        values = {**known, "score": rounded(points)}
        if not holds(rule.when, replace(subject, values=values)):
            continue
        reached = _apply(rule, points)
        lines.append(Line("override", rule.id, reached - points, rule.why or "", gross=reached - points))
        points = reached
    if points > _MOST:
        lines.append(Line("override", CEILING, _MOST - points, gross=_MOST - points))
    elif points < 0:
        lines.append(Line("override", FLOOR, -points, gross=-points))
    return lines


def _apply(rule: Override, points: int) -> int:
    if rule.set is not None:
        return rule.set
    if rule.add is not None:
        return points + rule.add
    if rule.at_least is not None:
        return max(points, rule.at_least)
    return points if rule.at_most is None else min(points, rule.at_most)
