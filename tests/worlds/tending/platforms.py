"""What a world needs of its platforms, be they pretend ones behind HTTP or doubles in memory."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from tending.lives import Life, Step
from tending.ruling import Track
from tending.seen import Human, Seen

from adapters.sandbox import EffectLedger


class Platforms(Protocol):
    """HubSpot and Mailchimp, and the people there. Workflows and flows are called as their tracks are."""

    effects: EffectLedger

    def crowd(self, number: int) -> None:
        """So many of whom nothing is known but that they are there."""

    def listen(self, track: Track) -> None:
        """The marketer makes what listens to each way of a track; what is there already stays."""

    def switch(self, track: str, *, on: bool) -> None:
        """Its workflows are switched off, or on."""

    def arrive(self, life: Life) -> Human:
        """Somebody comes."""

    def happen(self, human: Human, step: Step, other: Human | None) -> None:
        """A step happens; what cannot happen to her does not."""

    def settle(self) -> None:
        """What is due by now happens, and everybody's mails and tasks stand in her books."""

    def seen(self, human: Human) -> Seen:
        """How she stands now."""

    def whose(self, email: str) -> Human | None:
        """Who has that address."""

    def people(self) -> Collection[Human]:
        """Everybody who ever came."""
