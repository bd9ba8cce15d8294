"""One model's judgement of everybody it is meant for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connector.rulebook.conditions import events
from connector.rulebook.types import POINT, Model, Rulebook
from connector.scoring.columns import caps
from connector.scoring.columns.acting import Acting
from connector.scoring.columns.acts import ActTable
from connector.scoring.columns.block import Block
from connector.scoring.columns.conditions import Numbers, Subject
from connector.scoring.columns.crowd import Column, Crowd
from connector.scoring.columns.engagement import engagement
from connector.scoring.columns.evidence import EvidenceColumns, evidence
from connector.scoring.columns.fit import fit
from connector.scoring.columns.knowledge import percent_known
from connector.scoring.columns.lines import Bools, Part, Rows, RuleLines, of_block
from connector.scoring.columns.overrides import override
from connector.scoring.columns.phase import phase
from connector.scoring.columns.profile import profile
from connector.scoring.columns.topics import topics
from connector.scoring.rules import RuleList

Points = NDArray[np.int32]
Places = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class ModelColumns:
    """What a model says of the people (`rows` of the crowd) that it is meant for; each array has one number for each.

    Only the evidence means anything of who has not enough. `persona`, `phase` and `topics` are places in the model's,
    -1 for none; `topics` has them by rank (first axis) and contact. `facts` are asked of fields and
    acts alone, `subject` knows everything but the score.
    """

    model: Model
    rows: Rows
    facts: Subject
    subject: Subject
    evidence: EvidenceColumns
    points: Mapping[str, Points]
    exact: Points
    persona: Places
    similarity: Places
    phase: Places
    audience: Bools
    knowledge: Mapping[str, Places]
    topics: NDArray[np.int16]
    parts: tuple[Part, ...]

    def lines(self, people: Bools) -> Iterator[RuleLines]:
        """The lines of some of its people, under their rows in the crowd."""
        for part in self.parts:
            for one in part.of(people):
                yield one.of_rows(self.rows)


def fields_of(crowd: Crowd, rulebook: Rulebook, day: date) -> Subject:
    """The subject that knows the fields of a crowd, and nothing that anybody did."""
    return Subject(len(crowd), day, ZoneInfo(rulebook.fields.timezone), crowd.fields)


def judge_model(
    crowd: Crowd,
    subject: Subject,
    model: Model,
    rulebook: Rulebook,
    rules: RuleList,
    day: date,
    known_by: datetime | None,
) -> ModelColumns:
    """As `scoring.model.ModelJudge`, for everybody. `subject` are the crowd's fields."""
    crowd, facts, acting, rows = _meant_for(crowd, subject, model, rulebook, day, known_by)
    of_fit = fit(facts, model.factors.fit, rules, model.model)
    of_phase, phases = phase(acting.table, model.factors.phase, rules, model.model)
    engagement_lines, engaged = _engagement(acting.table, model, rules)
    phases = acting.among_all(phases, -1)
    of_profile = profile(crowd, day, model.factors.profile, rules, model.model)
    points = {
        "fit": of_fit.points,
        "phase": acting.among_all(_total(of_phase), 0),
        "engagement": acting.among_all(engaged, 0),
        "reaction": np.zeros(len(crowd), np.int32),  # whoever was on a track is judged singly
        "profile": of_profile.points,
    }
    knowledge = percent_known(model.knowledge, facts)
    of_topics = acting.among_all(topics(acting.table, model), -1)
    subject = facts.knowing(
        {
            **{part: Numbers(of_part) for part, of_part in points.items()},
            **{f"knows_{name}": Numbers(percent.astype(np.int32) * POINT) for name, percent in knowledge.items()},
            "similarity": Numbers(of_fit.similarity.astype(np.int32) * POINT),
            "persona": Column(of_fit.persona.astype(np.int32), tuple(model.factors.fit.personas)),
            "phase": Column(phases.astype(np.int32), tuple(model.factors.phase.phases)),
            "topic": Column(_first(of_topics), tuple(model.topics)),
        }
    )
    total = sum(points.values(), np.zeros(len(crowd), np.int32))
    after = override(model.overrides, model.audience, total, subject, rules, model.model)
    acted = [acting.lines(of_block(block)) for block in (of_phase, *engagement_lines)]
    return ModelColumns(
        model=model,
        rows=rows,
        facts=facts,
        subject=subject,
        evidence=evidence(crowd, acting, model.minimum_evidence),
        points=points,
        exact=after.exact,
        persona=of_fit.persona,
        similarity=of_fit.similarity,
        phase=phases,
        audience=after.audience,
        knowledge=knowledge,
        topics=of_topics,
        parts=(of_fit.lines, *acted, of_profile, after.lines),
    )


def _meant_for(
    crowd: Crowd, subject: Subject, model: Model, rulebook: Rulebook, day: date, known_by: datetime | None
) -> tuple[Crowd, Subject, Acting, Rows]:
    """The people that the model applies to, what conditions ask of them, and their acts as the model believes them."""
    applies = model.applies_to
    if applies is None or events(applies):
        acting = Acting.of(crowd, day, known_by, model, rulebook.fields)
        subject = subject.believing(acting.did)
    applying = np.ones(len(crowd), np.bool_) if applies is None else subject.holds(applies)
    rows = np.flatnonzero(applying)
    if len(rows) < len(crowd):
        crowd = crowd.take(rows)
        subject = fields_of(crowd, rulebook, day)
    elif applies is None or events(applies):
        return crowd, subject, acting, rows
    acting = Acting.of(crowd, day, known_by, model, rulebook.fields)
    return crowd, subject.believing(acting.did), acting, rows


def _engagement(table: ActTable, model: Model, rules: RuleList) -> tuple[list[Block], Points]:
    """The lines of engagement after all caps, and what they add up to."""
    factor = model.factors.engagement
    groups = engagement(table, factor, rules, model.model)
    total = np.zeros(table.people, np.int64)
    for most, block in groups:
        total += caps.cap(block, most)
    blocks = [block for _, block in groups]
    caps.cap_together(blocks, total, 0, factor.max)
    return blocks, total.astype(np.int32)


def _total(block: Block) -> Points:
    return np.asarray(block.points.sum(axis=0, dtype=np.int32))


def _first(topics: NDArray[np.int16]) -> NDArray[np.int32]:
    return topics[0].astype(np.int32) if len(topics) else np.full(topics.shape[1], -1, np.int32)
