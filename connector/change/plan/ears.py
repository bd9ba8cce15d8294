"""Which of our writes a workflow of the portal would hear: whoever is written so may enter it (steps/listening)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.ports import Flow
from connector.steps import portal
from connector.steps.difference import forward, rider_names, same
from connector.steps.judged_crowd import JudgedCrowd
from connector.steps.listening.listeners import OWNER, lets_in, outputs
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.shown import Shown, ask_pairs, shown_at_once, shown_scores

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ears:
    """The workflows that are not known to be off, as they were last read, and the `names` of ours that they listen to."""

    flows: tuple[Flow, ...]
    names: frozenset[str]

    @staticmethod
    def of(parts: Parts, reading: portal.Reading | None) -> Ears:
        """As `listening.heard_writes` has it; nobody hears anything where nobody could ever look. Asks nobody: `reading` is what
        was read just now, if it was.
        """
        last = reading or (portal.last_reading(parts) if parts.hubspot is not None else None)
        flows = tuple(flow for flow in last.flows if flow.enabled is not False) if last else ()
        heard = (name for name in outputs(parts.rulebook) if any(flow.looks_at("property", name) for flow in flows))
        return Ears(flows, frozenset(heard))

    @property
    def hear_owners(self) -> bool:
        """Whether whose she is may let somebody in."""
        return OWNER in self.names

    def hear(self, values: Mapping[str, str], held: Mapping[str, str | None]) -> bool:
        """Whether a write of these values may let her in, of whom HubSpot holds those."""
        before = {name: (held.get(name) or "") if held else None for name in values}
        return any(self._lets_in(name, value, before[name]) for name, value in values.items() if name in self.names)

    def hear_crowd(self, parts: Parts, judged: JudgedCrowd, order: Sequence[str]) -> Bools:
        """The same of everybody in a slice, should she be written to. What merely rides along is heard of whoever is."""
        people, rulebook = judged.people, parts.rulebook
        if self.names & set(rider_names(rulebook, HUBSPOT)):
            return np.ones(len(people), np.bool_)
        heard = np.zeros(len(people), np.bool_)
        if not self.names:
            return heard
        for shown in (
            *shown_at_once(rulebook, judged.verdicts, judged.steps),
            *shown_scores(rulebook, judged.verdicts),
        ):
            name = shown.target.hubspot if shown.target else ""
            if name in self.names:
                heard |= ask_pairs(
                    shown,
                    people.raw[HUBSPOT, name],
                    lambda ours, theirs, name=name: not same(ours, theirs) and self._lets_in(name, ours, theirs or ""),  # type: ignore[misc]
                )
        return heard | self._hear_lifecycle(parts, judged, order)

    def _hear_lifecycle(self, parts: Parts, judged: JudgedCrowd, order: Sequence[str]) -> Bools:
        """Of whoever comes up to a stage whose lifecycle is written forward."""
        write, steps = parts.rulebook.fields.write.lifecycle, judged.steps
        if write is None or write.hubspot not in self.names:
            return np.zeros(len(judged.people), np.bool_)
        name = write.hubspot
        goals = {stage.id: stage.lifecycle for stage in parts.rulebook.stages.stages if stage.lifecycle}
        texts = [goals.get(text, "") for text in steps.texts]

        def heard(ours: str, theirs: str | None) -> bool:
            wanted = forward(theirs, ours or None, order)
            return wanted is not None and self._lets_in(name, wanted, theirs or "")

        shown = Shown(None, steps.after, texts)
        return steps.moved & ask_pairs(shown, judged.people.raw[HUBSPOT, name], heard)

    def _lets_in(self, name: str, value: str, before: str | None) -> bool:
        return any(lets_in(flow, name, value, before) for flow in self.flows)
