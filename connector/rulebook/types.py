"""The rulebook: every key of `mappings/*.yaml`, as types. What loads here is complete, normalized and cannot change.

Points are integers in thousandths (`0.2` → 200); durations are whole days (`3w` → 21); both as promise 4 asks.
Validation that needs one file only happens here; `read.py` checks what needs several, and gives file, line and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from connector.rulebook.dosing_file import (
    Annoyed,
    Calendar,
    Dosing,
    Guard,
    Holdout,
    Pleased,
    Rectify,
    StageMoves,
    Touches,
)
from connector.rulebook.fields_file import (
    Audience,
    EventMapping,
    FieldMapping,
    FieldsFile,
    HubSpotEvents,
    LifecycleWrite,
    PropertyWrite,
    ScoreWrite,
    Writes,
)
from connector.rulebook.kinds import Days, Identifier, Points, Share, Strict, TextTest, When
from connector.rulebook.model_file import (
    Answer,
    AudienceRule,
    Burst,
    Decay,
    Doubts,
    Engagement,
    EngagementRule,
    EventEvidence,
    Factors,
    Fit,
    Freshness,
    Gateways,
    Grade,
    Group,
    Knowledge,
    KnownEvidence,
    MinimumEvidence,
    Model,
    Override,
    Persona,
    Phase,
    PhaseRule,
    Prefetch,
    Profile,
    Reaction,
    Rule,
    Signal,
    Silent,
    SilentAfter,
    Trait,
    TrustShares,
    Unsourced,
)
from connector.rulebook.stages_file import Stage, StagesFile, State
from connector.rulebook.tracks_file import (
    Aim,
    Asks,
    Goal,
    Handover,
    Mails,
    OwnerRule,
    Segment,
    TaskRule,
    Territory,
    Track,
    TracksFile,
)
from connector.rulebook.units import POINT
from connector.rulebook.ways_file import Assurance, Enroll, HubSpotTarget, MailchimpTarget, SegmentTag, SegmentTarget

__all__ = [
    "POINT",
    "Aim",
    "Annoyed",
    "Answer",
    "Asks",
    "Assurance",
    "Audience",
    "AudienceRule",
    "Burst",
    "Calendar",
    "Days",
    "Decay",
    "Dosing",
    "Doubts",
    "Engagement",
    "EngagementRule",
    "Enroll",
    "EventEvidence",
    "EventMapping",
    "Factors",
    "FieldMapping",
    "FieldsFile",
    "Fit",
    "Freshness",
    "Gateways",
    "Goal",
    "Grade",
    "Group",
    "Guard",
    "Handover",
    "Holdout",
    "HubSpotEvents",
    "HubSpotTarget",
    "Identifier",
    "Knowledge",
    "KnownEvidence",
    "LifecycleWrite",
    "MailchimpTarget",
    "Mails",
    "MinimumEvidence",
    "Model",
    "Override",
    "OwnerRule",
    "Persona",
    "Phase",
    "PhaseRule",
    "Pleased",
    "Points",
    "Prefetch",
    "Profile",
    "PropertyWrite",
    "Reaction",
    "Rectify",
    "Rule",
    "Rulebook",
    "ScoreWrite",
    "Segment",
    "SegmentTag",
    "SegmentTarget",
    "Share",
    "Signal",
    "Silent",
    "SilentAfter",
    "Stage",
    "StageMoves",
    "StagesFile",
    "State",
    "Strict",
    "TaskRule",
    "Territory",
    "TextTest",
    "Touches",
    "Track",
    "TracksFile",
    "Trait",
    "TrustShares",
    "Unsourced",
    "When",
    "Writes",
]


class Rulebook(Strict):
    """Everything that decides. `hash` names its normalized content: same hash, same decisions."""

    fields: FieldsFile
    models: tuple[Model, ...] = Field(min_length=1)
    stages: StagesFile
    tracks: TracksFile
    hash: str
    source: Mapping[str, Any] = Field(default_factory=dict, repr=False)
