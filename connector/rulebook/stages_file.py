"""stages.yaml: the ladder, and the states beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from connector.rulebook.kinds import Days, Identifier, Points, Strict, When


class State(Strict):
    """A state beside the ladder (customer, suppressed, or one of your own): who is in it has no stage of the ladder."""

    when: When


class Stage(Strict):
    """A step of the ladder, lowest first. The first has no `enter`: everybody scored stands at least there."""

    id: Identifier
    label: str | None = None
    enter: When | None = None
    leave_below: Points | None = None
    minimum_stay: Days = 0
    lifecycle: str | None = None
    handover: bool = False


class StagesFile(Strict):
    version: Literal[1]
    states: Mapping[Identifier, State] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = Field(min_length=1)
